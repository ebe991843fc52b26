import assert from "node:assert/strict";
import test from "node:test";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { assertClose, assertSameBits, normal, tolerance } from "../support/values.ts";
import { bilinear } from "../support/score-functions.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { refuses, specifyMechanism } from "../support/mechanism.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

specifyMechanism([bilinear(1, 4), bilinear(4, 1), bilinear(5, 3), bilinear(3, 7), bilinear(4, 4)]);

test("by hand: W_a turns the key before the dot product", () => {
  // W_a = [[0, 1], [2, 0], [0, 0]], q = (1, 2, 9): qᵀW_a = (4, 1). Keys (ln 2, 0) and (0, 0): scores 4·ln 2 =
  // ln 16 and 0. Weights 16/17 and 1/17; values 17 and 34: 16 + 2 = 18.
  const attention = new BilinearAttention({
    W_a: fromRows([
      [0, 1],
      [2, 0],
      [0, 0],
    ]),
  });
  const { output } = attention.forward(
    fromRows([[1, 2, 9]]),
    fromRows([
      [Math.log(2), 0],
      [0, 0],
    ]),
    fromRows([[17], [34]]),
  );
  assertClose(output, [[18]], 2e-7);
});

test("W_a = I is the dot product, to the bit", () => {
  const [Q, K, V] = [normal(7, 5, 1), normal(11, 5, 2), normal(11, 3, 3)];
  const general = new BilinearAttention({ W_a: identity(5) }).forward(Q, K, V);
  const dot = new DotProductAttention().forward(Q, K, V);
  assertSameBits(general.output, dot.output);
  assertSameBits(general.weights, dot.weights);
});

test("W_a = W_Q W_Kᵀ is the dot product of two projections", () => {
  const [Q, K, V, W_Q, W_K] = [
    normal(7, 5, 1),
    normal(11, 3, 2),
    normal(11, 4, 3),
    normal(5, 2, 4),
    normal(3, 2, 5),
  ];
  const general = new BilinearAttention({ W_a: matmul(W_Q, transpose(W_K)) });
  const dot = new DotProductAttention();
  assertClose(
    general.score(Q, K),
    dot.score(matmul(Q, W_Q), matmul(K, W_K)),
    4 * tolerance(1),
    "scores",
  );
  assertClose(
    general.forward(Q, K, V).output,
    dot.forward(matmul(Q, W_Q), matmul(K, W_K), V).output,
    4 * tolerance(8),
  );
});

test("exchanging query and key transposes W_a and the scores", () => {
  const [Q, K, W_a] = [normal(7, 5, 1), normal(11, 3, 2), normal(5, 3, 3)];
  const there = new BilinearAttention({ W_a }).score(Q, K);
  const back = new BilinearAttention({ W_a: transpose(W_a) }).score(K, Q);
  assertClose(transpose(back), there, 2 * tolerance(1));
});

test("random: U(−0.1, 0.1), repeatable, one draw an entry", () => {
  const W_a = (seed: number) => BilinearAttention.random({ d_q: 40, d_k: 60 }, randomGenerator(seed)).W_a;
  assert.deepEqual([W_a(1).rows, W_a(1).cols], [40, 60]);
  assertSameBits(W_a(1), W_a(1));
  assert.notDeepEqual(W_a(1).data, W_a(2).data);
  const values = Array.from(W_a(1).data);
  assert.ok(
    values.every((x) => Math.abs(x) <= Math.fround(0.1)),
    "within ±0.1",
  );
  // That no draw of 2400 passes 0.0995 has probability 0.9975^2400 ≈ 0.0025 a side, and with this seed some
  // do; the mean has the standard error 0.2/√12/√2400 ≈ 0.0012, and five of them are allowed.
  assert.ok(
    Math.max(...values) > 0.0995 && Math.min(...values) < -0.0995,
    `from ${Math.min(...values)} to ${Math.max(...values)}`,
  );
  assert.ok(
    Math.abs(values.reduce((a, b) => a + b, 0) / 2400) < 5 * 0.0012,
    "the mean is 0 within five standard errors",
  );
});

test("errors say who, what and why", () => {
  const attention = new BilinearAttention({ W_a: matrix(3, 2) });
  const [Q, K, V] = [matrix(4, 3), matrix(5, 2), matrix(5, 7)];
  refuses(
    "RangeError",
    () => attention.forward(matrix(4, 2), K, V),
    "BilinearAttention.score: Q must be (any, 3); got (4, 2)",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, matrix(5, 3), V),
    "BilinearAttention.score: K must be (any, 2); got (5, 3)",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, matrix(6, 7)),
    "BilinearAttention.forward: V must be (5, any); got (6, 7)",
  );
  refuses(
    "RangeError",
    () => BilinearAttention.random({ d_q: 0, d_k: 1 }, Math.random),
    "BilinearAttention.random: d_q must be an integer ≥ 1; got 0",
  );
  refuses(
    "RangeError",
    () => BilinearAttention.random({ d_q: 1, d_k: 1.5 }, Math.random),
    "BilinearAttention.random: d_k must be an integer ≥ 1; got 1.5",
  );
  refuses(
    "TypeError",
    () => new BilinearAttention({ W_a: 3 as never }),
    "BilinearAttention: W_a must be a Matrix { rows, cols, data }; got 3",
  );
});
