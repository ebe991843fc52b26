/** One row of scores, five normalisers: from soft to hard. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Normalize } from "../../../lib/attention/attention.ts";
import { argmaxRows } from "../../../lib/kernels/argmax-rows.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { line, rect, sheet, shown, text } from "./drawing.ts";
import { phraseIn } from "../context.ts";
import { softmaxAt } from "../../../lib/attention/hard-attention.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../../lib/kernels/sparsemax-rows.ts";

const WORDS = {
  title: { en: "The scores 2, 1.5, 0 as weights: from soft to hard", ja: "スコア 2、1.5、0 の重み：ソフトからハードへ" },
  keys: { en: "three keys", ja: "三つのキー" },
} as const satisfies Readonly<Record<string, Phrase>>;

const NORMALIZERS: readonly (readonly [string, Normalize])[] = [
  ["softmax, τ = 10", softmaxAt(10)],
  ["softmax", softmaxRows],
  ["sparsemax", sparsemaxRows],
  ["softmax, τ = 0.1", softmaxAt(0.1)],
  ["argmax", argmaxRows],
];

export function softToHard(lang: Language): string {
  const S = fromRows([[2, 1.5, 0]]);
  const [floor, high] = [232, 140];
  const marks = NORMALIZERS.flatMap(([name, normalize], n): Mark[] => {
    const x = 26 + 138 * n;
    const bars = Array.from(normalize(S).data, (w, j): Mark[] => [
      rect(x + 38 * j, floor - high * w, 32, Math.max(high * w, 1), w === 0 ? "bar soft" : "bar w"),
      text(x + 38 * j + 16, floor - high * w - 6, w === 0 ? "0" : shown(w, 3), "small mid"),
      text(x + 38 * j + 16, floor + 18, `k_${j}`, "soft mid k"),
    ]);
    return [text(x + 54, 66, name, "part mid"), line([[x - 4, floor], [x + 112, floor]], "axis"), ...bars.flat()];
  });
  return sheet(720, 266, phraseIn(lang, WORDS.title), marks);
}
