import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { product } from "./product.ts";

/**
 * Matrix product (行列積): C[i,j] = Σ_k A[i,k] B[k,j],  A (n, K), B (K, m) → C (n, m).
 * Sums in doubles, rounds once to float32. K = 0 gives zeros. Cost: n·K·m multiply-adds. Errors: RangeError unless A.cols = B.rows.
 */
export function matmul(A: Matrix, B: Matrix): Matrix {
  checkMatrix("matmul", "A", A);
  checkMatrix("matmul", "B", B, { rows: A.cols });
  return product(A, B);
}
