import assert from "node:assert/strict";
import test from "node:test";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { additive } from "../support/score-functions.ts";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { refuses, specifyMechanism } from "../support/mechanism.ts";
import { scale } from "../../lib/kernels/entrywise.ts";

specifyMechanism([
  additive(1, 4, 3),
  additive(4, 1, 2),
  additive(5, 3, 7),
  additive(3, 5, 1),
  additive(4, 4, 4),
]);

test("by hand: one unit, tanh of q + k", () => {
  // W_a = U_a = (1), v_a = (ln 9); tanh(½ ln 3) = (3 − 1)/(3 + 1) = ½ and tanh(0) = 0.
  // With q = 0 and keys ½ ln 3 and 0 the scores are ½ ln 9 = ln 3 and 0, the weights ¾ and ¼, and
  // the values 4 and 8 mix to 3 + 2 = 5.
  // With q = ½ ln 3 the scores are ln 9·tanh(ln 3) = 0.8 ln 9 and ½ ln 9, so their difference is 0.3 ln 9 and
  // the first weight 1/(1 + 9^−0.3) = 0.6591: 4·0.6591 + 8·0.3409 = 5.3637.
  const one = fromRows([[1]]);
  const attention = new AdditiveAttention({ W_a: one, U_a: one, v_a: fromRows([[Math.log(9)]]) });
  const half = 0.5 * Math.log(3);
  const { output, weights } = attention.forward(
    fromRows([[0], [half]]),
    fromRows([[half], [0]]),
    fromRows([[4], [8]]),
  );
  assertClose(
    weights,
    [
      [0.75, 0.25],
      [0.6591, 0.3409],
    ],
    5e-5,
  );
  assertClose(output, [[5], [5.3637]], 5e-5);
});

test("the split form equals the document's FFN of concat(query, key) with W_a over U_a", () => {
  for (const [d_q, d_k, units] of [
    [1, 1, 1],
    [5, 3, 7],
    [3, 5, 2],
    [8, 13, 11],
  ] as const) {
    const [W_a, U_a, v_a] = [normal(d_q, units, 1), normal(d_k, units, 2), normal(units, 1, 3)];
    const [Q, K, V] = [normal(7, d_q, 4), normal(11, d_k, 5), normal(11, 4, 6)];
    const allow = (i: number, j: number): boolean => (i + j) % 4 !== 0;
    const split = new AdditiveAttention({ W_a, U_a, v_a });
    const ffn = new ConcatAttention({ W_a: concatRows([W_a, U_a]), v_a });
    // P, R and their sum are rounded once each, where the concat form rounds one sum
    const limit = 4 * tolerance(1);
    assertClose(split.score(Q, K), ffn.score(Q, K), limit, "scores");
    assertClose(
      split.forward(Q, K, V, { allow }).output,
      ffn.forward(Q, K, V, { allow }).output,
      limit,
      "output",
    );
  }
});

test("random starts exactly uniform: v_a = 0, whatever the vectors are (Bahdanau, App. B.1)", () => {
  const attention = AdditiveAttention.random({ d_q: 5, d_k: 3, units: 7 }, randomGenerator(1));
  for (const n_k of [1, 2, 3, 7, 37]) {
    const { weights } = attention.forward(normal(4, 5, 2), normal(n_k, 3, 3), normal(n_k, 2, 4));
    assertSameBits(
      weights,
      fromFunction(4, n_k, () => 1 / n_k),
    );
  }
  const { weights, output } = attention.forward(
    normal(1, 5, 2),
    normal(4, 3, 3),
    fromRows([[1], [3], [100], [8]]),
    { allow: (_, j) => j !== 2 },
  );
  assertSameBits(weights, fromRows([[1 / 3, 1 / 3, 0, 1 / 3]]));
  assertClose(output, [[4]], 1e-6); // (1 + 3 + 8) / 3
});

