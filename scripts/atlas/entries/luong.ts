import type { Cost, Shape } from "../entry.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Naive } from "../checks.ts";
import type { Score } from "../../../lib/attention/attention.ts";
import { BilinearAttention } from "../../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../../lib/attention/concat-attention.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { LocalMonotonicAttention, LocalPredictiveAttention } from "../../../lib/models/luong-attention.ts";
import { LuongAttention } from "../../../lib/models/luong-attention.ts";
import { MULTIPLY_ADDS, PAIRS, choice, entry, integer, shape } from "../entry.ts";
import { at, rowsOf } from "../../../spec/support/values.ts";
import { dot, naiveMatmul } from "../../../spec/oracle/naive.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction, gaussian } from "../../../lib/matrix.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";

/** A score of the paper: by its class, by its definition, with what it adds to shapes and cost. */
interface PaperScore {
  readonly score: Score;
  readonly f: (h: number[], s: number[]) => number;
  readonly shapes: readonly Shape[];
  readonly cost: string;
  readonly multiplyAdds: (n_q: number, n_k: number, d: number) => number;
}

function scoreOf(name: "dot" | "general" | "concat", d: number, random: () => number): PaperScore {
  if (name === "general") {
    const W_a = scale(randomProjection(d, d, random), 0.7);
    const f = (h: number[], s: number[]): number => dot(naiveMatmul([h], rowsOf(W_a))[0]!, s);
    return {
      score: new BilinearAttention({ W_a }).score,
      f,
      shapes: [shape("W_a", "d, d", W_a)],
      cost: "n_q·d·d + n_q·n_k·d",
      multiplyAdds: (n_q, n_k) => n_q * d * d + n_q * n_k * d,
    };
  }
  if (name === "concat") {
    const units = 12;
    const normal = gaussian(random);
    const [W_a, v_a] = [randomProjection(2 * d, units, random), fromFunction(units, 1, () => normal() / 2)];
    const f = (h: number[], s: number[]): number =>
      dot(
        naiveMatmul([[...h, ...s]], rowsOf(W_a))[0]!.map(Math.tanh),
        rowsOf(v_a).map(([x]) => x!),
      );
    const shapes = [shape("W_a", "2d, n'", W_a), shape("v_a", "n', 1", v_a)];
    return {
      score: new ConcatAttention({ W_a, v_a }).score,
      f,
      shapes,
      cost: "n_q·n_k·(2d + 1)·n'",
      multiplyAdds: (n_q, n_k) => n_q * n_k * (2 * d + 1) * units,
    };
  }
  return {
    score: new DotProductAttention().score,
    f: dot,
    shapes: [],
    cost: "n_q·n_k·d",
    multiplyAdds: (n_q, n_k) => n_q * n_k * d,
  };
}

/** The attentional state of some naive contexts. */
function naiveState(h: Matrix, seen: Naive, W_c: Matrix): Naive {
  const rows = rowsOf(h);
  const output = seen.queries.map((i, q) =>
    naiveMatmul([[...seen.output[q]!, ...rows[i]!]], rowsOf(W_c))[0]!.map(Math.tanh),
  );
  return { ...seen, output };
}

