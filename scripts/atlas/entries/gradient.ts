import type { Matrix } from "../../../lib/matrix.ts";
import type { Rows } from "../../../spec/oracle/naive.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { dot, naiveMatmul, naiveSoftmax } from "../../../spec/oracle/naive.ts";
import { equalsNaive, naive, rowSums, spread } from "../checks.ts";
import { fromFunction, matrix } from "../../../lib/matrix.ts";
import { gatherRows } from "../../../lib/kernels/rows.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { randomHead } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale, squaredNorm, subtract } from "../../../lib/kernels/entrywise.ts";
import { scaledDotProductGradient } from "../../../lib/gradients/scaled-dot-product-gradient.ts";

/** How far one step goes down the gradient of the scores. */
const RATE = 0.5;

export const gradient = entry({
  id: "gradient",
  name: { en: "The gradient of attention", ja: "注意の勾配" },
  about: {
    en:
      "Attention is trained by a loss. Here each word should give back the vector of the word before it. The " +
      "gradient dS says of each score how the loss changes with it: a step down the gradient raises the score of " +
      "the word before and lowers others. The last map is A after some steps on the scores alone.",
    ja:
      "注意は損失によって学習します。ここでは、各語が直前の語のベクトルを出力することを目標にします。" +
      "勾配 dS は、各スコアを変えたとき損失がどう変わるかを表します。" +
      "勾配を一歩下ると直前の語のスコアが上がり、ほかの語のスコアが下がります。最後の地図は、スコアだけを何歩か動かした後の A です。",
  },
  document: "D-MHA",
  file: "lib/gradients/scaled-dot-product-gradient.ts",
  of: ["scaledDotProductGradient"],
  options: {
    steps: integer({
      fallback: 40,
      min: 0,
      max: 1000,
      help: { en: "steps down the gradient of the scores", ja: "スコアの勾配を下る歩数" },
    }),
  },
  run({ text, random, options: { steps } }) {
    const { X: V, words } = text;
    const d_k = 8;
    const head = randomHead({ d_query: V.cols, d_k }, random);
    const [Q, K] = [linear(V, head.W_Q), linear(V, head.W_K)];
    const target = gatherRows(V, words.map((_, i) => Math.max(0, i - 1)));
    const read = (bias?: Matrix) => new ScaledDotProductAttention().forward(Q, K, V, { bias });
    const lossOf = (output: Matrix): number => squaredNorm(subtract(output, target)) / 2;
    const slope = (bias: Matrix): Matrix =>
      scaledDotProductGradient({ Q, K, V, bias }, subtract(read(bias).output, target)).dBias;

    const { output, weights } = read();
    let bias = matrix(V.rows, V.rows);
    const dO = subtract(output, target);
    const dS = slope(bias);
    for (let step = 0; step < steps; step++) bias = subtract(bias, scale(slope(bias), RATE));
    const after = read(bias);
    const [before, later] = [lossOf(output), lossOf(after.output)];

    const by = (W: Matrix): Rows => naiveMatmul(rowsOf(V), rowsOf(W));
    const [q, k] = [by(head.W_Q), by(head.W_K)];
    const expected = naive(q, k, rowsOf(V), { scale: 1 / Math.sqrt(d_k) });
    const largest = dS.data.reduce((max, x) => Math.max(max, Math.abs(x)), 1);
    const deviation = worstDifference({ q, k, V: rowsOf(V), target: rowsOf(target) }, dS) / largest;
    const rowTotals = rowsOf(dS).map((row) => Math.abs(row.reduce((sum, x) => sum + x, 0)) / largest);
    const limit = 1e-5;
    const losses = `${before.toFixed(3)} → ${later.toFixed(3)}`;
    const sign = (i: number, j: number): string => {
      const x = dS.data[i * dS.cols + j]!;
      return x < 0 ? "+" : x > 0 ? "-" : " ";
    };
    return {
      shapes: [
        shape("Q", "n_q, d_k", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("dO", "n_q, d_v", dO),
        shape("dS", "n_q, n_k", dS),
      ],
      maps: [
        { title: { en: "weights A", ja: "重み A" }, weights, rows: words, cols: words },
        {
          title: { en: "dS: shares of |dS| by row", ja: "dS: 行ごとの |dS| の割合" },
          weights: shares(dS),
          rows: words,
          cols: words,
          reason: sign,
          legend: [
            { glyph: "+", meaning: { en: "a step raises this score", ja: "一歩でこのスコアが上がる" } },
            { glyph: "-", meaning: { en: "a step lowers this score", ja: "一歩でこのスコアが下がる" } },
          ],
        },
        {
          title: { en: `A after ${steps} steps`, ja: `${steps} 歩後の A` },
          weights: after.weights,
          rows: words,
          cols: words,
        },
      ],
      checks: [
        rowSums([weights, after.weights]),
        equalsNaive([{ output, weights, naive: expected }], V.rows),
        {
          id: "differences",
          label: {
            en: "dS equals differences of the naive loss in doubles",
            ja: "dS が倍精度の素朴な損失の差分と等しい",
          },
          pass: deviation <= limit,
          deviation,
          limit,
        },
        {
          id: "zero-sum",
          label: {
            en: "every row of dS sums to 0: the same number on all scores changes nothing",
            ja: "dS のどの行も合計 0。すべてのスコアに同じ数を足しても何も変わらない",
          },
          pass: Math.max(...rowTotals) <= limit,
          deviation: Math.max(...rowTotals),
          limit,
        },
        {
          id: "descent",
          label: { en: "the loss falls", ja: "損失が下がる" },
          pass: later <= before + 1e-6,
          detail: { en: `loss ${losses}`, ja: `損失 ${losses}` },
        },
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: V.rows ** 2 },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·n_k·(3·d_k + 2·d_v + 1)",
          value: V.rows ** 2 * (3 * d_k + 2 * V.cols + 1),
        },
      ],
      notes: [
        {
          en:
            "Loss = ½ Σ_i ‖o_i − v_(i−1)‖²; the first word is its own target. dO = o_i − v_(i−1). Where a word that " +
            "stands at several places precedes, all its places serve alike.",
          ja:
            "損失 = ½ Σ_i ‖o_i − v_(i−1)‖²。最初の語の目標は自分自身です。dO = o_i − v_(i−1)。" +
            "直前の語が文の複数の場所にあれば、どの場所でも同じように役立ちます。",
        },
      ],
    };
  },
});