test("random: weights from N(0, 0.001²), repeatable", () => {
  const { W_a, U_a, v_a } = AdditiveAttention.random({ d_q: 30, d_k: 50, units: 40 }, randomGenerator(1));
  assert.deepEqual(
    [W_a.rows, W_a.cols, U_a.rows, U_a.cols, v_a.rows, v_a.cols],
    [30, 40, 50, 40, 40, 1],
  );
  assertSameBits(
    W_a,
    AdditiveAttention.random({ d_q: 30, d_k: 50, units: 40 }, randomGenerator(1)).W_a,
  );
  const values = [...W_a.data, ...U_a.data];
  assert.equal(new Set(values).size > 3100, true, "W_a and U_a are independent draws");
  // For n = 3200 draws the mean has standard error σ/√n and the variance σ²√(2/n): five of them each.
  const mean = values.reduce((a, b) => a + b, 0) / 3200;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 3200;
  assert.ok(Math.abs(mean) < (5 * 0.001) / Math.sqrt(3200), `mean ${mean}`);
  assert.ok(Math.abs(variance / 1e-6 - 1) < 5 * Math.sqrt(2 / 3200), `variance ${variance}`);
});

test("no dot product gives these scores: the opposites of query and key have the opposite score", () => {
  // f(−q, −k) = −f(q, k), as tanh is odd, while (−q)·(−k) = q·k.
  const attention = additive(5, 3, 7).attention;
  const [Q, K] = [normal(2, 5, 1), normal(3, 3, 2)];
  assertSameBits(scale(attention.score(scale(Q, -1), scale(K, -1)), -1), attention.score(Q, K));
});

test("a large layer saturates but stays finite", () => {
  const [Q, K, V] = [normal(3, 2, 1), normal(5, 2, 2), normal(5, 2, 3)];
  const huge = fromFunction(2, 2, (i, j) => (i === j ? 1e30 : 0));
  const v_a = fromRows([[1], [2]]);
  const { output } = new AdditiveAttention({ W_a: huge, U_a: huge, v_a }).forward(Q, K, V);
  const score = (q: number[], k: number[]): number => Math.sign(q[0]! + k[0]!) + 2 * Math.sign(q[1]! + k[1]!);
  assertClose(
    output,
    naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), { score }).output,
    tolerance(3),
  );
});

test("errors say who, what and why", () => {
  const attention = new AdditiveAttention({ W_a: matrix(3, 6), U_a: matrix(2, 6), v_a: matrix(6, 1) });
  const [Q, K, V] = [matrix(4, 3), matrix(5, 2), matrix(5, 7)];
  refuses(
    "RangeError",
    () => attention.forward(K, K, V),
    "AdditiveAttention.score: Q must be (any, 3); got (5, 2)",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, Q, V),
    "AdditiveAttention.score: K must be (any, 2); got (4, 3)",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, matrix(4, 7)),
    "AdditiveAttention.forward: V must be (5, any); got (4, 7)",
  );
  refuses(
    "RangeError",
    () => new AdditiveAttention({ W_a: matrix(3, 6), U_a: matrix(2, 5), v_a: matrix(6, 1) }),
    "AdditiveAttention: U_a must be (any, 6); got (2, 5)",
  );
  refuses(
    "RangeError",
    () => new AdditiveAttention({ W_a: matrix(3, 6), U_a: matrix(2, 6), v_a: matrix(1, 6) }),
    "AdditiveAttention: v_a must be (6, 1); got (1, 6)",
  );
  refuses(
    "RangeError",
    () => AdditiveAttention.random({ d_q: 1, d_k: 1, units: -1 }, Math.random),
    "AdditiveAttention.random: units must be an integer ≥ 1; got -1",
  );
  refuses(
    "TypeError",
    () => attention.forward(Q, "K" as never, V),
    'AdditiveAttention.score: K must be a Matrix { rows, cols, data }; got "K"',
  );
});
