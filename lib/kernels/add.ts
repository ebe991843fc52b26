import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Sum of two matrices (行列の和): C[i,j] = A[i,j] + B[i,j], or for one row b, the bias of a linear map, C[i,j] = A[i,j] + b[0,j].
 * A (n, m), B (n, m) or (1, m) → C (n, m), rounded once. Errors: RangeError unless B has A's columns, and A's rows or one.
 */
export function add(A: Matrix, B: Matrix): Matrix {
  checkMatrix("add", "A", A);
  checkMatrix("add", "B", B);
  checkMatrix("add", "B", B, { rows: B.rows === 1 ? 1 : A.rows, cols: A.cols });
  const a = A.data, b = B.data;
  const out = new Float32Array(a.length);
  for (let start = 0; start < a.length; start += b.length) { // once for a full B, once a row for a bias
    for (let e = 0; e < b.length; e++) out[start + e] = a[start + e]! + b[e]!;
  }
  return { rows: A.rows, cols: A.cols, data: out };
}
