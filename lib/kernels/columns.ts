import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Matrices side by side (列方向の連結).
 *
 *     C = [P_1 ‖ P_2 ‖ … ‖ P_h]
 *
 *     P_s (n, m_s), h of them   →   C (n, m),  m = m_1 + … + m_h
 *
 * The numbers are copied.
 * Errors: TypeError unless `parts` is an array, RangeError if it is empty or the parts differ in rows.
 */
export function concatColumns(parts: readonly Matrix[]): Matrix {
  if (!Array.isArray(parts)) {
    throw new TypeError(`concatColumns: parts must be an array of matrices; got ${typeof parts}`);
  }
  if (parts.length === 0) {
    throw new RangeError("concatColumns: parts must hold at least 1 matrix; got 0");
  }
  parts.forEach((P: Matrix, s: number) =>
    checkMatrix("concatColumns", `parts[${s}]`, P, s === 0 ? {} : { rows: parts[0]!.rows }),
  );
  const rows = parts[0]!.rows;
  const cols = parts.reduce((sum: number, P: Matrix) => sum + P.cols, 0);
  const out = new Float32Array(rows * cols);
  let left = 0;
  for (const P of parts) {
    for (let i = 0; i < rows; i++) {
      out.set(P.data.subarray(i * P.cols, (i + 1) * P.cols), i * cols + left);
    }
    left += P.cols;
  }
  return { rows, cols, data: out };
}

/**
 * Columns `start` … `end` − 1 of a matrix (列の切り出し), copied.
 *
 *     C[i,c] = A[i, start + c]
 *
 *     A (n, m)   →   C (n, end − start)
 *
 * Errors: RangeError unless 0 ≤ start ≤ end ≤ m, in integers.
 */
export function sliceColumns(A: Matrix, start: number, end: number): Matrix {
  checkMatrix("sliceColumns", "A", A);
  checkInteger("sliceColumns", "end", end, 0, A.cols);
  checkInteger("sliceColumns", "start", start, 0, end);
  const cols = end - start;
  const out = new Float32Array(A.rows * cols);
  for (let i = 0; i < A.rows; i++) {
    out.set(A.data.subarray(i * A.cols + start, i * A.cols + end), i * cols);
  }
  return { rows: A.rows, cols, data: out };
}
