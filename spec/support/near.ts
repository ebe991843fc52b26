import assert from "node:assert/strict";
import type { Matrix } from "../../lib/matrix.ts";

/**
 * What stands in for "to the bit" where kernels sum in float32: within 1e-6 of the largest number.
 * The two have the names of their models in values.ts, whose place they take in `npm test -- --simd`.
 */
const LIMIT = 1e-6;

/** The same shape, and every entry within 1e-6 of the largest one (at least 1). NaN equals NaN, ∞ equals ∞. */
export function assertSameBits(actual: Matrix, expected: Matrix, message: string = "matrix"): void {
  assert.deepEqual([actual.rows, actual.cols], [expected.rows, expected.cols], `${message}: shape`);
  assertNear(actual.data, expected.data, message);
}

/** Rows `which` of a matrix hold the same numbers as in another, within 1e-6 of its largest one (at least 1). */
export function assertSameRows(
  actual: Matrix,
  expected: Matrix,
  which: readonly number[],
  message: string = "matrix",
): void {
  const row = (M: Matrix, i: number): Float32Array => M.data.subarray(i * M.cols, (i + 1) * M.cols);
  for (const i of which) assertNear(row(actual, i), row(expected, i), `${message}: row ${i}`, largest(expected.data));
}

/** Every number within `limit` times `scale` of its model. NaN equals NaN, ∞ equals ∞. */
export function assertNear(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  message: string,
  scale: number = largest(expected),
  limit: number = LIMIT,
): void {
  assert.equal(actual.length, expected.length, `${message}: length`);
  for (let e = 0; e < expected.length; e++) {
    const [got, wanted] = [actual[e]!, expected[e]!];
    if (Object.is(got, wanted) || got === wanted || Math.abs(got - wanted) <= limit * scale) continue;
    assert.fail(`${message}: entry ${e}: got ${got}, expected ${wanted} ± ${limit * scale}`);
  }
}

/** The largest finite number, at least 1. */
export function largest(numbers: ArrayLike<number>): number {
  return Array.from(numbers).reduce((max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max), 1);
}
