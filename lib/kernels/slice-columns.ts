import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Columns `start` … `end` − 1 of a matrix (列の切り出し), copied: C[i,c] = A[i, start + c],  A (n, m) → C (n, end − start).
 * Errors: RangeError unless 0 ≤ start ≤ end ≤ m, in integers.
 */
export function sliceColumns(A: Matrix, start: number, end: number): Matrix {
  checkMatrix("sliceColumns", "A", A);
  checkInteger("sliceColumns", "end", end, 0, A.cols);
  checkInteger("sliceColumns", "start", start, 0, end);
  const cols = end - start, out = new Float32Array(A.rows * cols);
  for (let i = 0; i < A.rows; i++) out.set(A.data.subarray(i * A.cols + start, i * A.cols + end), i * cols);
  return { rows: A.rows, cols, data: out };
}
