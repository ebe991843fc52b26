import assert from "node:assert/strict";
import test from "node:test";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { assertClose, assertSameBits, normal, tolerance } from "../support/values.ts";
import { concat } from "../support/score-functions.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { refuses, specifyMechanism } from "../support/mechanism.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

specifyMechanism([
  concat(1, 4, 3, false),
  concat(4, 1, 2, true),
  concat(5, 3, 7, false),
  concat(3, 5, 1, true),
  concat(4, 4, 8, true),
]);

test("by hand: the query's rows of W_a come first", () => {
  // d_q = 2, d_k = 1, one unit: [q ‖ k] W_a = 0·q_0 + 0·q_1 + k. With k = ½ ln 3 tanh is ½, with k = 0 it is
  // 0, and v_a = (ln 9) makes the scores ln 3 and 0: weights ¾ and ¼. Were the key's rows first, the scores
  // would be those of q_1 = 7 for both keys: ½ and ½.
  const attention = new ConcatAttention({ W_a: fromRows([[0], [0], [1]]), v_a: fromRows([[Math.log(9)]]) });
  const { weights, output } = attention.forward(
    fromRows([[-5, 7]]),
    fromRows([[0.5 * Math.log(3)], [0]]),
    fromRows([[4], [8]]),
  );
  assertClose(weights, [[0.75, 0.25]], 1e-7);
  assertClose(output, [[5]], 1e-7);
});

test("b_a of zeros changes nothing; b_a moves every pair alike before tanh", () => {
  const [W_a, v_a, Q, K] = [normal(8, 3, 1), normal(3, 1, 2), normal(4, 5, 3), normal(6, 3, 4)];
  const plain = new ConcatAttention({ W_a, v_a });
  assertSameBits(new ConcatAttention({ W_a, v_a, b_a: matrix(1, 3) }).score(Q, K), plain.score(Q, K));
  // One more query feature that is always 1, with b_a as its row of W_a: a bias is nothing else.
  const b_a = normal(1, 3, 5);
  const folded = new ConcatAttention({ W_a: concatRows([b_a, W_a]), v_a });
  const Q_1 = concatColumns([fromFunction(4, 1, () => 1), Q]);
  assertClose(
    new ConcatAttention({ W_a, v_a, b_a }).score(Q, K),
    folded.score(Q_1, K),
    2 * tolerance(1),
  );
});

test("exchanging query and key with the halves of W_a transposes the scores", () => {
  const [W_a, v_a, Q, K] = [normal(8, 7, 1), normal(7, 1, 2), normal(4, 5, 3), normal(6, 3, 4)];
  const S = new ConcatAttention({ W_a, v_a }).score(Q, K);
  const turned = new ConcatAttention({
    W_a: concatRows([sliceRows(W_a, 5, 8), sliceRows(W_a, 0, 5)]),
    v_a,
  }).score(K, Q);
  assertClose(S, transpose(turned), 2 * tolerance(1));
});

test("random: U(−0.1, 0.1) for W_a and v_a, no bias, repeatable", () => {
  const { W_a, v_a, b_a } = ConcatAttention.random({ d_q: 30, d_k: 20, units: 40 }, randomGenerator(1));
  assert.deepEqual([W_a.rows, W_a.cols, v_a.rows, v_a.cols, b_a], [50, 40, 40, 1, undefined]);
  const again = ConcatAttention.random({ d_q: 30, d_k: 20, units: 40 }, randomGenerator(1));
  assertSameBits(W_a, again.W_a);
  assertSameBits(v_a, again.v_a);
  const values = [...W_a.data, ...v_a.data];
  assert.ok(
    values.every((x) => Math.abs(x) <= Math.fround(0.1)),
    "within ±0.1",
  );
  // P(no draw above 0.0995 among 2000) = 0.9975^2000 ≈ 0.0067 a side, with this seed there is one; v_a is not
  // all 0.
  assert.ok(
    Math.max(...values) > 0.0995 && Math.min(...values) < -0.0995 && v_a.data.every((x) => x !== 0),
    "near both ends, v_a nowhere 0",
  );
});

test("errors say who, what and why", () => {
  const attention = new ConcatAttention({ W_a: matrix(5, 6), v_a: matrix(6, 1) });
  const [Q, K, V] = [matrix(4, 3), matrix(9, 2), matrix(9, 7)];
  refuses(
    "RangeError",
    () => attention.forward(Q, Q, V),
    "ConcatAttention.score: Q and K must have W_a.rows = 5 columns together; got 3 + 3",
  );
  refuses(
    "RangeError",
    () => attention.forward(matrix(4, 8), K, V),
    "ConcatAttention.score: Q and K must have W_a.rows = 5 columns together; got 8 + 2",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, matrix(8, 7)),
    "ConcatAttention.forward: V must be (9, any); got (8, 7)",
  );
  refuses(
    "RangeError",
    () => new ConcatAttention({ W_a: matrix(5, 6), v_a: matrix(5, 1) }),
    "ConcatAttention: v_a must be (6, 1); got (5, 1)",
  );
  refuses(
    "RangeError",
    () => new ConcatAttention({ W_a: matrix(5, 6), v_a: matrix(6, 1), b_a: matrix(6, 1) }),
    "ConcatAttention: b_a must be (1, 6); got (6, 1)",
  );
  refuses(
    "RangeError",
    () => ConcatAttention.random({ d_q: NaN, d_k: 1, units: 1 }, Math.random),
    "ConcatAttention.random: d_q must be an integer ≥ 1; got NaN",
  );
  refuses(
    "TypeError",
    () => attention.forward({ rows: 4, cols: 3, data: [] } as never, K, V),
    "ConcatAttention.score: Q.data must be a Float32Array; got Array",
  );
});
