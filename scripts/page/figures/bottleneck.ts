/** What a decoder may read of a source: all states of the encoder, or one vector of fixed length. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { at, panelsFile, signed, words } from "./panels.ts";
import { datesTrained } from "./trained.ts";
import { gatherRows } from "../../../lib/kernels/rows.ts";
import { peakOf } from "../parts/numbers.ts";
import { phraseIn } from "../context.ts";

const WORDS = {
  title: {
    en: "What is left of the source: every state, or one vector (trained)",
    ja: "入力から残るもの：すべての状態か、一つのベクトルか（学習済み）",
  },
  states: { en: "attention: {n} × {d} = {all} numbers", ja: "注意：{n} × {d} = {all} 個の数" },
  vector: { en: "the bottleneck: {d} numbers, however long the source", ja: "ボトルネック：入力がどれだけ長くても {d} 個" },
  writes: { en: "writes {date}", ja: "出力 {date}" },
  note: {
    en: "Squares are above 0, discs below. The left half reads forwards, the right half backwards.",
    ja: "四角は正、丸は負。左半分は前から、右半分は後ろから読んだ状態。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const CELL = 9;

export function bottleneck(lang: Language): string {
  const text = "平成29年11月22日";
  const { attending, fixed } = datesTrained();
  const letters = Array.from(text);
  const numbers = letters.map((letter) => attending.sourceVocabulary.indexOf(letter));
  const H = attending.encoder.forward(gatherRows(attending.E_source, numbers));
  const c = fixed.decoder.begin(H).R;
  const most = peakOf(H.data);
  const counts = { n: H.rows, d: H.cols, all: H.data.length };
  const strip = 2 * CELL;
  const rows = letters.flatMap((letter, t): Mark[] => [
    words(42, 80 + t * strip + 14, letter, "end"),
    at(52, 80 + t * strip, signed(rowOf(H.data, t, H.cols), CELL, most)),
  ]);
  const below = 80 + letters.length * strip + 34;
  const end = 52 + H.cols * CELL;
  return panelsFile(52 + H.cols * CELL + 16, below + 66, phraseIn(lang, WORDS.title), [
    words(52, 62, phraseIn(lang, WORDS.states, counts)),
    words(end, 62, phraseIn(lang, WORDS.writes, { date: attending.translate(text).text }), "end"),
    ...rows,
    words(52, below - 8, phraseIn(lang, WORDS.vector, counts)),
    words(end, below - 8, phraseIn(lang, WORDS.writes, { date: fixed.translate(text).text }), "end"),
    at(52, below + 4, signed(rowOf(c.data, 0, c.cols), CELL, most)),
    words(52, below + 48, phraseIn(lang, WORDS.note), "soft"),
  ]);
}

function rowOf(data: Float32Array, t: number, cols: number): { rows: number; cols: number; data: Float32Array } {
  return { rows: 1, cols, data: data.subarray(t * cols, (t + 1) * cols) };
}
