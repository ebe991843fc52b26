/** Luong's three ways to look at the source: all of it, a window that moves on, a window that is predicted. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { at, heat, panelsFile, words } from "./panels.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { fromFunction, gaussian, matrix, randomGenerator } from "../../../lib/matrix.ts";
import { largest } from "../parts/map.ts";
import {
  LocalMonotonicAttention,
  LocalPredictiveAttention,
  LuongAttention,
} from "../../../lib/models/luong-attention.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: {
    en: "Luong: the whole source, a moving window, a predicted one",
    ja: "Luong：入力全体、一つずつ進む窓、予測される窓",
  },
  global: { en: "global: rows sum to 1", ja: "global：行の和は 1" },
  monotonic: { en: "local-m, D = 2: rows sum to 1", ja: "local-m、D = 2：行の和は 1" },
  predictive: { en: "local-p, D = 4: rows sum to less", ja: "local-p、D = 4：行の和は 1 未満" },
  note: {
    en: "Rows are steps t, columns positions of the source; random states. The ticks are the centres p.",
    ja: "行はステップ t、列は入力の位置。状態は乱数。縦棒は中心 p。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const [STEPS, SOURCE, d] = [10, 12, 3];
const CELL = 17;

export function luongWindows(lang: Language): string {
  const normal = gaussian(randomGenerator(5));
  const [h, H] = [fromFunction(STEPS, d, normal), fromFunction(SOURCE, d, normal)];
  const W_c = matrix(2 * d, 1);
  const { score } = new DotProductAttention();
  const [W_p, v_p] = [fromFunction(d, 4, normal), fromFunction(4, 1, normal)];
  const global = new LuongAttention({ score, W_c }).forward(h, H);
  const monotonic = new LocalMonotonicAttention({ score, W_c, D: 2 }).forward(h, H);
  const predictive = new LocalPredictiveAttention({ score, W_c, D: 4, W_p, v_p }).forward(h, H);
  const panel = (n: number, name: Phrase, weights: Matrix, p?: Matrix): Mark =>
    at(
      16 + n * (SOURCE * CELL + 34),
      64,
      words(0, -8, phraseIn(lang, name), "soft"),
      heat(weights, CELL, largest(weights)),
      ...Array.from(p?.data ?? [], (x, t) => {
        const place = { x: (x * CELL + CELL / 2 - 1.7).toFixed(1), y: t * CELL };
        return svg("rect", { ...place, width: 2.4, height: CELL - 1, class: "minus" });
      }),
    );
  return panelsFile(712, 64 + STEPS * CELL + 36, phraseIn(lang, WORDS.title), [
    panel(0, WORDS.global, global.weights),
    panel(1, WORDS.monotonic, monotonic.weights, monotonic.p),
    panel(2, WORDS.predictive, predictive.weights, predictive.p),
    words(16, 64 + STEPS * CELL + 24, phraseIn(lang, WORDS.note), "soft"),
  ]);
}