/** Each entry's part of the absolute values of its row; a row of zeros stays. */
function shares(M: Matrix): Matrix {
  const totals = rowsOf(M).map((row) => row.reduce((sum, x) => sum + Math.abs(x), 0));
  return fromFunction(M.rows, M.cols, (i, j) => {
    const x = Math.abs(M.data[i * M.cols + j]!);
    return x === 0 ? 0 : x / totals[i]!;
  });
}

/** The largest distance of dS from central differences of the loss in doubles, for some cells of some rows. */
function worstDifference(plain: { q: Rows; k: Rows; V: Rows; target: Rows }, dS: Matrix): number {
  const { q, k, V, target } = plain;
  const lossOfRow = (scores: number[], t: number[]): number => {
    const a = naiveSoftmax(scores);
    const o = t.map((_, c) => a.reduce((sum, w, j) => sum + w * V[j]![c]!, 0));
    return o.reduce((sum, x, c) => sum + (x - t[c]!) ** 2 / 2, 0);
  };
  const h = 1e-5;
  let worst = 0;
  for (const i of spread(q.length)) {
    const scores = k.map((key) => dot(q[i]!, key) / Math.sqrt(key.length));
    for (const j of new Set([0, Math.max(0, i - 1), i, k.length - 1])) {
      const moved = (by: number): number =>
        lossOfRow(scores.map((s, m) => (m === j ? s + by : s)), target[i]!);
      const difference = (moved(h) - moved(-h)) / (2 * h);
      const off = Math.abs(dS.data[i * dS.cols + j]! - difference);
      worst = off <= worst ? worst : off; // a NaN stays
    }
  }
  return worst;
}
