import assert from "node:assert/strict";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { fromFunction, gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";

/** A matrix as plain rows, for the oracle. */
export function rowsOf(M: Matrix): Rows {
  return Array.from({ length: M.rows }, (_, i) => Array.from(M.data.subarray(i * M.cols, (i + 1) * M.cols)));
}

/** Standard normal entries; the same seed gives the same matrix. */
export function normal(rows: number, cols: number, seed: number): Matrix {
  return fromFunction(rows, cols, gaussian(randomGenerator(seed)));
}

/** A copy, so that a spec may poison it. */
export function copyOf(M: Matrix): Matrix {
  return matrix(M.rows, M.cols, M.data.slice());
}

/** One row filled with a value, in a copy: `poison(V, 3, NaN)`. */
export function poison(M: Matrix, row: number, value: number): Matrix {
  const P = copyOf(M);
  P.data.fill(value, row * M.cols, (row + 1) * M.cols);
  return P;
}

export function at(M: Matrix, i: number, j: number): number {
  return M.data[i * M.cols + j]!;
}

/**
 * The house tolerance: 1e-6 + 2⁻²⁴ · max|S|, relative to the largest output (at least 1). One float32
 * rounding of a score moves its weight that much; `largestScore` is the oracle's.
 */
export function tolerance(largestScore: number = 0): number {
  return 1e-6 + largestScore * 2 ** -24;
}

/**
 * Every entry within `limit` of the expectation, relative to its largest (at least 1). NaN equals NaN, ∞
 * equals ∞. Returns the largest deviation.
 */
export function assertClose(
  actual: Matrix,
  expected: Rows | Matrix,
  limit: number,
  message: string = "matrix",
): number {
  const rows = Array.isArray(expected) ? expected : rowsOf(expected);
  const cols = Array.isArray(expected) ? (rows[0]?.length ?? actual.cols) : expected.cols;
  assert.deepEqual([actual.rows, actual.cols], [rows.length, cols], `${message}: shape`);
  assert.equal(actual.data.length, rows.length * cols, `${message}: data length`);
  const largest = rows.flat().reduce((max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max), 1);
  let worst = 0;
  rows.forEach((row, i) =>
    row.forEach((x, j) => {
      const got = at(actual, i, j);
      if (Object.is(got, x) || got === x) return;
      const deviation = Math.abs(got - x) / largest;
      assert.ok(
        deviation <= limit,
        `${message}[${i}, ${j}]: got ${got}, expected ${x} ± ${limit * largest}`,
      );
      worst = Math.max(worst, deviation);
    }),
  );
  return worst;
}

/**
 * Equal to the last bit: the same shape and the same float32 words, so −0 is not 0 and a NaN equals itself.
 */
export function assertSameBits(actual: Matrix, expected: Matrix, message: string = "matrix"): void {
  assert.deepEqual([actual.rows, actual.cols], [expected.rows, expected.cols], `${message}: shape`);
  actual.data.forEach((x, e) =>
    assert.ok(
      Object.is(x, expected.data[e]),
      `${message}: entry ${e}: got ${x}, expected ${expected.data[e]}`,
    ),
  );
}

/** Rows `which` of a matrix hold the same bits as in another. */
export function assertSameRows(
  actual: Matrix,
  expected: Matrix,
  which: readonly number[],
  message: string = "matrix",
): void {
  for (const i of which) {
    for (let c = 0; c < expected.cols; c++) {
      assert.ok(
        Object.is(at(actual, i, c), at(expected, i, c)),
        `${message}: row ${i} changed at column ${c}: ${at(actual, i, c)} from ${at(expected, i, c)}`,
      );
    }
  }
}

/** Every row sums to 1, or to 0 for the rows named. */
export function assertRowSums(A: Matrix, zeroRows: readonly number[] = []): void {
  rowsOf(A).forEach((row, i) => {
    const sum = row.reduce((a, b) => a + b, 0);
    const expected = zeroRows.includes(i) ? 0 : 1;
    assert.ok(Math.abs(sum - expected) <= 1e-6, `row ${i} sums to ${sum}, expected ${expected}`);
  });
}
