import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Entry-wise product (アダマール積): C[i,j] = A[i,j] · B[i,j], A and B (n, m) → C (n, m), rounded once to float32.
 *
 * Errors: RangeError unless B has A's shape.
 */
export function hadamard(A: Matrix, B: Matrix): Matrix {
  checkMatrix("hadamard", "A", A);
  checkMatrix("hadamard", "B", B, A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = A.data[e]! * B.data[e]!;
  return { rows: A.rows, cols: A.cols, data: out };
}
