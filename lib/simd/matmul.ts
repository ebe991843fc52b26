import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { panelProduct } from "./product.ts";

/**
 * Matrix product (行列積), four numbers at a time.
 *
 *     C[i,j] = Σ_k A[i,k] B[k,j]
 *
 *     A (n, K)   B (K, m)   →   C (n, m)
 *
 * Lanes: four columns of C. Sums in float32: error under 1e-6 of the largest Σ_k |A[i,k] B[k,j]|.
 * K = 0 gives zeros. Cost: n·K·m multiply-adds. The textbook's form: `matmul` of kernels/matmul.ts.
 * Errors: RangeError unless B has as many rows as A has columns.
 */
export function matmul(A: Matrix, B: Matrix): Matrix {
  checkMatrix("matmul", "A", A);
  checkMatrix("matmul", "B", B, { rows: A.cols });
  return panelProduct(A, B);
}

/**
 * Matrix product with the second factor transposed (転置した行列との積), four numbers at a time.
 *
 *     C[i,j] = Σ_k A[i,k] B[j,k]
 *
 *     A (n, K)   B (m, K)   →   C (n, m)
 *
 * Lanes: four columns of C. Error and cost as `matmul`. The textbook's form: `matmulTransposed` of
 * kernels/matmul.ts.
 * Errors: RangeError unless A and B have as many columns.
 */
export function matmulTransposed(A: Matrix, B: Matrix): Matrix {
  checkMatrix("matmulTransposed", "A", A);
  checkMatrix("matmulTransposed", "B", B, { cols: A.cols });
  return panelProduct(A, B, { transposed: true });
}
