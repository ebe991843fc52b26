import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertRowSums, assertSameBits, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";

/** The threshold by bisection: Σ max(0, s − τ) falls from above 1 to 0 between max − 1 and max. */
function bisected(row: number[]): number[] {
  let low = Math.max(...row) - 1;
  let high = Math.max(...row);
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2;
    if (row.reduce((sum, s) => sum + Math.max(0, s - middle), 0) > 1) low = middle;
    else high = middle;
  }
  return row.map((s) => Math.max(0, s - high));
}

test("equals the threshold found by bisection", () => {
  for (const [n, m] of [
    [1, 1],
    [5, 2],
    [7, 11],
    [3, 40],
  ] as const) {
    for (const spread of [0.1, 1, 10]) {
      const S = matrix(
        n,
        m,
        normal(n, m, m).data.map((x) => spread * x),
      );
      const A = sparsemaxRows(S);
      assertClose(A, rowsOf(S).map(bisected), 1e-6, `${n} × ${m}, spread ${spread}`);
      assertRowSums(A);
    }
  }
});

test("by hand", () => {
  // [1, 0.8, 0.1]: with two keys τ = (1.8 − 1)/2 = 0.4, and 0.1 < 0.4; so 0.6, 0.4 and exactly 0.
  assertClose(sparsemaxRows(fromRows([[1, 0.8, 0.1]])), [[0.6, 0.4, 0]], 1e-7);
  assert.equal(sparsemaxRows(fromRows([[1, 0.8, 0.1]])).data[2], 0);
  assertSameBits(
    sparsemaxRows(
      fromRows([
        [3, 2, 1],
        [0, 0, 0.5],
        [2, 2, -9],
      ]),
    ),
    fromRows([
      [1, 0, 0],
      [0.16666667, 0.16666667, 0.6666667],
      [0.5, 0.5, 0],
    ]),
  );
});

test("adding a number to a row changes nothing, however large", () => {
  assertSameBits(sparsemaxRows(fromRows([[1e30, 1e30, 0]])), fromRows([[0.5, 0.5, 0]]));
  assertSameBits(sparsemaxRows(fromRows([[1024.5, 1024]])), sparsemaxRows(fromRows([[0.5, 0]])));
});

test("nothing allowed gives zeros; a NaN or +∞ makes its own row NaN", () => {
  const I = Infinity;
  const S = fromRows([
    [-I, -I],
    [-I, 3],
    [NaN, 3],
    [NaN, -I],
    [I, 3],
    [0, 0],
  ]);
  assertSameBits(
    sparsemaxRows(S),
    fromRows([
      [0, 0],
      [0, 1],
      [NaN, NaN],
      [NaN, NaN],
      [NaN, NaN],
      [0.5, 0.5],
    ]),
  );
  assertSameBits(sparsemaxRows(matrix(2, 0)), matrix(2, 0));
});

test("the input is not sorted in place", () => {
  const S = fromRows([[3, 1, 2]]);
  sparsemaxRows(S);
  assertSameBits(S, fromRows([[3, 1, 2]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => sparsemaxRows({ rows: 1, cols: 2, data: new Float32Array(3) }), {
    name: "RangeError",
    message: "sparsemaxRows: S.data must hold rows × cols = 1 × 2 = 2 numbers; got 3",
  });
});
