import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { LocalMonotonicAttention, LocalPredictiveAttention } from "../../lib/models/luong-attention.ts";
import { LuongAttention } from "../../lib/models/luong-attention.ts";
import { assertClose, assertRowSums, assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { dot, naiveAttention, naiveLinear, naiveMatmul } from "../oracle/naive.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { refuses } from "../support/mechanism.ts";

const d = 4;
const [W_a, W_concat, v_a] = [normal(d, d, 1), normal(2 * d, 3, 2), normal(3, 1, 3)];
const [W_c, b_c] = [normal(2 * d, 5, 4), normal(1, 5, 5)];
const [W_p, v_p] = [normal(d, 3, 6), normal(3, 1, 7)];

/** Luong's three scores, each by the classes and by the definition. */
const SCORES = {
  dot: { score: new DotProductAttention().score, f: dot },
  general: {
    score: new BilinearAttention({ W_a }).score,
    f: (h: number[], s: number[]) => dot(naiveMatmul([h], rowsOf(W_a))[0]!, s),
  },
  concat: {
    score: new ConcatAttention({ W_a: W_concat, v_a }).score,
    f: (h: number[], s: number[]) =>
      dot(
        naiveMatmul([[...h, ...s]], rowsOf(W_concat))[0]!.map(Math.tanh),
        rowsOf(v_a).map(([x]) => x!),
      ),
  },
};

/** [c ‖ h] through one tanh layer, the context first. */
const state = (c: Rows, h: Matrix, b?: Matrix): Rows =>
  naiveLinear(
    rowsOf(h).map((row, i) => [...c[i]!, ...row]),
    rowsOf(W_c),
    b && rowsOf(b),
  ).map((row) => row.map(Math.tanh));

for (const [name, { score, f }] of Object.entries(SCORES)) {
  test(`${name}: the whole source, local-m and local-p equal their equations`, () => {
    for (const [n_q, n_k] of [
      [1, 1],
      [7, 11],
      [5, 3],
      [13, 2],
    ] as const) {
      const [h, H] = [normal(n_q, d, 11), normal(n_k, d, 12)];
      const before = [h.data.slice(), H.data.slice()];
      for (const b of [undefined, b_c]) {
        const whole = new LuongAttention({ score, W_c, b_c: b }).forward(h, H);
        const expected = naiveAttention(rowsOf(h), rowsOf(H), rowsOf(H), { score: f });
        const limit = 8 * tolerance(expected.largestScore);
        assertClose(whole.weights, expected.weights, limit, "weights");
        assertClose(whole.context, expected.output, limit, "context");
        assertClose(whole.output, state(expected.output, h, b), limit, "attentional state");

        for (const D of [0, 1, 3]) {
          const near = naiveAttention(rowsOf(h), rowsOf(H), rowsOf(H), {
            score: f,
            allow: (t, s) => s >= t + 2 - D && s <= t + 2 + D,
          });
          const monotonic = new LocalMonotonicAttention({ score, W_c, b_c: b, D }).forward(h, H, {
            first: 2,
          });
          assertClose(monotonic.weights, near.weights, limit, `local-m ${D}: weights`);
          assertClose(monotonic.output, state(near.output, h, b), limit, `local-m ${D}`);
          assert.deepEqual(
            rowsOf(monotonic.p!),
            rowsOf(h).map((_, t) => [t + 2]),
            "p_t = t",
          );
        }
        for (const D of [1, 2, 6]) {
          const predictive = new LocalPredictiveAttention({ score, W_c, b_c: b, D, W_p, v_p }).forward(h, H);
          const p = naiveMatmul(
            naiveMatmul(rowsOf(h), rowsOf(W_p)).map((row) => row.map(Math.tanh)),
            rowsOf(v_p),
          ).map(([x]) => n_k / (1 + Math.exp(-x!)));
          assertClose(
            predictive.p!,
            p.map((x) => [x]),
            limit,
            "p_t",
          );
          const seen = naiveAttention(rowsOf(h), rowsOf(H), rowsOf(H), {
            score: f,
            allow: (t, s) => Math.abs(s - p[t]!) <= D,
          });
          const bell = seen.weights.map((row, t) =>
            row.map((a, s) => a * Math.exp(-2 * ((s - p[t]!) / D) ** 2)),
          ); // 2σ² = D²/2
          assertClose(predictive.weights, bell, 2 * limit, `local-p ${D}: weights`);
          assertClose(
            predictive.output,
            state(naiveMatmul(bell, rowsOf(H)), h, b),
            2 * limit,
            `local-p ${D}`,
          );
        }
      }
      assert.deepEqual([h.data, H.data], before, "inputs are left alone");
    }
  });
}

test("rows sum to 1, of local-m beyond the source to 0, of local-p to less than 1", () => {
  const [h, H] = [normal(9, d, 11), normal(5, d, 12)];
  const { score } = SCORES.general;
  assertRowSums(new LuongAttention({ score, W_c }).forward(h, H).weights);
  const { weights, context } = new LocalMonotonicAttention({ score, W_c, D: 2 }).forward(h, H);
  assertRowSums(weights, [7, 8]);
  assertSameBits(sliceRows(context, 7, 9), matrix(2, d), "nothing in the window: c = 0");
  for (const row of rowsOf(
    new LocalPredictiveAttention({ score, W_c, D: 2, W_p, v_p }).forward(h, H).weights,
  )) {
    const sum = row.reduce((a, b) => a + b, 0);
    assert.ok(sum > 0 && sum < 1, `sums to ${sum}`);
  }
});

test("by hand: local-p", () => {
  // v_p = 0: p = S σ(0) = 4/2 = 2, the third of four positions.
  // The window, D = 2, holds all of 0 … 4, and all scores are 0 (h = 0): b = ¼ each.
  // σ = 1: a = ¼ [e^−2, e^−½, 1, e^−½] = [0.03383, 0.15163, 0.25, 0.15163].
  // H = 1000, 100, 10, 1: c = 33.83 + 15.163 + 2.5 + 0.1516 = 51.65.
  const attention = new LocalPredictiveAttention({
    score: new DotProductAttention().score,
    W_c: fromRows([[0.01], [1]]),
    D: 2,
    W_p: fromRows([[1]]),
    v_p: matrix(1, 1),
  });
  const { p, weights, context, output } = attention.forward(
    matrix(1, 1),
    fromRows([[1000], [100], [10], [1]]),
  );
  assert.equal(at(p!, 0, 0), 2, "p");
  assertClose(weights, [[0.03383, 0.15163, 0.25, 0.15163]], 1e-5);
  assertClose(context, [[51.65]], 1e-4);
  assertClose(output, [[Math.tanh(0.5165)]], 1e-4);
});

test("local-m sees nothing outside its window; step by step it gives what it gives at once", () => {
  const [h, H] = [normal(6, d, 11), normal(9, d, 12)];
  const attention = new LocalMonotonicAttention({ score: SCORES.concat.score, W_c, D: 1 });
  const clean = attention.forward(h, H);
  const spoilt = attention.forward(h, poison(H, 4, NaN));
  for (const t of [0, 1, 2]) {
    assertSameBits(
      sliceRows(spoilt.output, t, t + 1),
      sliceRows(clean.output, t, t + 1),
      `step ${t}`,
    );
  }
  for (const t of [3, 4, 5]) {
    assert.ok(rowsOf(spoilt.output)[t]!.every(Number.isNaN), `step ${t} sees position 4`);
  }
  const steps = rowsOf(h).map((_, t) => attention.forward(sliceRows(h, t, t + 1), H, { first: t }).output);
  assertSameBits(concatRows(steps), clean.output, "one at a time");
});

test("a window as wide as the source makes local-m global attention; allow holds inside it too", () => {
  const [h, H] = [normal(5, d, 11), normal(7, d, 12)];
  const { score } = SCORES.dot;
  assertSameBits(
    new LocalMonotonicAttention({ score, W_c, D: 7 }).forward(h, H).output,
    new LuongAttention({ score, W_c }).forward(h, H).output,
  );
  const allow = (_t: number, s: number): boolean => s !== 3;
  for (const attention of [
    new LuongAttention({ score, W_c }),
    new LocalMonotonicAttention({ score, W_c, D: 2 }),
    new LocalPredictiveAttention({ score, W_c, D: 2, W_p, v_p }),
  ]) {
    assertSameBits(
      attention.forward(h, poison(H, 3, NaN), { allow }).output,
      attention.forward(h, H, { allow }).output,
      "a hidden NaN",
    );
  }
});

test("errors say who, what and why", () => {
  const { score } = SCORES.dot;
  refuses(
    "RangeError",
    () => new LuongAttention({ score, W_c, b_c: matrix(1, 4) }),
    "LuongAttention: b_c must be (1, 5); got (1, 4)",
  );
  refuses(
    "TypeError",
    () => new LuongAttention({ score: "dot" as never, W_c }),
    "Attention: score must be a function (Q, K) => Matrix; got string",
  );
  refuses(
    "RangeError",
    () => new LuongAttention({ score, W_c }).forward(matrix(2, 3), matrix(4, 3)),
    "linear: X must be (any, 8); got (2, 6)",
  );
  refuses(
    "RangeError",
    () => new LocalMonotonicAttention({ score, W_c, D: 0.5 }),
    "LocalMonotonicAttention: D must be an integer ≥ 0; got 0.5",
  );
  refuses(
    "RangeError",
    () =>
      new LocalMonotonicAttention({ score, W_c, D: 1 }).forward(matrix(1, 4), matrix(2, 4), { first: -1 }),
    "LocalMonotonicAttention.forward: first must be an integer ≥ 0; got -1",
  );
  refuses(
    "RangeError",
    () => new LocalPredictiveAttention({ score, W_c, D: 0, W_p, v_p }),
    "LocalPredictiveAttention: D must be an integer ≥ 1; got 0",
  );
  refuses(
    "RangeError",
    () => new LocalPredictiveAttention({ score, W_c, D: 1, W_p, v_p: matrix(1, 3) }),
    "LocalPredictiveAttention: v_p must be (3, 1); got (1, 3)",
  );
  refuses(
    "RangeError",
    () => new LocalPredictiveAttention({ score, W_c, D: 1, W_p, v_p }).forward(matrix(1, 3), matrix(2, 4)),
    "LocalPredictiveAttention.forward: h must be (any, 4); got (1, 3)",
  );
});
