import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ParameterFreeCrossAttention } from "../../lib/attention/parameter-free-attention.ts";
import { ParameterFreeSelfAttention } from "../../lib/attention/parameter-free-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose, assertRowSums, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { sinusoidalPositions } from "../../lib/layers/sinusoidal-positions.ts";

const SA = new ParameterFreeSelfAttention();
const CAT = new ParameterFreeCrossAttention();

/** SA(X) in doubles. */
function naiveSA(X: Rows): { output: Rows; weights: Rows; largestScore: number } {
  return naiveAttention(X, X, X, { scale: 1 / Math.sqrt(X.length === 0 ? 1 : X[0]!.length) });
}

test("SA(X) equals its definition", () => {
  for (const [n, d] of [
    [0, 3],
    [1, 1],
    [1, 4],
    [2, 3],
    [5, 7],
    [7, 5],
    [13, 2],
    [6, 6],
  ] as const) {
    const X = normal(n, d, 10 * n + d);
    const expected = naiveSA(rowsOf(X));
    const { output, weights } = SA.forward(X);
    assertClose(output, expected.output, tolerance(expected.largestScore), `output, n ${n}, d ${d}`);
    assertClose(
      weights,
      expected.weights,
      tolerance(expected.largestScore),
      `weights, n ${n}, d ${d}`,
    );
  }
});

test("CAT(Q, K, V) equals its definition: three self-attended matrices, V with a width of its own", () => {
  for (const [n_q, n_k, d_k, d_v] of [
    [1, 1, 1, 1],
    [1, 5, 3, 2],
    [5, 1, 2, 3],
    [2, 3, 4, 5],
    [7, 11, 5, 3],
    [4, 4, 4, 4],
    [0, 3, 2, 5],
    [3, 0, 2, 5],
  ] as const) {
    const [Q, K, V] = [normal(n_q, d_k, 1), normal(n_k, d_k, 2), normal(n_k, d_v, 3)];
    const expected = naiveAttention(
      naiveSA(rowsOf(Q)).output,
      naiveSA(rowsOf(K)).output,
      naiveSA(rowsOf(V)).output,
      { scale: 1 / Math.sqrt(d_k) },
    );
    const { output, weights } = CAT.forward(Q, K, V);
    assertClose(weights, expected.weights, 2e-6, `weights, ${[n_q, n_k, d_k, d_v]}`);
    if (n_k === 0) assertSameBits(output, matrix(n_q, d_v));
    else assertClose(output, expected.output, 2e-6, `output, ${[n_q, n_k, d_k, d_v]}`);
  }
});

test("closed form: X = I gives e^(1/√n) on the diagonal against 1 elsewhere; orthonormal rows the same " +
  "weights", () => {
  for (const n of [1, 2, 4, 7]) {
    const e = Math.exp(1 / Math.sqrt(n));
    const A = Array.from({ length: n }, (_, i) =>
      Array.from({ length: n }, (_, j) => (i === j ? e : 1) / (e + n - 1)),
    );
    assertClose(SA.forward(identity(n)).weights, A, 1e-6);
    assertClose(SA.forward(identity(n)).output, A, 1e-6); // A X = A I
  }
  const [s, t] = [Math.SQRT1_2, 0.5];
  const X = [
    [s, s, 0, 0],
    [t, -t, t, t],
    [0, 0, s, -s],
  ]; // three orthonormal rows of four
  const e = Math.exp(1 / 2);
  const A = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? e : 1) / (e + 2)));
  const { output, weights } = SA.forward(fromRows(X));
  assertClose(weights, A, 1e-6);
  assertClose(
    output,
    A.map((row) => [0, 1, 2, 3].map((c) => row.reduce((sum, a, j) => sum + a * X[j]![c]!, 0))),
    1e-6,
  );
});

