import type { Matrix } from "../../../lib/matrix.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { ParameterFreeCrossAttention } from "../../../lib/attention/parameter-free-attention.ts";
import { ParameterFreeSelfAttention } from "../../../lib/attention/parameter-free-attention.ts";
import { add, scale } from "../../../lib/kernels/entrywise.ts";
import { equalsNaive, naive, rowSums } from "../checks.ts";
import { indistinguishable } from "./parameter-free-self.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { naiveAttention } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { sinusoidalPositions } from "../../../lib/layers/sinusoidal-positions.ts";

export const parameterFreeCross = entry({
  id: "parameter-free-cross",
  name: {
    en: "Parameter-free cross-attention, CAT(Q, K, V)",
    ja: "パラメータなしクロスアテンション CAT(Q, K, V)",
  },
  about: {
    en:
      "Attention between texts that have each attended to themselves first, still without a single " +
      "parameter.",
    ja: "まずそれぞれのテキストが自分自身に注意を向け、その結果どうしで注意を計算します。ここにもパラメータは一つもありません。",
  },
  document: "D-CROSS",
  file: "lib/attention/parameter-free-attention.ts",
  of: ["ParameterFreeCrossAttention"],
  input: "pair",
  run({ text, memory }) {
    const place = (M: Matrix): Matrix => add(M, sinusoidalPositions(M.rows, M.cols));
    const mechanism = new ParameterFreeCrossAttention();
    const cases = [
      { Q: text.X, K: memory.X },
      { Q: place(text.X), K: place(memory.X) },
    ].map(({ Q, K }) => {
      const SA = (M: Matrix): Matrix => new ParameterFreeSelfAttention().forward(M).output;
      const [naiveQ, naiveK] = [Q, K].map(
        (M) => naiveAttention(rowsOf(M), rowsOf(M), rowsOf(M), { scale: 1 / Math.sqrt(M.cols) }).output,
      ) as [number[][], number[][]];
      const expected = naive(naiveQ, naiveK, naiveK, { scale: 1 / Math.sqrt(K.cols) });
      return {
        ...mechanism.forward(Q, K, K),
        naive: expected,
        scores: scale(matmulTransposed(SA(Q), SA(K)), 1 / Math.sqrt(K.cols)),
      };
    });
    const [bare, told] = cases as [(typeof cases)[0], (typeof cases)[0]];
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const [n_q, n_k, d_k, d_v] = [Q.rows, K.rows, K.cols, V.cols];
    return {
      shapes: [
        shape("Q", "n_q, d_k", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("A", "n_q, n_k", bare.weights),
        shape("CAT(Q, K, V)", "n_q, d_v", bare.output),
      ],
      maps: [
        {
          title: { en: "words alone", ja: "語だけ" },
          weights: bare.weights,
          rows: text.words,
          cols: memory.words,
          scores: bare.scores,
        },
        {
          title: { en: "words + sinusoidal positions", ja: "語 + 正弦波の位置" },
          weights: told.weights,
          rows: text.words,
          cols: memory.words,
          scores: told.scores,
        },
      ],
      checks: [
        rowSums([bare.weights, told.weights]),
        equalsNaive([bare, told], n_q),
        ...indistinguishable(text.words, bare.output, told.output, memory.words.length),
      ],
      costs: [
        { label: PAIRS, formula: "n_q² + 2·n_k² + n_q·n_k", value: n_q ** 2 + 2 * n_k ** 2 + n_q * n_k },
        {
          label: MULTIPLY_ADDS,
          formula: "2·n_q²·d_k + 2·n_k²·d_k + 2·n_k²·d_v + n_q·n_k·(d_k + d_v)",
          value: 2 * n_q ** 2 * d_k + 2 * n_k ** 2 * (d_k + d_v) + n_q * n_k * (d_k + d_v),
        },
      ],
      notes: [
        {
          en: "The document's formula. The CAT of Lin et al. 2021 computes something else.",
          ja: "文書の式のとおりです。Lin ほか 2021 の CAT は別のものを計算します。",
        },
      ],
    };
  },
});
