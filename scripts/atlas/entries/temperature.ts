import type { Score } from "../../../lib/attention/attention.ts";
import { Attention } from "../../../lib/attention/attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, positives, shape } from "../entry.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction } from "../../../lib/matrix.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxAt } from "../../../lib/attention/hard-attention.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";

export const temperature = entry({
  id: "temperature",
  name: { en: "Softmax at a temperature", ja: "温度つきソフトマックス" },
  about: {
    en:
      "One number between soft and hard: divide the scores by τ before softmax. Cold (τ towards 0) picks " +
      "the best key, hot (τ towards ∞) looks at all keys alike.",
    ja: "ソフトとハードの間をつなぐ一つの数です。スコアを τ で割ってからソフトマックスにかけます。低温（τ → 0）なら最良のキーだけ、高温（τ → ∞）なら全部を同じように見ます。",
  },
  document: "D-ATT",
  file: "lib/attention/hard-attention.ts",
  of: ["softmaxAt"],
  options: {
    temperature: positives({
      fallback: [0.25, 1, 4],
      help: { en: "temperatures τ, a map for each", ja: "温度 τ。それぞれ地図を描きます" },
    }),
  },
  run({ text, memory, options: { temperature: taus } }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const score: Score = (q, k) => scale(matmulTransposed(q, k), 1 / Math.sqrt(k.cols));
    const S = score(Q, K);
    const at = taus.map((tau) => ({
      tau,
      ...new Attention({ score, normalize: softmaxAt(tau) }).forward(Q, K, V),
    }));
    const parts = at.map(({ tau, output, weights }) => ({
      output,
      weights,
      naive: naive(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / (Math.sqrt(K.cols) * tau) }),
    }));
    const best = rowsOf(S).map((row, _i, _all, max = Math.max(...row)) =>
      row.map((s) => (s === max ? 1 : 0)),
    );
    const ties = best.map((row) => row.reduce<number>((a, b) => a + b, 0));
    const shared = fromFunction(Q.rows, K.rows, (i, j) => best[i]![j]! / ties[i]!);
    const uniform = fromFunction(Q.rows, K.rows, () => 1 / K.rows);
    return {
      shapes: [
        shape("Q", "n_q, d_k", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("S, A", "n_q, n_k", S),
      ],
      maps: at.map(({ tau, weights }) => ({
        title: { en: `τ = ${tau}`, ja: `τ = ${tau}` },
        weights,
        rows: text.words,
        cols: memory.words,
        scores: scale(S, 1 / tau),
      })),
      checks: [
        rowSums(at.map(({ weights }) => weights)),
        equalsNaive(parts, Q.rows),
        same(
          "one",
          { en: "τ = 1 is softmax", ja: "τ = 1 はソフトマックス" },
          softmaxAt(1)(S),
          softmaxRows(S),
          1e-6,
        ),
        same(
          "cold",
          { en: "τ → 0 is argmax, ties shared (at τ = 10⁻⁹)", ja: "τ → 0 は argmax、同点は等分 (τ = 10⁻⁹)" },
          softmaxAt(1e-9)(S),
          shared,
          1e-6,
        ),
        same(
          "hot",
          { en: "τ → ∞ is uniform (at τ = 10⁹)", ja: "τ → ∞ は一様 (τ = 10⁹)" },
          softmaxAt(1e9)(S),
          uniform,
          1e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        { label: MULTIPLY_ADDS, formula: "n_q·n_k·(d_k + d_v)", value: Q.rows * K.rows * (K.cols + V.cols) },
      ],
      notes: [
        {
          en: "Here S = Q Kᵀ / √d. The cost is for one temperature.",
          ja: "ここでは S = Q Kᵀ / √d です。計算量は温度一つぶんです。",
        },
      ],
    };
  },
});
