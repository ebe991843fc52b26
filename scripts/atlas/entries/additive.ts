import { AdditiveAttention } from "../../../lib/attention/additive-attention.ts";
import { ConcatAttention } from "../../../lib/attention/concat-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { concatRows, sliceRows } from "../../../lib/kernels/rows.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction, gaussian } from "../../../lib/matrix.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";

export const additive = entry({
  id: "additive",
  name: { en: "Additive attention, split form", ja: "加法注意（分割形）" },
  about: {
    en:
      "Query and key are projected apart, added, sent through tanh, and weighed with v. No key has to " +
      "resemble the query: what counts as a match is learned. At the very start v = 0, so that attention " +
      "is exactly uniform.",
    ja: "クエリとキーを別々に射影して足し、tanh を通し、v で重みづけます。似ている必要はなく、何が合うかは学習で決まります。学習の最初は v = 0 なので、注意はちょうど一様です。",
  },
  document: "D-ATT",
  file: "lib/attention/additive-attention.ts",
  of: ["AdditiveAttention"],
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
    const W_a = randomProjection(Q.cols, units, random);
    const U_a = randomProjection(K.cols, units, random);
    const v_a = fromFunction(units, 1, () => (2 * normal()) / Math.sqrt(units));
    const mechanism = new AdditiveAttention({ W_a, U_a, v_a });
    const start = AdditiveAttention.random({ d_q: Q.cols, d_k: K.cols, units }, random);
    const { output, weights } = mechanism.forward(Q, K, V);
    const first = start.forward(Q, K, V);

    const v = v_a.data;
    const layer = (p: number[], r: number[]): number =>
      p.reduce((sum, x, u) => sum + v[u]! * Math.tanh(x + r[u]!), 0);
    const expected = naive(
      naiveMatmul(rowsOf(Q), rowsOf(W_a)),
      naiveMatmul(rowsOf(K), rowsOf(U_a)),
      rowsOf(V),
      { score: layer },
    );
    const uniform = fromFunction(Q.rows, K.rows, () => 1 / K.rows);
    const some = sliceRows(Q, 0, Math.min(Q.rows, 32)); // the other form holds (queries · keys) rows at once
    return {
      shapes: [
        shape("Q", "n_q, d_q", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("W_a", "d_q, n'", W_a),
        shape("U_a", "d_k, n'", U_a),
        shape("v_a", "n', 1", v_a),
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
        {
          title: { en: "at the start of training", ja: "学習の最初" },
          weights: first.weights,
          rows: text.words,
          cols: memory.words,
        },
      ],
      checks: [
        rowSums([weights, first.weights]),
        equalsNaive([{ output, weights, naive: expected }], Q.rows),
        same(
          "uniform",
          {
            en: "starts exactly uniform, 1 / n_k in every cell",
            ja: "最初はちょうど一様で、どのマスも 1 / n_k",
          },
          first.weights,
          uniform,
        ),
        same(
          "concat",
          {
            en: "gives the concat form's scores when W is W_a over U_a",
            ja: "W を W_a と U_a の縦並びにした連結形とスコアが等しい",
          },
          mechanism.score(some, K),
          new ConcatAttention({ W_a: concatRows([W_a, U_a]), v_a }).score(some, K),
          1e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·d_q·n' + n_k·d_k·n' + n_q·n_k·(n' + d_v)",
          value: Q.rows * Q.cols * units + K.rows * K.cols * units + Q.rows * K.rows * (units + V.cols),
        },
        { label: { en: "tanh", ja: "tanh" }, formula: "n_q·n_k·n'", value: Q.rows * K.rows * units },
      ],
      notes: [
        {
          en:
            "R is computed once and serves every query; that is what the split buys. Fresh parameters " +
            "(Bahdanau's) give the uniform map; the other uses larger random ones, as training would " +
            "leave them.",
          ja: "R は一度だけ計算し、すべてのクエリで使います。これが分割の利点です。論文どおりの初期値なら一様な地図になり、もう一方は学習後のように大きめの乱数を使っています。",
        },
      ],
    };
  },
});
