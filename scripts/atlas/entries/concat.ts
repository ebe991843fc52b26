import { AdditiveAttention } from "../../../lib/attention/additive-attention.ts";
import { ConcatAttention } from "../../../lib/attention/concat-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { dot, naiveTranspose } from "../../../spec/oracle/naive.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction, gaussian } from "../../../lib/matrix.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { sliceRows } from "../../../lib/kernels/rows.ts";

export const concat = entry({
  id: "concat",
  name: { en: "Additive attention, concat form", ja: "加法注意（連結形）" },
  about: {
    en:
      "As the document writes it: query and key are joined into one vector, and a small feed-forward " +
      "network turns each such pair into a score. The same function as the split form, with more work.",
    ja: "文書の書き方そのままです。クエリとキーを一つのベクトルにつなぎ、その対ごとに小さな順伝播ネットワークがスコアを出します。分割形と同じ関数で、計算は多くなります。",
  },
  document: "D-ATT",
  file: "lib/attention/concat-attention.ts",
  of: ["ConcatAttention"],
  options: {
    units: integer({
      fallback: 12,
      min: 1,
      max: 512,
      help: { en: "units n' of the tanh layer", ja: "tanh 層のユニット数 n'" },
    }),
  },
  run({ text, memory, random, options: { units } }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const normal = gaussian(random);
    const W_a = randomProjection(Q.cols + K.cols, units, random);
    const v_a = fromFunction(units, 1, () => (2 * normal()) / Math.sqrt(units));
    const mechanism = new ConcatAttention({ W_a, v_a });
    const { output, weights } = mechanism.forward(Q, K, V);

    const [columns, v] = [naiveTranspose(rowsOf(W_a)), v_a.data];
    const layer = (q: number[], k: number[], pair = [...q, ...k]): number =>
      columns.reduce((sum, column, u) => sum + v[u]! * Math.tanh(dot(pair, column)), 0);
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), { score: layer });
    const split = new AdditiveAttention({
      W_a: sliceRows(W_a, 0, Q.cols),
      U_a: sliceRows(W_a, Q.cols, W_a.rows),
      v_a,
    });
    return {
      shapes: [
        shape("Q", "n_q, d_q", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("W_a", "d_q + d_k, n'", W_a),
        shape("v_a", "n', 1", v_a),
        { name: "h", letters: "n_q·n_k, n'", numbers: [Q.rows * K.rows, units] },
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        {
          title: { en: "random parameters", ja: "乱数のパラメータ" },
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
          "split",
          {
            en: "equals the split form with W_a cut into the query's and the key's rows",
            ja: "W_a をクエリの行とキーの行に切った分割形と等しい",
          },
          output,
          split.forward(Q, K, V).output,
          1e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·n_k·((d_q + d_k + 1)·n' + d_v)",
          value: Q.rows * K.rows * ((Q.cols + K.cols + 1) * units + V.cols),
        },
        { label: { en: "tanh", ja: "tanh" }, formula: "n_q·n_k·n'", value: Q.rows * K.rows * units },
      ],
      notes: [{ en: "Here without the bias b_a.", ja: "ここではバイアス b_a を使いません。" }],
    };
  },
});
