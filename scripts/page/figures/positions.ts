/** The sinusoids of positions, and their products with one another. */
import type { Language, Phrase } from "../state.ts";
import { at, panelsFile, signed, words } from "./panels.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { phraseIn } from "../context.ts";
import { sinusoidalPositions } from "../../../lib/layers/sinusoidal-positions.ts";

const WORDS = {
  title: {
    en: "Sinusoidal positions: a row for each position, and how alike two rows are",
    ja: "正弦波の位置：位置ごとの行と、行どうしの近さ",
  },
  table: { en: "PE: {n} positions ↓, {d} features →", ja: "PE：位置 {n} 個 ↓、特徴 {d} 個 →" },
  products: { en: "PE PEᵀ: position with position", ja: "PE PEᵀ：位置と位置の内積" },
  note: {
    en:
      "Squares are above 0, discs below. Left columns turn fast, right ones slowly; right, a band: distance " +
      "alone counts.",
    ja: "四角は正、丸は負。左の列ほど速く、右の列ほど遅く変わる。右の帯は、距離だけで決まることを示す。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const [POSITIONS, FEATURES, CELL] = [24, 16, 15];

export function positions(lang: Language): string {
  const PE = sinusoidalPositions(POSITIONS, FEATURES);
  const S = matmulTransposed(PE, PE);
  const counts = { n: POSITIONS, d: FEATURES };
  const [left, right, top] = [20, 20 + FEATURES * CELL + 44, 70];
  return panelsFile(720, top + POSITIONS * CELL + 36, phraseIn(lang, WORDS.title), [
    words(left, 60, phraseIn(lang, WORDS.table, counts), "soft"),
    at(left, top, signed(PE, CELL, 1)),
    words(right, 60, phraseIn(lang, WORDS.products), "soft"),
    at(right, top, signed(S, CELL, FEATURES / 2)),
    words(left, top + POSITIONS * CELL + 24, phraseIn(lang, WORDS.note), "soft"),
  ]);
}
