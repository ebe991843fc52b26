import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { multiplyPanel } from "./multiply-panel.ts";

/**
 * Matrix product with the second factor transposed (転置した行列との積): every row of A against every row of B.
 *
 *   C[i,j] = Σ_k A[i,k] B[j,k]
 *
 *   A (n, K)   B (m, K)   →   C (n, m)
 *
 * Sums in doubles, rounds once to float32. K = 0 gives zeros. Cost: n·K·m multiply-adds.
 * Three rows of B at a time are packed side by side in doubles for `multiplyPanel`, and A is turned into doubles once.
 * Errors: RangeError unless A.cols = B.cols.
 */
export function matmulTransposed(A: Matrix, B: Matrix): Matrix {
  checkMatrix("matmulTransposed", "A", A);
  checkMatrix("matmulTransposed", "B", B, { cols: A.cols });
  const K = A.cols;
  const m = B.rows;
  const a = new Float64Array(A.data);
  const b = B.data;
  const out = new Float32Array(A.rows * m);
  const panel = new Float64Array(3 * K);
  for (let j = 0; j < m; j += 3) {
    const width = Math.min(3, m - j);
    for (let c = 0; c < width; c++) {
      for (let k = 0; k < K; k++) panel[3 * k + c] = b[(j + c) * K + k]!;
    }
    multiplyPanel(a, A.rows, K, panel, out, m, j);
  }
  return { rows: A.rows, cols: m, data: out };
}
