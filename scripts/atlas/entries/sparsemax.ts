import type { Score } from "../../../lib/attention/attention.ts";
import { Attention } from "../../../lib/attention/attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { equalsNaive, naive, naiveSparsemax, rowSums } from "../checks.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../../lib/kernels/sparsemax-rows.ts";

export const sparsemax = entry({
  id: "sparsemax",
  name: { en: "Sparsemax", ja: "スパースマックス" },
  about: {
    en:
      "Another normaliser whose rows sum to 1. Softmax leaves every key a little; sparsemax cuts " +
      "everything below a threshold to exactly 0.",
    ja: "行の合計が 1 になる、もう一つの正規化です。ソフトマックスはどのキーにも少しは配りますが、スパースマックスはしきい値より下をちょうど 0 にします。",
  },
  document: "D-ATT",
  file: "lib/kernels/sparsemax-rows.ts",
  of: ["sparsemaxRows"],
  run({ text, memory }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const score: Score = (q, k) => scale(matmulTransposed(q, k), 1 / Math.sqrt(k.cols));
    const { output, weights } = new Attention({ score, normalize: sparsemaxRows }).forward(Q, K, V);
    const S = score(Q, K);
    const soft = softmaxRows(S);
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), {
      scale: 1 / Math.sqrt(K.cols),
      normalize: naiveSparsemax,
    });
    const zeros = weights.data.filter((w) => w === 0).length;
    // Where softmax gives more, sparsemax may not give less: both keep the order of the scores.
    const ordered = rowsOf(weights).every((row, i) => {
      const byScore = row.map((w, j) => ({ w, s: S.data[i * S.cols + j]! })).sort((a, b) => a.s - b.s);
      return byScore.every(({ w }, j) => j === 0 || w >= byScore[j - 1]!.w);
    });
    return {
      shapes: [
        shape("Q", "n_q, d_k", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("S, A", "n_q, n_k", S),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        { title: { en: "sparsemax", ja: "スパースマックス" }, weights, rows: text.words, cols: memory.words },
        {
          title: { en: "softmax instead", ja: "ソフトマックスなら" },
          weights: soft,
          rows: text.words,
          cols: memory.words,
          scores: S,
        },
      ],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], Q.rows),
        {
          id: "order",
          label: { en: "keeps the order of the scores", ja: "スコアの大小の順を保つ" },
          pass: ordered,
          detail: {
            en: `${zeros} of ${weights.data.length} weights are exactly 0`,
            ja: `重み ${weights.data.length} 個のうち ${zeros} 個がちょうど 0`,
          },
        },
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·n_k·d_k + nnz(A)·d_v",
          value: Q.rows * K.rows * K.cols + (weights.data.length - zeros) * V.cols,
        },
      ],
      notes: [
        {
          en: "Here S = Q Kᵀ / √d. nnz(A): the weights that are not 0; only their values are read.",
          ja: "ここでは S = Q Kᵀ / √d です。nnz(A) は 0 でない重みの数で、そのバリューだけを読みます。",
        },
      ],
    };
  },
});
