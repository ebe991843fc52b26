import { BilinearAttention } from "../../../lib/attention/bilinear-attention.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { identity } from "../../../lib/matrix.ts";
import { matmul, matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";

export const bilinear = entry({
  id: "bilinear",
  name: { en: "Bilinear attention", ja: "双線形注意" },
  about: {
    en:
      "A learned matrix stands between query and key, so that a feature of one may answer to any feature " +
      "of the other. Luong calls it general.",
    ja: "クエリとキーの間に学習する行列を置きます。一方のどの特徴も、他方のどの特徴にも応じられます。Luong の general です。",
  },
  document: "D-ATT",
  file: "lib/attention/bilinear-attention.ts",
  of: ["BilinearAttention"],
  run({ text, memory, random }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const mechanism = BilinearAttention.random({ d_q: Q.cols, d_k: K.cols }, random);
    const { W_a } = mechanism;
    const { output, weights } = mechanism.forward(Q, K, V);
    const expected = naive(naiveMatmul(rowsOf(Q), rowsOf(W_a)), rowsOf(K), rowsOf(V));
    const plain = new BilinearAttention({ W_a: identity(Q.cols) });
    const [W_Q, W_K] = [randomProjection(Q.cols, 5, random), randomProjection(K.cols, 5, random)];
    const product = new BilinearAttention({ W_a: matmulTransposed(W_Q, W_K) });
    const apart = new DotProductAttention().score(matmul(Q, W_Q), matmul(K, W_K));
    return {
      shapes: [
        shape("Q", "n_q, d_q", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("W_a", "d_q, d_k", W_a),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        {
          title: { en: "random W_a", ja: "乱数の W_a" },
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
          "identity",
          { en: "with W_a = I it is the dot product", ja: "W_a = I なら内積注意" },
          plain.score(Q, K),
          new DotProductAttention().score(Q, K),
        ),
        same(
          "product",
          {
            en: "with W_a = W_Q W_Kᵀ it is the dot product of two projections",
            ja: "W_a = W_Q W_Kᵀ なら二つの射影の内積",
          },
          product.score(Q, K),
          apart,
          1e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·d_q·d_k + n_q·n_k·(d_k + d_v)",
          value: Q.rows * Q.cols * K.cols + Q.rows * K.rows * (K.cols + V.cols),
        },
      ],
    };
  },
});
