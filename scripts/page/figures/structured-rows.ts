/** Structured self-attention: learned rows over a sentence, and the penalty of alike and of distinct rows. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { StructuredSelfAttention } from "../../../lib/attention/structured-self-attention.ts";
import { fromFunction, fromRows, gaussian, identity, matrix, randomGenerator } from "../../../lib/matrix.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { phraseIn } from "../context.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { sentence } from "./figure.ts";
import { sheet, smallMap, text } from "./drawing.ts";
import { widthOfWord } from "../parts/numbers.ts";

const WORDS = {
  title: { en: "Structured self-attention: r rows, not one row per token", ja: "構造化自己注意：トークンごとではなく r 本の行" },
  sentence: { en: "three untrained rows over a sentence", ja: "一つの文の上の、未学習の三つの行" },
  row: { en: "row", ja: "行" },
  alike: { en: "alike: P = {P}", ja: "同じ行：P = {P}" },
  apart: { en: "apart: P = {P}", ja: "別々の行：P = {P}" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function structuredRows(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const { words, X } = sentence(lang);
  const normal = gaussian(randomGenerator(4));
  const W_s1 = fromFunction(X.cols, 8, () => normal() / Math.sqrt(X.cols));
  const own = new StructuredSelfAttention({ W_s1, W_s2: fromFunction(8, 3, () => 1.5 * normal()) }).forward(X);
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `${say(WORDS.row)} ${i}`);
  const label = 12 * Math.max(...words.map(widthOfWord)) + 10;
  const top = 80 + label;
  const marks: Mark[] = [
    text(16, 62, say(WORDS.sentence), "part"),
    ...smallMap({ x: 66, y: top, cell: 38, weights: own.weights, rows: names(3), cols: words, turned: true }),
  ];
  const H = identity(4);
  const pair = [
    [WORDS.alike, matrix(4, 2)],
    [WORDS.apart, fromRows([[200, 0], [0, 200], [0, 0], [0, 0]])],
  ] as const;
  pair.forEach(([name, W_s2], n) => {
    const { weights, penalty } = new StructuredSelfAttention({ W_s1: scale(identity(4), 20), W_s2 }).forward(H);
    const [x, y] = [66 + 320 * n, top + 200];
    marks.push(
      text(x - 50, y - 48, phraseIn(lang, name, { P: penalty }), "part"),
      text(x + 76, y - 14, "A", "mid soft"),
      ...smallMap({ x, y, cell: 38, weights, most: 1, rows: names(2) }),
      text(x + 216, y - 14, "A Aᵀ", "mid soft"),
      ...smallMap({ x: x + 178, y, cell: 38, weights: matmulTransposed(weights, weights), most: 1 }),
    );
  });
  return sheet(680, top + 296, say(WORDS.title), marks);
}