test("equals multi-head attention with one head of identity matrices, to the bit; CAT equals scaled dot " +
  "product of the SAs", () => {
  const X = normal(5, 3, 1);
  const I = identity(3);
  const oneHead = new MultiHeadAttention({ heads: [{ W_Q: I, W_K: I, W_V: I }], W_O: I }).forward(X, X, X);
  assertSameBits(SA.forward(X).output, oneHead.output);
  assertSameBits(SA.forward(X).weights, oneHead.weights[0]!);
  const [Q, K, V] = [normal(2, 4, 2), normal(7, 4, 3), normal(7, 5, 4)];
  const [q, k, v] = [Q, K, V].map((M) => SA.forward(M).output);
  assertSameBits(
    CAT.forward(Q, K, V).output,
    new ScaledDotProductAttention().forward(q!, k!, v!).output,
  );
});

test("permuting the rows permutes the output: attention by itself knows no order", () => {
  const X = normal(6, 4, 1);
  const order = [5, 2, 0, 4, 1, 3];
  const rows = rowsOf(SA.forward(X).output);
  assertClose(
    SA.forward(fromRows(order.map((i) => rowsOf(X)[i]!))).output,
    order.map((i) => rows[i]!),
    1e-6,
  );
});

test("equal words cannot be told apart until positions are added", () => {
  const [dog, bites, man] = [normal(1, 8, 1), normal(1, 8, 2), normal(1, 8, 3)].map((M) => rowsOf(M)[0]!);
  const words = fromRows([man!, bites!, man!, dog!]);
  const plain = rowsOf(SA.forward(words).output);
  assert.deepEqual(plain[0], plain[2]);
  const placed = rowsOf(SA.forward(add(words, sinusoidalPositions(4, 8))).output);
  assert.ok(
    Math.max(...placed[0]!.map((x, c) => Math.abs(x - placed[2]![c]!))) > 0.1,
    "positions tell the two apart",
  );
});

test("scores are symmetric, weights are not; rows sum to 1", () => {
  const X = normal(5, 3, 1);
  const [S, A] = [rowsOf(matmulTransposed(X, X)), rowsOf(SA.forward(X).weights)];
  S.forEach((row, i) => row.forEach((s, j) => assert.equal(s, S[j]![i])));
  assert.ok(
    Math.max(...A.flatMap((row, i) => row.map((a, j) => Math.abs(a - A[j]![i]!)))) > 0.1,
    "A is not symmetric",
  );
  assertRowSums(SA.forward(X).weights);
});

test("by hand: two words of one feature", () => {
  // X = [a, 0] with a² = ln 3: S = [[ln 3, 0], [0, 0]], A = [[3/4, 1/4], [1/2, 1/2]], SA(X) = [3a/4, a/2]
  const a = Math.sqrt(Math.log(3));
  const { output, weights } = SA.forward(fromRows([[a], [0]]));
  assertClose(
    weights,
    [
      [0.75, 0.25],
      [0.5, 0.5],
    ],
    1e-6,
  );
  assertClose(output, [[(3 * a) / 4], [a / 2]], 1e-6);
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
    assert.throws(run, { name, message });
  raises(
    () => SA.forward(matrix(3, 0)),
    "RangeError",
    "ParameterFreeSelfAttention.forward: X.cols must be an integer ≥ 1; got 0",
  );
  raises(
    () => SA.forward(3 as never),
    "TypeError",
    "ParameterFreeSelfAttention.forward: X must be a Matrix { rows, cols, data }; got 3",
  );
  raises(
    () => CAT.forward(matrix(2, 3), matrix(4, 2), matrix(4, 5)),
    "RangeError",
    "ParameterFreeCrossAttention.forward: K must be (any, 3); got (4, 2)",
  );
  raises(
    () => CAT.forward(matrix(2, 3), matrix(4, 3), matrix(3, 5)),
    "RangeError",
    "ParameterFreeCrossAttention.forward: V must be (4, any); got (3, 5)",
  );
  raises(
    () => CAT.forward(matrix(2, 0), matrix(4, 0), matrix(4, 5)),
    "RangeError",
    "ParameterFreeCrossAttention.forward: Q.cols must be an integer ≥ 1; got 0",
  );
  raises(
    () => CAT.forward(matrix(2, 3), matrix(4, 3), matrix(4, 0)),
    "RangeError",
    "ParameterFreeCrossAttention.forward: V.cols must be an integer ≥ 1; got 0",
  );
});
