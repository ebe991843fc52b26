/** One digit, and where each head of the small branch's [CLS] looks on the large patches: trained. */
import type { Language, Phrase } from "../state.ts";
import { at, panelsFile, words } from "./panels.ts";
import { digitGaze } from "./trained.ts";
import { gazeMarks } from "../scenes/digits.ts";
import { meanOf } from "../../../lib/kernels/entrywise.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: {
    en: "Where the small branch’s [CLS] looks: four heads, and their mean (trained)",
    ja: "小さいパッチのブランチの [CLS] が見る場所：四つのヘッドと平均（学習済み）",
  },
  head: { en: "head {m}", ja: "ヘッド {m}" },
  mean: { en: "mean", ja: "平均" },
} as const satisfies Readonly<Record<string, Phrase>>;

const SIDE = 126;

export function digitHeads(lang: Language): string {
  const { digit, gaze } = digitGaze(4);
  const panels = [...gaze.small.map(({ data }) => data), meanOf(gaze.small).data];
  const name = (n: number): string =>
    n < 4 ? phraseIn(lang, WORDS.head, { m: n + 1 }) : phraseIn(lang, WORDS.mean);
  const marks = panels.map((row, n) =>
    at(
      16 + n * (SIDE + 12) + (n === 4 ? 10 : 0),
      48,
      svg("g", { transform: `scale(${SIDE / 28})` }, ...gazeMarks(digit, row)),
      words(SIDE / 2, SIDE + 20, name(n), "soft middle"),
    ),
  );
  return panelsFile(720, 48 + SIDE + 34, phraseIn(lang, WORDS.title), marks);
}
