import assert from "node:assert/strict";
import test from "node:test";
import type { Activation } from "../../lib/layers/feed-forward.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { erf, swish, tanh } from "../../lib/kernels/activations.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { feedForwardGradient } from "../../lib/gradients/feed-forward-gradient.ts";

/** The three activations as formulas; `erf` has its own spec, against the integral. */
const FORMULAS: Record<Activation, (x: number) => number> = {
  relu: (x) => (x > 0 ? x : 0),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.sqrt(2))),
  "gelu-tanh": (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

test("equals its two layers over a grid of widths, for each activation, with biases or without", () => {
  for (const activation of ["relu", "gelu", "gelu-tanh"] as const) {
    for (const [n, d, hidden, d_out] of [
      [1, 1, 1, 1],
      [5, 3, 7, 2],
      [2, 11, 1, 13],
      [7, 4, 16, 4],
    ] as const) {
      const [X, W_1, b_1, W_2, b_2] = [
        normal(n, d, 1),
        normal(d, hidden, 2),
        normal(1, hidden, 3),
        normal(hidden, d_out, 4),
        normal(1, d_out, 5),
      ];
      for (const [first, second] of [
        [b_1, b_2],
        [b_1, undefined],
        [undefined, b_2],
        [undefined, undefined],
      ]) {
        const H = naiveLinear(rowsOf(X), rowsOf(W_1), first && rowsOf(first)).map((row) =>
          row.map(FORMULAS[activation]),
        );
        const expected = naiveLinear(H, rowsOf(W_2), second && rowsOf(second));
        assertClose(
          new FeedForward({ W_1, b_1: first, W_2, b_2: second, activation }).forward(X),
          expected,
          tolerance(1),
          `${activation} ${n}`,
        );
      }
    }
  }
  assert.deepEqual(
    new FeedForward({ W_1: normal(3, 5, 1), W_2: normal(5, 2, 2) }).forward(matrix(0, 3)),
    matrix(0, 2),
  );
});

test("by hand: 2, −1 through three rectified units", () => {
  // (2, −1)·W_1 + b_1 = (2 − 3, 4 − 1, 0 + 1 + 1) = (−1, 3, 2) → (0, 3, 2)
  // (0, 3, 2)·W_2 + b_2 = 3·10 + 2·(−1) + 0.5 = 28.5
  const W_1 = fromRows([
    [1, 2, 0],
    [3, 1, -1],
  ]);
  const layer = new FeedForward({
    W_1,
    b_1: fromRows([[0, 0, 1]]),
    W_2: fromRows([[100], [10], [-1]]),
    b_2: fromRows([[0.5]]),
  });
  assertSameBits(layer.forward(fromRows([[2, -1]])), fromRows([[28.5]]));
});

test("positions do not see each other", () => {
  const layer = FeedForward.random({ d_model: 3, activation: "gelu" }, randomGenerator(1));
  const X = normal(6, 3, 2);
  assertSameRows(layer.forward(poison(X, 4, NaN)), layer.forward(X), [0, 1, 2, 3, 5]);
});

test("random: W within ±√(6 / (d_in + d_out)), four times as many units, biases 0 or absent", () => {
  const layer = FeedForward.random({ d_model: 6 }, randomGenerator(1));
  assert.deepEqual(
    [layer.W_1.rows, layer.W_1.cols, layer.W_2.rows, layer.W_2.cols, layer.activation],
    [6, 24, 24, 6, "relu"],
  );
  assertSameBits(layer.b_1!, matrix(1, 24));
  assertSameBits(layer.b_2!, matrix(1, 6));
  const largest = Math.max(...[...layer.W_1.data, ...layer.W_2.data].map(Math.abs));
  assert.ok(
    largest <= Math.fround(Math.sqrt(6 / 30)) && largest > 0.95 * Math.sqrt(6 / 30),
    String(largest),
  );
  assertSameBits(layer.W_2, FeedForward.random({ d_model: 6 }, randomGenerator(1)).W_2);
  const bare = FeedForward.random(
    { d_model: 6, d_hidden: 5, bias: false, activation: "gelu-tanh" },
    randomGenerator(1),
  );
  assert.deepEqual(
    [bare.W_1.cols, bare.b_1, bare.b_2, bare.activation],
    [5, undefined, undefined, "gelu-tanh"],
  );
});

test("errors say who, what and why", () => {
  const [W_1, W_2] = [matrix(3, 5), matrix(5, 2)];
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(() => new FeedForward({ W_1, W_2: W_1 }), "FeedForward: W_2 must be (5, any); got (3, 5)");
  says(() => new FeedForward({ W_1, W_2, b_1: matrix(1, 3) }), "FeedForward: b_1 must be (1, 5); got (1, 3)");
  says(() => new FeedForward({ W_1, W_2, b_2: matrix(2, 1) }), "FeedForward: b_2 must be (1, 2); got (2, 1)");
  says(
    () => new FeedForward({ W_1, W_2, activation: "GELU" as never }),
    'FeedForward: activation must be "relu", "gelu" or "gelu-tanh"; got GELU',
  );
  says(
    () => new FeedForward({ W_1, W_2 }).forward(matrix(4, 2)),
    "FeedForward.forward: X must be (any, 3); got (4, 2)",
  );
  says(
    () => FeedForward.random({ d_model: 3, d_hidden: 0 }, Math.random),
    "FeedForward.random: d_hidden must be an integer ≥ 1; got 0",
  );
});

test("an activation of one's own stands between the layers", () => {
  const [X, W_1, W_2] = [normal(3, 4, 1), normal(4, 5, 2), normal(5, 2, 3)];
  for (const activation of [swish, tanh]) {
    const own = new FeedForward({ W_1, W_2, activation });
    assertSameBits(own.forward(X), matmul(activation(matmul(X, W_1)), W_2));
    assert.throws(() => feedForwardGradient(own, X, normal(3, 2, 4)), { name: "TypeError", message: /slope/ });
  }
  const narrow = new FeedForward({ W_1, W_2, activation: () => X });
  assert.throws(() => narrow.forward(X), { message: "FeedForward.forward: activation(H) must be (3, 5); got (3, 4)" });
  assert.throws(() => new FeedForward({ W_1, W_2, activation: "swish" as never }), { name: "RangeError" });
});

test("finite inputs that overflow to −∞ inside give what the activation tends to, never NaN", () => {
  for (const activation of ["relu", "gelu", "gelu-tanh", swish] as const) {
    const network = new FeedForward({ W_1: fromRows([[-1e30]]), W_2: fromRows([[1]]), activation });
    assert.equal(network.forward(fromRows([[1e30]])).data[0]! + 0, 0, String(activation));
  }
});
