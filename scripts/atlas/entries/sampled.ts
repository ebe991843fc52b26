import type { Score } from "../../../lib/attention/attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { SampledAttention } from "../../../lib/attention/hard-attention.ts";
import { deviationOf, equalsNaive, naive, oneHot, spread } from "../checks.ts";
import { fromFunction, matrix } from "../../../lib/matrix.ts";
import { gatherGlobal } from "../../../lib/kernels/gather-global.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";

export const sampled = entry({
  id: "sampled",
  name: { en: "Stochastic hard attention", ja: "確率的ハード注意" },
  about: {
    en:
      "Each query draws one key by lot, with soft attention's weights as its chances. Over many draws " +
      "the mean is soft attention again.",
    ja: "各クエリは、ソフト注意の重みを確率として、キーを一つくじ引きします。何度も引けば、平均はソフト注意に戻ります。",
  },
  document: "D-ATT",
  file: "lib/attention/hard-attention.ts",
  of: ["SampledAttention"],
  run({ text, memory, random }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const score: Score = (q, k) => scale(matmulTransposed(q, k), 1 / Math.sqrt(k.cols));
    const mechanism = new SampledAttention({ score, random });
    const { output, weights } = mechanism.forward(Q, K, V);
    const S = score(Q, K);
    const alpha = softmaxRows(S);

    // The mean of N draws of a chance p strays from p by about √(p(1 − p)/N): six times that, at its widest,
    // is allowed.
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / Math.sqrt(K.cols) });
    const some = gatherGlobal(Q, expected.queries);
    const draws = Math.max(50, Math.min(4000, Math.floor(2e6 / (some.rows * K.rows))));
    const counts = new Float64Array(some.rows * K.rows);
    for (let n = 0; n < draws; n++) {
      mechanism.forward(some, K, matrix(K.rows, 0)).weights.data.forEach((a, e) => (counts[e]! += a));
    }
    const mean = fromFunction(some.rows, K.rows, (i, j) => counts[i * K.rows + j]! / draws);
    const deviation = deviationOf(mean, expected.weights, spread(some.rows));
    const limit = 3 / Math.sqrt(draws);
    const [drawn, values] = [rowsOf(weights), rowsOf(V)];
    const taken = expected.queries.map((i) => values[drawn[i]!.indexOf(1)]!);
    return {
      shapes: [
        shape("Q", "n_q, d_q", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("α", "n_q, n_k", alpha),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        { title: { en: "one draw A", ja: "一回引いた A" }, weights, rows: text.words, cols: memory.words },
        {
          title: { en: "chances α", ja: "確率 α" },
          weights: alpha,
          rows: text.words,
          cols: memory.words,
          scores: S,
        },
      ],
      checks: [
        oneHot(weights),
        equalsNaive(
          [
            { weights: alpha, naive: expected },
            { output, naive: { ...expected, output: taken } },
          ],
          Q.rows,
        ),
        {
          id: "mean",
          label: { en: "the mean of many draws is soft attention", ja: "多数回の平均はソフト注意" },
          pass: deviation <= limit,
          deviation,
          limit,
          detail: { en: `${draws} draws`, ja: `${draws} 回` },
        },
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·n_k·d_k + n_q·d_v",
          value: Q.rows * K.rows * K.cols + Q.rows * V.cols,
        },
      ],
      notes: [
        {
          en: "Here F is q · k / √d. Another --seed draws other keys.",
          ja: "ここでは F は q · k / √d です。--seed を変えると別のキーを引きます。",
        },
      ],
    };
  },
});
