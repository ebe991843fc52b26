import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { dot, naiveMatmul, naiveSoftmax, naiveTranspose } from "../oracle/naive.ts";
import { fromFunction, fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { refuses } from "../support/mechanism.ts";
import { scale } from "../../lib/kernels/entrywise.ts";

/**
 * A = softmax(W_s2ᵀ tanh(W_s1ᵀ Hᵀ)), M = A H, P = ‖A Aᵀ − I‖²_F: the paper's order of the products, with its
 * W as our transposes.
 */
function naive(
  H: Rows,
  W_s1: Rows,
  W_s2: Rows,
  allow: (i: number, j: number) => boolean,
): { M: Rows; A: Rows; P: number } {
  const units = naiveMatmul(naiveTranspose(W_s1), naiveTranspose(H)).map((row) => row.map(Math.tanh));
  const A = naiveMatmul(naiveTranspose(W_s2), units).map((row, i) =>
    naiveSoftmax(row.map((s, j) => (allow(i, j) ? s : -Infinity))),
  );
  const M = A.map((row) => H[0]!.map((_, c) => row.reduce((sum, a, j) => sum + a * H[j]![c]!, 0)));
  let P = 0;
  A.forEach((a, i) => A.forEach((b, k) => (P += (dot(a, b) - (i === k ? 1 : 0)) ** 2)));
  return { M, A, P };
}

test("equals the definition over the grid, with and without allow", () => {
  for (const [n, d, d_a, r] of [
    [1, 1, 1, 1],
    [1, 4, 3, 2],
    [7, 4, 3, 2],
    [5, 3, 7, 11],
    [13, 8, 5, 3],
    [2, 1, 2, 5],
  ] as const) {
    const [H, W_s1, W_s2] = [normal(n, d, 1), normal(d, d_a, 2), normal(d_a, r, 3)];
    for (const allow of [undefined, (i: number, j: number) => j >= i, () => false]) {
      const { output, weights, penalty } = new StructuredSelfAttention({ W_s1, W_s2 }).forward(H, { allow });
      const { M, A, P } = naive(rowsOf(H), rowsOf(W_s1), rowsOf(W_s2), allow ?? (() => true));
      assertClose(output, M, tolerance(8), `n = ${n}: M`);
      assertClose(weights, A, tolerance(8), `n = ${n}: A`);
      assert.ok(Math.abs(penalty - P) <= 1e-6 * r * r, `penalty ${penalty}, expected ${P}`);
      assertRowSums(
        weights,
        A.flatMap((row, i) => (row.some((a) => a > 0) ? [] : [i])),
      );
    }
  }
});

test("any length gives the same shape; no positions at all give zeros and a penalty of r", () => {
  const attention = StructuredSelfAttention.random({ d_hidden: 4, d_a: 3, r: 2 }, randomGenerator(1));
  for (const n of [1, 2, 37]) {
    const { output, weights } = attention.forward(normal(n, 4, 2));
    assert.deepEqual([output.rows, output.cols, weights.rows, weights.cols], [2, 4, 2, n]);
  }
  const { output, weights, penalty } = attention.forward(matrix(0, 4));
  assertSameBits(output, matrix(2, 4));
  assertSameBits(weights, matrix(2, 0));
  assert.equal(penalty, 2); // ‖0 − I‖²
});

test("distinct one-hot rows: they pick positions, and the penalty is exactly 0", () => {
  // H = I and W_s1 = 20·I make tanh(H W_s1) = I (tanh 20 rounds to 1); W_s2 lifts position 3 by 200 in row 0
  // and position 1 in row 1.
  const W_s2 = fromFunction(4, 2, (j, i) => ((i === 0 && j === 3) || (i === 1 && j === 1) ? 200 : 0));
  const { output, weights, penalty } = new StructuredSelfAttention({
    W_s1: scale(identity(4), 20),
    W_s2,
  }).forward(identity(4));
  assertSameBits(
    weights,
    fromRows([
      [0, 0, 0, 1],
      [0, 1, 0, 0],
    ]),
  );
  assertSameBits(output, weights);
  assert.equal(penalty, 0);
});

test("the penalty by hand: rows alike, and rows that spread", () => {
  // Three rows that all pick position 0: A Aᵀ is all ones, so 3² − 3 = 6 entries are 1 too large.
  const alike = new StructuredSelfAttention({
    W_s1: scale(identity(2), 20),
    W_s2: fromFunction(2, 3, (j) => (j === 0 ? 200 : 0)),
  });
  assert.equal(alike.forward(identity(2)).penalty, 6);
  // W_s2 = 0: two uniform rows over four positions. A Aᵀ is ¼ everywhere:
  // 2·(¼ − 1)² + 2·(¼)² = 1.125 + 0.125 = 1.25.
  const spread = new StructuredSelfAttention({ W_s1: identity(4), W_s2: matrix(4, 2) });
  const { output, penalty } = spread.forward(
    fromRows([
      [1, 0, 0, 0],
      [0, 2, 0, 0],
      [0, 0, 4, 0],
      [0, 0, 0, 8],
    ]),
  );
  assert.equal(penalty, 1.25);
  assertSameBits(
    output,
    fromRows([
      [0.25, 0.5, 1, 2],
      [0.25, 0.5, 1, 2],
    ]),
  );
});

test("is blind to what it may not see; one row does not know the others", () => {
  const [H, W_s1, W_s2] = [normal(7, 4, 1), normal(4, 3, 2), normal(3, 5, 3)];
  const attention = new StructuredSelfAttention({ W_s1, W_s2 });
  const allow = (i: number, j: number): boolean => j !== 6 && (i !== 2 || j < 3);
  const clean = attention.forward(H, { allow });
  assertSameBits(attention.forward(poison(H, 6, NaN), { allow }).output, clean.output);
  assertSameRows(attention.forward(poison(H, 4, NaN), { allow }).output, clean.output, [2]);
  const column = fromFunction(3, 5, (u, i) => (i === 1 ? NaN : rowsOf(W_s2)[u]![i]!));
  assertSameRows(
    new StructuredSelfAttention({ W_s1, W_s2: column }).forward(H, { allow }).output,
    clean.output,
    [0, 2, 3, 4],
  );
});

test("the order of the positions does not matter: M stays, the weights move along", () => {
  const order = [4, 2, 0, 6, 1, 5, 3];
  const H = normal(7, 4, 1);
  const attention = new StructuredSelfAttention({ W_s1: normal(4, 3, 2), W_s2: normal(3, 5, 3) });
  const [straight, turned] = [
    attention.forward(H),
    attention.forward(fromRows(order.map((j) => rowsOf(H)[j]!))),
  ];
  assertClose(turned.output, straight.output, tolerance());
  assertClose(
    turned.weights,
    rowsOf(straight.weights).map((row) => order.map((j) => row[j]!)),
    tolerance(),
  );
});

test("random: the shapes, repeatable", () => {
  const make = (seed: number): StructuredSelfAttention =>
    StructuredSelfAttention.random({ d_hidden: 6, d_a: 5, r: 3 }, randomGenerator(seed));
  const { W_s1, W_s2 } = make(1);
  assert.deepEqual([W_s1.rows, W_s1.cols, W_s2.rows, W_s2.cols], [6, 5, 5, 3]);
  assertSameBits(make(1).W_s2, W_s2);
  assert.notDeepEqual(make(2).W_s1.data, W_s1.data);
});

test("errors say who, what and why", () => {
  const attention = new StructuredSelfAttention({ W_s1: matrix(4, 3), W_s2: matrix(3, 2) });
  refuses(
    "RangeError",
    () => attention.forward(matrix(7, 3)),
    "StructuredSelfAttention.forward: H must be (any, 4); got (7, 3)",
  );
  refuses(
    "RangeError",
    () => attention.forward(matrix(7, 4), { bias: matrix(7, 2) }),
    "maskScores: bias must be (2, 7); got (7, 2)",
  );
  refuses(
    "RangeError",
    () => new StructuredSelfAttention({ W_s1: matrix(4, 3), W_s2: matrix(2, 3) }),
    "StructuredSelfAttention: W_s2 must be (3, any); got (2, 3)",
  );
  const noUnits = { d_hidden: 4, d_a: 0, r: 1 };
  refuses(
    "RangeError",
    () => StructuredSelfAttention.random(noUnits, Math.random),
    "StructuredSelfAttention.random: d_a must be an integer ≥ 1; got 0",
  );
  refuses(
    "TypeError",
    () => attention.forward([] as never),
    /^StructuredSelfAttention.forward: H must be a Matrix/,
  );
});

test("the smallest has one hidden feature, one unit and one row of attention", () => {
  const smallest = StructuredSelfAttention.random({ d_hidden: 1, d_a: 1, r: 1 }, randomGenerator(2));
  const { weights, penalty } = smallest.forward(matrix(1, 1, [2]));
  assert.deepEqual([weights.rows, weights.cols, weights.data[0], penalty], [1, 1, 1, 0]);
});
