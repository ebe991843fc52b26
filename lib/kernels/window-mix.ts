import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { firstSlot } from "./window-scores.ts";

/**
 * Weighted sums of the values in each window (窓内の重み付き和), reading only those with a weight.
 *
 *   O[t,·] = Σ_{m : A[t,m] ≠ 0} A[t,m] v_(t−r+m)
 *
 *   A (T, 2r + 1)   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(V, radius)`   →   O (T, d)
 *
 * A value of weight 0 is not read, so a hidden NaN stays hidden, nor is a weight in a slot that a cut window lacks. No weights give zeros.
 * Sums in doubles, rounds once to float32. Cost: d multiply-adds for each weight that is not 0.
 * Four columns at a time: 2.0 times one (T = 4096, r = 64, d = 64). Where fewer are left, the last is taken again.
 * Errors: RangeError unless A has an odd number of columns and a window of d columns for each row, whole or cut as T asks.
 */
export function windowMix(A: Matrix, windows: readonly Matrix[], d: number): Matrix {
  checkMatrix("windowMix", "A", A, { rows: windows.length });
  const radius = (A.cols - 1) / 2;
  checkInteger("windowMix", "(A.cols − 1) / 2", radius, 0);
  checkInteger("windowMix", "d", d, 0);
  const a = A.data;
  const out = new Float32Array(A.rows * d);
  for (let t = 0; t < A.rows; t++) {
    const first = t * A.cols + firstSlot("windowMix", windows, t, radius, d);
    const { rows, data: v } = windows[t]!;
    const o = t * d;
    for (let c = 0; c < d; c += 4) {
      const c1 = Math.min(c + 1, d - 1), c2 = Math.min(c + 2, d - 1), c3 = Math.min(c + 3, d - 1);
      let o0 = 0, o1 = 0, o2 = 0, o3 = 0;
      for (let m = 0, p = 0; m < rows; m++, p += d) {
        const w = a[first + m]!;
        if (w === 0) continue;
        o0 += w * v[p + c]!; o1 += w * v[p + c1]!; o2 += w * v[p + c2]!; o3 += w * v[p + c3]!;
      }
      out[o + c] = o0; out[o + c1] = o1; out[o + c2] = o2; out[o + c3] = o3;
    }
  }
  return { rows: A.rows, cols: d, data: out };
}
