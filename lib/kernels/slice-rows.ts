import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Rows `start` … `end` − 1 of a matrix (行の切り出し): a view of the same numbers, not a copy.
 *
 *   C[i,c] = A[start + i, c]
 *
 *   A (n, m)   →   C (end − start, m)
 *
 * Errors: RangeError unless 0 ≤ start ≤ end ≤ n, in integers.
 */
export function sliceRows(A: Matrix, start: number, end: number): Matrix {
  checkMatrix("sliceRows", "A", A);
  checkInteger("sliceRows", "end", end, 0, A.rows);
  checkInteger("sliceRows", "start", start, 0, end);
  return { rows: end - start, cols: A.cols, data: A.data.subarray(start * A.cols, end * A.cols) };
}
