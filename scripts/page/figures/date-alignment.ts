/** The trained translator of dates: what each written character looks at. */
import type { Language, Phrase } from "../state.ts";
import { datesTrained } from "./trained.ts";
import { mapPicture, pictureFile } from "../parts/figure.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: { en: "{text} → {date} (trained)", ja: "{text} → {date}（学習済み）" },
  written: { en: "written ↓", ja: "書く文字 ↓" },
  read: { en: "read →", ja: "読む文字 →" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function dateAlignment(lang: Language): string {
  const text = "平成29年11月22日";
  const { source, target, text: date, weights } = datesTrained().attending.translate(text);
  return pictureFile(
    mapPicture({
      title: phraseIn(lang, WORDS.title, { text, date }),
      rows: target,
      cols: source,
      weights,
      most: 1,
      axes: [phraseIn(lang, WORDS.written), phraseIn(lang, WORDS.read)],
    }),
  );
}
