import type { Matrix } from "../matrix.ts";
import { checkList, checkMatrix } from "../matrix.ts";

/**
 * Sum of each column (列の和).
 *
 *     s[0,c] = Σ_i A[i,c]
 *
 *     A (n, m)   →   s (1, m), summed in doubles and rounded once
 *
 * No rows give zeros. It is the gradient of a bias, which every row received.
 */
export function columnSums(A: Matrix): Matrix {
  checkMatrix("columnSums", "A", A);
  const m = A.cols;
  const data = new Float32Array(m);
  for (let c = 0; c < m; c++) {
    let sum = 0;
    for (let i = 0; i < A.rows; i++) sum += A.data[i * m + c]!;
    data[c] = sum;
  }
  return { rows: 1, cols: m, data };
}

/**
 * Column by column, the sum of products of two matrices (列ごとの内積).
 *
 *     s[0,c] = Σ_{i : A[i,c] ≠ 0} A[i,c] B[i,c]
 *
 *     A (n, m)   B (n, m)   →   s (1, m), summed in doubles and rounded once
 *
 * B is read only where A is not 0. Errors: RangeError unless A and B have one shape.
 */
export function columnDots(A: Matrix, B: Matrix): Matrix {
  checkMatrix("columnDots", "A", A);
  checkMatrix("columnDots", "B", B, A);
  const m = A.cols;
  const data = new Float32Array(m);
  for (let c = 0; c < m; c++) {
    let sum = 0;
    for (let i = 0; i < A.rows; i++) {
      const a = A.data[i * m + c]!;
      if (a !== 0) sum += a * B.data[i * m + c]!;
    }
    data[c] = sum;
  }
  return { rows: 1, cols: m, data };
}

/**
 * Entry-wise sum of matrices of one shape (行列の総和).
 *
 *     C[i,j] = Σ_s P_s[i,j]
 *
 *     P_s (n, m), h of them   →   C (n, m), summed in doubles and rounded once
 *
 * It is the gradient of what h places use: each hands back its own. Two matrices give the bits of `add`.
 * Errors: RangeError if there is none, or if they differ in shape.
 */
export function sumOf(parts: readonly Matrix[]): Matrix {
  checkList("sumOf", "parts", parts, "matrices of one shape");
  if (parts.length === 0) throw new RangeError("sumOf: parts must hold at least 1 matrix; got 0");
  const { rows, cols } = parts[0]!;
  parts.forEach((P, s) => checkMatrix("sumOf", `parts[${s}]`, P, { rows, cols }));
  const data = new Float32Array(rows * cols);
  for (let e = 0; e < data.length; e++) {
    let sum = 0;
    for (const P of parts) sum += P.data[e]!;
    data[e] = sum;
  }
  return { rows, cols, data };
}
