import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";

export const dotProduct = entry({
  id: "dot-product",
  name: { en: "Dot-product attention", ja: "内積注意" },
  about: {
    en:
      "Query and key are simply multiplied: the more they point the same way, the higher the score. " +
      "Nothing to learn, and no scale, so that with many features softmax almost picks a single key.",
    ja: "クエリとキーの内積をそのままスコアにします。同じ向きほど高得点です。学習するものはなく、スケールもないので、特徴が多いとソフトマックスはほぼ一つのキーを選んでしまいます。",
  },
  document: "D-ATT",
  file: "lib/attention/dot-product-attention.ts",
  of: ["DotProductAttention"],
  run({ text, memory }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const mechanism = new DotProductAttention();
    const { output, weights } = mechanism.forward(Q, K, V);
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V));
    const scaled = new ScaledDotProductAttention().forward(scale(Q, Math.sqrt(Q.cols)), K, V);
    return {
      shapes: [
        shape("Q", "n_q, d", Q),
        shape("K", "n_k, d", K),
        shape("V", "n_k, d_v", V),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        {
          title: { en: "weights A", ja: "重み A" },
          weights,
          rows: text.words,
          cols: memory.words,
          scores: mechanism.score(Q, K),
        },
      ],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], Q.rows),
        same(
          "scaled",
          {
            en: "is scaled dot-product attention with queries √d times as long",
            ja: "クエリを √d 倍したスケール化内積注意と等しい",
          },
          weights,
          scaled.weights,
          1e-5,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        { label: MULTIPLY_ADDS, formula: "n_q·n_k·(d + d_v)", value: Q.rows * K.rows * (K.cols + V.cols) },
      ],
      notes: [
        {
          en: "Compare scaled-dot-product: the same scores, divided by √d before softmax.",
          ja: "scaled-dot-product と比べてください。同じスコアを √d で割ってからソフトマックスにかけます。",
        },
      ],
    };
  },
});
