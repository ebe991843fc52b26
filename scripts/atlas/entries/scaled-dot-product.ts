import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";

export const scaledDotProduct = entry({
  id: "scaled-dot-product",
  name: { en: "Scaled dot-product attention", ja: "スケール化内積注意" },
  about: {
    en:
      "The dot product, divided by the square root of the number of features. Without that, scores grow " +
      "with the features and softmax saturates; with it, they stay in one range at any width.",
    ja: "内積を特徴の数の平方根で割ります。割らないと、特徴が増えるほどスコアが大きくなってソフトマックスが飽和します。割れば、どの幅でもスコアの大きさがそろいます。",
  },
  document: "D-MHA",
  file: "lib/attention/scaled-dot-product-attention.ts",
  of: ["ScaledDotProductAttention"],
  run({ text, memory }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const { output, weights } = new ScaledDotProductAttention().forward(Q, K, V);
    const scores = scale(matmulTransposed(Q, K), 1 / Math.sqrt(K.cols));
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / Math.sqrt(K.cols) });
    const values = rowsOf(V);
    const inside = rowsOf(output).every((row) =>
      row.every((x, c) => values.some((v) => v[c]! <= x + 1e-6) && values.some((v) => v[c]! >= x - 1e-6)),
    );
    return {
      shapes: [
        shape("Q", "n_q, d_k", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        { title: { en: "weights A", ja: "重み A" }, weights, rows: text.words, cols: memory.words, scores },
      ],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], Q.rows),
        same(
          "steps",
          {
            en: "equals its four steps done one after the other",
            ja: "四つの手順を一つずつ行ったものと等しい",
          },
          weights,
          softmaxRows(scores),
        ),
        {
          id: "average",
          label: {
            en: "an average: no output leaves the range of the values",
            ja: "平均なので、出力はバリューの範囲を出ない",
          },
          pass: inside,
        },
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        { label: MULTIPLY_ADDS, formula: "n_q·n_k·(d_k + d_v)", value: Q.rows * K.rows * (K.cols + V.cols) },
      ],
    };
  },
});
