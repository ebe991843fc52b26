/** The four steps of scaled dot-product attention in numbers: the example of docs/multi-head.md. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { arrow, numberTable, sheet, text } from "./drawing.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { phraseIn } from "../context.ts";
import { transpose } from "../../../lib/kernels/transpose.ts";

const WORDS = {
  title: { en: "One head, four steps", ja: "一つのヘッド、四つの手順" },
  first: { en: "1. every query with every key", ja: "1. すべてのクエリとすべてのキー" },
  second: { en: "2. divide by √d_k = 2", ja: "2. √d_k = 2 で割る" },
  third: { en: "3. softmax of each row", ja: "3. 行ごとにソフトマックス" },
  sum: { en: "each row sums to 1", ja: "各行の和は 1" },
  fourth: { en: "4. mix the values by the weights", ja: "4. 重みでバリューを混ぜる" },
  query: { en: "a row is a query", ja: "行がクエリ" },
  key: { en: "a column is a key", ja: "列がキー" },
} as const satisfies Readonly<Record<string, Phrase>>;

export function fourSteps(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const Q = fromRows([[2, 0, 2, 0], [0, 2, 0, 0]]);
  const K = fromRows([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]]);
  const V = fromRows([[10, 0], [0, 10], [5, 5]]);
  const attention = new ScaledDotProductAttention();
  const S = matmulTransposed(Q, K);
  const scaled = attention.score(Q, K);
  const { output, weights } = attention.forward(Q, K, V);
  const marks: Mark[] = [
    text(24, 66, say(WORDS.first), "soft"),
    ...numberTable({ x: 24, y: 128, name: "Q", matrix: Q, digits: 0, kind: "q", wide: 30 }),
    text(24, 206, say(WORDS.query), "soft q"),
    text(178, 158, "·", "part mid"),
    ...numberTable({ x: 200, y: 104, name: "Kᵀ", matrix: transpose(K), digits: 0, kind: "k", wide: 30 }),
    text(200, 230, say(WORDS.key), "soft k"),
    text(322, 160, "=", "part mid"),
    ...numberTable({ x: 344, y: 128, name: "S", matrix: S, digits: 0, wide: 34 }),
    ...arrow([468, 156], [560, 156]),
    text(514, 146, "÷ √d_k", "mid mono"),
    text(470, 66, say(WORDS.second), "soft"),
    ...numberTable({ x: 572, y: 128, name: "S'", matrix: scaled, digits: 0, wide: 38 }),
    text(24, 264, say(WORDS.third), "soft"),
    ...arrow([24, 344], [100, 344]),
    text(60, 334, "softmax", "mid mono"),
    ...numberTable({ x: 112, y: 316, name: "A", matrix: weights, digits: 3, wide: 58 }),
    text(112, 394, say(WORDS.sum), "soft"),
    text(318, 348, "·", "part mid"),
    ...numberTable({ x: 338, y: 304, name: "V", matrix: V, digits: 0, kind: "v", wide: 34 }),
    text(440, 348, "=", "part mid"),
    ...numberTable({ x: 462, y: 316, name: "O", matrix: output, digits: 3, wide: 62 }),
    text(338, 264, say(WORDS.fourth), "soft"),
  ];
  return sheet(720, 410, say(WORDS.title), marks);
}