export const luong = entry({
  id: "luong",
  name: { en: "Luong's attention", ja: "Luong の注意" },
  about: {
    en:
      "A decoder's current state asks the source and is then mixed with what it saw. It may look at the " +
      "whole source, at a window that moves on by one with every step (local-m), or at a window around a " +
      "place that it predicts, weighed by a bell (local-p). The paper calls these global and local; the " +
      "global tokens of sparse attention are something else.",
    ja:
      "デコーダの現在の状態が入力に問いかけ、見たものと混ぜ合わされます。見るのは入力全体か、1 ステップごとに 1 " +
      "つ進む窓(local-m)か、自分で予測した位置のまわりの釣鐘形の窓(local-p)です。論文はこれらをグローバル・ローカルと呼びますが、疎な注意のグローバルトークンとは別のものです。",
  },
  document: "D-ATT",
  file: "lib/models/luong-attention.ts",
  of: ["LuongAttention", "LocalMonotonicAttention", "LocalPredictiveAttention"],
  input: "pair",
  options: {
    score: choice<"dot" | "general" | "concat">({
      fallback: "general",
      among: ["dot", "general", "concat"],
      help: { en: "the paper's score", ja: "論文のスコア" },
    }),
    reach: integer({
      fallback: 2,
      min: 1,
      max: 100,
      help: { en: "D: how far a window reaches to each side", ja: "D: 窓が左右に届く幅" },
    }),
  },
  run({ text, memory, random, options: { score: name, reach: D } }) {
    const [h, H] = [text.X, memory.X];
    const d = h.cols;
    const { score, f, shapes, cost, multiplyAdds } = scoreOf(name, d, random);
    const [W_c, W_p] = [randomProjection(2 * d, d, random), randomProjection(d, 6, random)];
    const normal = gaussian(random);
    const v_p = fromFunction(6, 1, normal);
    const whole = new LuongAttention({ score, W_c }).forward(h, H);
    const monotonic = new LocalMonotonicAttention({ score, W_c, D }).forward(h, H);
    const predictive = new LocalPredictiveAttention({ score, W_c, D, W_p, v_p }).forward(h, H);

    const centre = (i: number): number => at(predictive.p!, i, 0);
    const expected = (allow?: (i: number, j: number) => boolean): Naive =>
      naive(rowsOf(h), rowsOf(H), rowsOf(H), { score: f, ...(allow && { allow }) });
    const near = expected((t, s) => Math.abs(s - centre(t)) <= D);
    const bell = near.weights.map((row, q) =>
      row.map((a, s) => a * Math.exp(-2 * ((s - centre(near.queries[q]!)) / D) ** 2)),
    );
    const seen: Naive = { ...near, weights: bell, output: naiveMatmul(bell, rowsOf(H)) };
    const sums = rowsOf(predictive.weights).map((row) => row.reduce((a, b) => a + b, 0));
    const wide = new LocalMonotonicAttention({ score, W_c, D: h.rows + H.rows }).forward(h, H);
    const costs: Cost[] = [
      { label: PAIRS, formula: "n_q·n_k", value: h.rows * H.rows },
      {
        label: MULTIPLY_ADDS,
        formula: `${cost} + n_q·n_k·d + n_q·2d·d`,
        value: multiplyAdds(h.rows, H.rows, d) + h.rows * H.rows * d + h.rows * 2 * d * d,
      },
    ];
    const map = (en: string, ja: string, weights: Matrix) => ({
      title: { en, ja },
      weights,
      rows: text.words,
      cols: memory.words,
    });
    return {
      shapes: [
        shape("h", "n_q, d", h),
        shape("H", "n_k, d", H),
        ...shapes,
        shape("W_c", "2d, d", W_c),
        shape("A", "n_q, n_k", whole.weights),
        shape("h̃", "n_q, d", whole.output),
      ],
      maps: [
        { ...map("whole source", "入力全体", whole.weights), scores: score(h, H) },
        map("local-m", "local-m", monotonic.weights),
        map("local-p", "local-p", predictive.weights),
      ],
      checks: [
        rowSums([whole.weights]),
        rowSums([monotonic.weights], (t) => t - D > H.rows - 1),
        equalsNaive(
          [
            { output: whole.output, weights: whole.weights, naive: naiveState(h, expected(), W_c) },
            {
              output: monotonic.output,
              weights: monotonic.weights,
              naive: naiveState(
                h,
                expected((t, s) => Math.abs(s - t) <= D),
                W_c,
              ),
            },
            { output: predictive.output, weights: predictive.weights, naive: naiveState(h, seen, W_c) },
          ],
          h.rows,
        ),
        {
          id: "bell",
          label: {
            en: "local-p: no row sums to more than 1, as the bell is not normalised away",
            ja: "local-p: 釣鐘は正規化しないので、どの行の合計も 1 を超えない",
          },
          pass: sums.every((sum) => sum <= 1 + 1e-6),
        },
        same(
          "wide",
          {
            en: "local-m with a window as wide as the source is the whole source",
            ja: "窓を入力全体まで広げた local-m は入力全体の注意に等しい",
          },
          wide.output,
          whole.output,
        ),
      ],
      costs,
      notes: [
        {
          en:
            "Words stand for states here: no recurrent network runs, and nothing is trained. Equations " +
            "without a number are those of local-m and local-p. The cost is that of the whole source; a " +
            "window would score 2D + 1 keys at most.",
          ja:
            "ここでは語が状態の代わりです。RNN は動いておらず、学習もしていません。番号のない式は local-m と local-p のものです。計算量は入力全体の場合で、窓なら 1 " +
            "ステップに最大 2D + 1 個のキーで済みます。",
        },
      ],
    };
  },
});
