import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { mixRow } from "./mix-row.ts";
import { product } from "./product.ts";

/**
 * Weighted sums of the rows of V (重み付き和), reading only rows with a weight:  A (n, m) weights, V (m, d) → O (n, d).
 *
 *   O[i,·] = Σ_{j : A[i,j] ≠ 0} A[i,j] V[j,·]
 *
 * A weight of 0 means "may not see", so V[j,·] is not read there: a plain product would turn a hidden NaN or ∞ into 0·NaN = NaN.
 * No weights give zeros. Sums in doubles, rounds once. Cost: d multiply-adds for each weight not 0. Errors: RangeError unless A.cols = V.rows.
 */
export function mix(A: Matrix, V: Matrix): Matrix {
  checkMatrix("mix", "A", A);
  checkMatrix("mix", "V", V, { rows: A.cols });
  // Without a 0 nothing is hidden, and the plain product has the same sums to the bit: from six rows on it is faster, at 1024 1.4 times.
  if (A.rows >= 6 && A.data.indexOf(0) === -1) return product(A, V);
  const m = A.cols, d = V.cols, out = new Float32Array(A.rows * d), at = new Int32Array(m);
  for (let i = 0; i < A.rows; i++) mixRow(out, i * d, d, A.data, i * m, m, V.data, at);
  return { rows: A.rows, cols: d, data: out };
}
