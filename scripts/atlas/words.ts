/** Words and their untrained vectors, without any platform: for the terminal and for the page. */
import type { Matrix } from "../../lib/matrix.ts";
import { fromRows, gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";

/**
 * Terminal escape sequences: colours and cursor (CSI), titles and links (OSC), device strings, and the short
 * ones, also in their 8-bit form.
 */
const ESCAPES = new RegExp(
  [
    /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/,
    /(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?/,
    /(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c\n]*(?:\x1b\\|\x9c)?/,
    /\x1b[ -/]*[0-~]?/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);

/**
 * A text that cannot harm a terminal: no escape sequence, no control or direction-changing character, no half
 * of a surrogate pair.
 */
export function clean(text: string): string {
  return text
    .normalize("NFC")
    .replace(ESCAPES, "")
    .replace(/[\u00AD\uFEFF\u{E0000}-\u{E0FFF}]/gu, "")
    .replace(/(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .replace(/[\p{Cs}\p{Co}\p{Cn}]/gu, "\uFFFD");
}

const segmenter = new Intl.Segmenter("en", { granularity: "word" });
export const PICTURE: RegExp = /\p{Emoji_Presentation}|\p{Extended_Pictographic}/u;

/**
 * So many characters are cut into segments at a time, since each segment that Intl.Segmenter gives carries a
 * copy of its whole input. The last few segments of a part are cut once more with what follows, so that no
 * word ends where a part does.
 */
const PART = 1000;
const CARRIED = 16;

/** The segments of a text, with the place where each ends. */
export function* segmentsOf(text: string): Generator<{ segment: string; isWord: boolean; end: number }> {
  let begin = 0;
  let length = PART;
  while (begin < text.length) {
    const whole = begin + length >= text.length;
    const found = [...segmenter.segment(text.slice(begin, begin + length))];
    const sure = whole ? found : found.slice(0, -CARRIED);
    const start = begin;
    for (const { segment, index, isWordLike } of sure) {
      begin = start + index + segment.length;
      yield { segment, isWord: isWordLike === true, end: begin };
    }
    length = sure.length === 0 ? 2 * length : PART; // a word longer than a part
  }
}

/** The words of a text, emoji among them; where there are none, its other marks. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  const marks: string[] = [];
  for (const { segment, isWord } of segmentsOf(clean(text))) {
    const piece = segment.trim();
    if (piece === "") continue;
    if (isWord || PICTURE.test(piece)) words.push(piece);
    else if (words.length === 0) marks.push(piece);
  }
  return words.length > 0 ? words : marks;
}

/**

/**
 * Untrained vectors: each word's own Gaussian numbers, drawn from a hash of the word and the seed. "The" and
 * "the" are one word.
 */
export function embed(words: readonly string[], features: number, seed: number): Matrix {
  if (words.length === 0) return matrix(0, features);
  return fromRows(
    words.map((word) => {
      const normal = gaussian(randomGenerator(hash(`${seed} ${word.normalize("NFKC").toLowerCase()}`)));
      return Array.from({ length: features }, normal);
    }),
  );
}

/** FNV-1a: a 32-bit number for a text. */
export function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let u = 0; u < text.length; u++) h = Math.imul(h ^ text.charCodeAt(u), 0x01000193);
  return h >>> 0;
}
