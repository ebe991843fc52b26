import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { product } from "./product.ts";

/**
 * Matrix product with the second factor transposed (転置した行列との積): C[i,j] = Σ_k A[i,k] B[j,k],  A (n, K), B (m, K) → C (n, m).
 * Sums in doubles, rounds once to float32. K = 0 gives zeros. Cost: n·K·m multiply-adds. Errors: RangeError unless A.cols = B.cols.
 */
export function matmulTransposed(A: Matrix, B: Matrix): Matrix {
  checkMatrix("matmulTransposed", "A", A);
  checkMatrix("matmulTransposed", "B", B, { cols: A.cols });
  return product(A, B, true);
}
