import type { Matrix } from "../matrix.ts";
import { checkList, checkMatrix } from "../matrix.ts";

/**
 * Sum of two matrices (行列の和); one row, such as the bias of a linear map, is added to every row.
 *
 *     C[i,j] = A[i,j] + B[i,j],  or A[i,j] + B[0,j] where B is one row
 *
 *     A (n, m)   B (n, m), or one row of m   →   C (n, m)
 *
 * Rounds once to float32. Errors: RangeError unless B has A's columns, and A's rows or one.
 */
export function add(A: Matrix, B: Matrix): Matrix {
  checkMatrix("add", "A", A);
  checkMatrix("add", "B", B);
  checkMatrix("add", "B", B, { rows: B.rows === 1 ? 1 : A.rows, cols: A.cols });
  const a = A.data;
  const b = B.data;
  const out = new Float32Array(a.length);
  // The outer loop runs once for a full B, and once a row for one row.
  for (let start = 0; start < a.length; start += b.length) {
    for (let e = 0; e < b.length; e++) out[start + e] = a[start + e]! + b[e]!;
  }
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Every entry times one number (スカラー倍).
 *
 *     B[i,j] = factor · A[i,j]
 *
 *     A (n, m)   factor, a number   →   B (n, m)
 *
 * Rounds once to float32. Errors: TypeError unless `factor` is a number.
 */
export function scale(A: Matrix, factor: number): Matrix {
  checkMatrix("scale", "A", A);
  if (typeof factor !== "number") {
    throw new TypeError(`scale: factor must be a number; got ${typeof factor}`);
  }
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = A.data[e]! * factor;
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Difference of two matrices (行列の差).
 *
 *     C[i,j] = A[i,j] − B[i,j]
 *
 *     A (n, m)   B (n, m)   →   C (n, m), rounded once to float32
 *
 * Errors: RangeError unless A and B have one shape.
 */
export function subtract(A: Matrix, B: Matrix): Matrix {
  checkMatrix("subtract", "A", A);
  checkMatrix("subtract", "B", B, A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = A.data[e]! - B.data[e]!;
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Entry-wise product (アダマール積).
 *
 *     C[i,j] = A[i,j] · B[i,j]
 *
 *     A (n, m)   B (n, m)   →   C (n, m)
 *
 * Rounds once to float32. Errors: RangeError unless B has A's shape.
 */
export function multiply(A: Matrix, B: Matrix): Matrix {
  checkMatrix("multiply", "A", A);
  checkMatrix("multiply", "B", B, A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = A.data[e]! * B.data[e]!;
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Old and new in the shares that a gate decides (ゲートによる混合).
 *
 *     C[i,c] = (1 − Z[i,c]) · N[i,c] + Z[i,c] · H[i,c]
 *
 *     Z (n, d) gate   N (n, d) new   H (n, d) old   →   C (n, d)
 *
 * Z = 1 keeps the old, Z = 0 takes the new. Rounds once to float32.
 * Errors: RangeError unless N and H have Z's shape.
 */
export function interpolate(Z: Matrix, N: Matrix, H: Matrix): Matrix {
  checkMatrix("interpolate", "Z", Z);
  checkMatrix("interpolate", "N", N, Z);
  checkMatrix("interpolate", "H", H, Z);
  const out = new Float32Array(Z.data.length);
  for (let e = 0; e < out.length; e++) {
    const z = Z.data[e]!;
    out[e] = (1 - z) * N.data[e]! + z * H.data[e]!;
  }
  return { rows: Z.rows, cols: Z.cols, data: out };
}

/**
 * Entry-wise mean of matrices of one shape (行列の平均), such as the weights of h heads.
 *
 *     M[i,j] = (1/h) Σ_s P_s[i,j]
 *
 *     P_s (n, m), h of them   →   M (n, m)
 *
 * Sums in doubles and rounds once to float32. Errors: RangeError if there is none, or if they differ in
 * shape.
 */
export function meanOf(parts: readonly Matrix[]): Matrix {
  checkList("meanOf", "parts", parts, "matrices of one shape");
  if (parts.length === 0) throw new RangeError("meanOf: parts must hold at least 1 matrix; got 0");
  const { rows, cols } = parts[0]!;
  parts.forEach((P, s) => checkMatrix("meanOf", `parts[${s}]`, P, { rows, cols }));
  const out = new Float32Array(rows * cols);
  for (let e = 0; e < out.length; e++) {
    let sum = 0;
    for (const P of parts) sum += P.data[e]!;
    out[e] = sum / parts.length;
  }
  return { rows, cols, data: out };
}

/**
 * Sum of the squares of all entries (フロベニウスノルムの二乗).
 *
 *     ‖A‖²_F = Σ_{i,j} A[i,j]²
 *
 *     A (n, m)   →   a number
 *
 * Sums in doubles and does not round.
 */
export function squaredNorm(A: Matrix): number {
  checkMatrix("squaredNorm", "A", A);
  let sum = 0;
  for (let e = 0; e < A.data.length; e++) sum += A.data[e]! * A.data[e]!;
  return sum;
}
