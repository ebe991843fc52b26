import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { matmul } from "./matmul.ts";

/**
 * Weighted sums of the rows of V (重み付き和), which read only the rows that have a weight.
 *
 *     O[i,·] = Σ_{j : A[i,j] ≠ 0} A[i,j] V[j,·]
 *
 *     A (n, m) weights   V (m, d)   →   O (n, d)
 *
 * A weight of 0 means "may not see", so V[j,·] is not read there: a plain product would turn a hidden NaN or
 * ∞ into 0·NaN = NaN. No weights give zeros. Sums in doubles and rounds once to float32.
 * Cost: d multiply-adds for each weight that is not 0. Errors: RangeError unless V has as many rows as A has
 * columns.
 */
export function mix(A: Matrix, V: Matrix): Matrix {
  checkMatrix("mix", "A", A);
  checkMatrix("mix", "V", V, { rows: A.cols });

  // Without a 0 nothing is hidden, and the plain product has the same bits: 1.8 × the loop below (1024²).
  if (A.rows >= 6 && A.data.indexOf(0) === -1) return matmul(A, V);
  const m = A.cols;
  const d = V.cols;
  const data = new Float32Array(A.rows * d);
  const seen = new Int32Array(m);
  for (let i = 0; i < A.rows; i++) mixRow(data, i * d, d, A.data, i * m, m, V.data, seen);
  return { rows: A.rows, cols: d, data };
}

/**
 * The weighted sums by their definition (定義どおりの重み付き和): `mix` equals them to the bit.
 *
 *     O[i,·] = Σ_{j : A[i,j] ≠ 0} A[i,j] V[j,·]
 *
 *     A (n, m) weights   V (m, d)   →   O (n, d)
 *
 * Only the specs and the bench call it.
 */
export function textbookMix(A: Matrix, V: Matrix): Matrix {
  checkMatrix("textbookMix", "A", A);
  checkMatrix("textbookMix", "V", V, { rows: A.cols });
  const { rows: n, cols: m } = A;
  const { cols: d } = V;
  const data = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < d; c++) {
      let sum = 0;
      for (let j = 0; j < m; j++) {
        const w = A.data[i * m + j]!;
        if (w !== 0) sum += w * V.data[j * d + c]!;
      }
      data[i * d + c] = sum;
    }
  }
  return { rows: n, cols: d, data };
}

/**
 * The loop of `mix` and of `windowMix` for one row of weights (一行分の重み付き和).
 *
 *     out[o + c] = Σ_{j < n : a[start + j] ≠ 0} a[start + j] v[j·d + c],  c = 0 … d − 1
 *
 *     n weights from a[start] on   v: n rows of d numbers   →   d numbers from out[o] on
 *
 * `seen` is scratch with room for n places. The places of the weights that are not 0 are collected first:
 * 2.6 × the loop that tests them for each block of columns (1024², one weight in ten not 0). Then
 * eight columns at a time stay in registers: 3.7 × the textbook loop (1024², causal). Where fewer than eight
 * columns are left, the last one is computed again. This inner loop relies on the checks of its callers.
 */
export function mixRow(
  out: Float32Array,
  o: number,
  d: number,
  a: Float32Array,
  start: number,
  n: number,
  v: Float32Array,
  seen: Int32Array,
): void {
  let count = 0;
  for (let j = 0; j < n; j++) if (a[start + j] !== 0) seen[count++] = j;
  for (let c = 0; c < d; c += 8) {
    const last = d - 1;
    const c0 = c;
    const c1 = Math.min(c + 1, last);
    const c2 = Math.min(c + 2, last);
    const c3 = Math.min(c + 3, last);
    const c4 = Math.min(c + 4, last);
    const c5 = Math.min(c + 5, last);
    const c6 = Math.min(c + 6, last);
    const c7 = Math.min(c + 7, last);
    let o0 = 0, o1 = 0, o2 = 0, o3 = 0, o4 = 0, o5 = 0, o6 = 0, o7 = 0;
    for (let s = 0; s < count; s++) {
      const j = seen[s]!;
      const w = a[start + j]!;
      const p = j * d;
      o0 += w * v[p + c0]!; o1 += w * v[p + c1]!; o2 += w * v[p + c2]!; o3 += w * v[p + c3]!;
      o4 += w * v[p + c4]!; o5 += w * v[p + c5]!; o6 += w * v[p + c6]!; o7 += w * v[p + c7]!;
    }
    out[o + c0] = o0; out[o + c1] = o1; out[o + c2] = o2; out[o + c3] = o3;
    out[o + c4] = o4; out[o + c5] = o5; out[o + c6] = o6; out[o + c7] = o7;
  }
}
