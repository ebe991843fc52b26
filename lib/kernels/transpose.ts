import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/** Rows become columns (転置): C[j,i] = A[i,j], A (n, m) → C (m, n). */
export function transpose(A: Matrix): Matrix {
  checkMatrix("transpose", "A", A);
  const out = new Float32Array(A.data.length);
  for (let i = 0, e = 0; i < A.rows; i++) {
    for (let j = 0; j < A.cols; j++, e++) out[j * A.rows + i] = A.data[e]!;
  }
  return { rows: A.cols, cols: A.rows, data: out };
}
