import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { product } from "./matmul.ts";

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

/**
 * The loop of weighted sums of rows: adds Σ_j A[j] V[j,·], over the n weights that are not 0, to the d numbers of `out` from `o` on.
 * The n weights A stand in `a` from `start` on, V (n, d) is `v`, and `at` has room for n places. Eight columns stay in registers: 2.3 times
 * the textbook loop, four 2.0, sixteen 1.7; past the last column it is taken again. An inner loop of the house: it trusts its callers' checks.
 */
export function mixRow(out: Float32Array, o: number, d: number, a: Float32Array, start: number, n: number, v: Float32Array, at: Int32Array): void {
  let seen = 0;
  for (let j = 0; j < n; j++) if (a[start + j] !== 0) at[seen++] = j; // asking in every block of columns: 1.5 times slower if causal, 2.2 at random
  for (let c = 0; c < d; c += 8) {
    const left = d - 1 - c, c1 = Math.min(1, left), c2 = Math.min(2, left), c3 = Math.min(3, left);
    const c4 = Math.min(4, left), c5 = Math.min(5, left), c6 = Math.min(6, left), c7 = Math.min(7, left), q = o + c;
    let o0 = out[q]!, o1 = out[q + c1]!, o2 = out[q + c2]!, o3 = out[q + c3]!, o4 = out[q + c4]!, o5 = out[q + c5]!, o6 = out[q + c6]!, o7 = out[q + c7]!;
    for (let s = 0; s < seen; s++) {
      const j = at[s]!, w = a[start + j]!, p = j * d + c;
      o0 += w * v[p]!; o1 += w * v[p + c1]!; o2 += w * v[p + c2]!; o3 += w * v[p + c3]!;
      o4 += w * v[p + c4]!; o5 += w * v[p + c5]!; o6 += w * v[p + c6]!; o7 += w * v[p + c7]!;
    }
    out[q] = o0; out[q + c1] = o1; out[q + c2] = o2; out[q + c3] = o3;
    out[q + c4] = o4; out[q + c5] = o5; out[q + c6] = o6; out[q + c7] = o7;
  }
}
