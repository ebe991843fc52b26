import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Every row of A against every row of B, only where W is not 0 (重みのある対だけの内積).
 *
 *     C[i,j] = Σ_c A[i,c] B[j,c]  where W[i,j] ≠ 0, else 0
 *
 *     A (n, d)   B (m, d)   W (n, m)   →   C (n, m)
 *
 * A row of B that has no weight from row i is not read for it: a hidden NaN stays hidden. Sums in doubles and
 * rounds once to float32, as `matmulTransposed`. Cost: d multiply-adds for each entry of W that is not 0.
 * Errors: RangeError unless A and B have as many columns and W their rows.
 */
export function maskedProduct(A: Matrix, B: Matrix, W: Matrix): Matrix {
  checkMatrix("maskedProduct", "A", A);
  checkMatrix("maskedProduct", "B", B, { cols: A.cols });
  checkMatrix("maskedProduct", "W", W, { rows: A.rows, cols: B.rows });
  const d = A.cols;
  const data = new Float32Array(W.data.length);
  for (let i = 0, e = 0; i < W.rows; i++) {
    for (let j = 0; j < W.cols; j++, e++) {
      if (W.data[e] === 0) continue;
      let sum = 0;
      for (let c = 0; c < d; c++) sum += A.data[i * d + c]! * B.data[j * d + c]!;
      data[e] = sum;
    }
  }
  return { rows: W.rows, cols: W.cols, data };
}

/**
 * Entry-wise product that reads B only where A is not 0 (0 を読み飛ばす要素ごとの積).
 *
 *     C[i,j] = A[i,j] B[i,j]  where A[i,j] ≠ 0, else 0
 *
 *     A (n, m)   B (n, m)   →   C (n, m), rounded once to float32
 *
 * A gradient of 0 stays 0, even beside a NaN. Errors: RangeError unless A and B have one shape.
 */
export function maskedMultiply(A: Matrix, B: Matrix): Matrix {
  checkMatrix("maskedMultiply", "A", A);
  checkMatrix("maskedMultiply", "B", B, A);
  const data = new Float32Array(A.data.length);
  for (let e = 0; e < data.length; e++) {
    const a = A.data[e]!;
    if (a !== 0) data[e] = a * B.data[e]!;
  }
  return { rows: A.rows, cols: A.cols, data };
}
