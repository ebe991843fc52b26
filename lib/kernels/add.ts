import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Sum of two matrices (行列の和).
 *
 *   C[i,j] = A[i,j] + B[i,j]   or, for one row b,   C[i,j] = A[i,j] + b[0,j]
 *
 *   A (n, m)   B (n, m) or (1, m)   →   C (n, m), rounded once to float32
 *
 * A single row is added to every row: the bias of a linear map.
 * Errors: RangeError unless B has A's columns, and A's rows or one.
 */
export function add(A: Matrix, B: Matrix): Matrix {
  checkMatrix("add", "A", A);
  checkMatrix("add", "B", B, { cols: A.cols, rows: B.rows === 1 ? 1 : A.rows });
  const out = new Float32Array(A.data.length);
  const size = B.data.length; // B repeats from its start after its last row: at once for a full B, at each row for a bias
  for (let e = 0; e < out.length; e++) out[e] = A.data[e]! + B.data[e % size]!;
  return { rows: A.rows, cols: A.cols, data: out };
}
