/** A word read backwards by the trained decoder: its cross-attention is the anti-diagonal. */
import type { Language, Phrase } from "../state.ts";
import { forwardReverse, LETTERS, reverse } from "../../train/reverse.ts";
import { mapPicture, pictureFile } from "../parts/figure.ts";
import { phraseIn } from "../context.ts";
import { trained } from "./trained.ts";

const WORDS = {
  title: { en: "{word}, written backwards (trained)", ja: "{word} を逆から書く（学習済み）" },
  written: { en: "written ↓", ja: "書く文字 ↓" },
  read: { en: "read →", ja: "読む文字 →" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function reverseMap(lang: Language): string {
  const word = "attention";
  const letters = Array.from(word);
  const numbers = letters.map((letter) => LETTERS.indexOf(letter));
  const { cross } = forwardReverse(trained(reverse), numbers);
  return pictureFile(
    mapPicture({
      title: phraseIn(lang, WORDS.title, { word }),
      rows: [...letters].reverse(),
      cols: letters,
      weights: cross,
      most: 1,
      axes: [phraseIn(lang, WORDS.written), phraseIn(lang, WORDS.read)],
    }),
  );
}
