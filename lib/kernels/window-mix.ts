import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { mixRow } from "./mix-row.ts";
import { firstSlot } from "./window-scores.ts";

/**
 * Weighted sums of the values in each window (窓内の重み付き和), added to B:  A (T, 2r + 1) weights, B (T, d) → O (T, d).
 *
 *   O[t,·] = B[t,·] + Σ_{m : A[t,m] ≠ 0} A[t,m] v_(t−r+m)
 *
 * windows: T matrices (up to 2r + 1, d) from `unfoldWindow(V, r)`. A value of weight 0 is not read, so a hidden NaN stays hidden, nor is
 * a weight in a slot that a cut window lacks. Sums in doubles, rounds once to float32. Cost: d multiply-adds for each weight that is not 0.
 * Errors: RangeError unless A has an odd number of columns and a window of d columns for each row, whole or cut as T asks.
 */
export function windowMix(A: Matrix, windows: readonly Matrix[], B: Matrix): Matrix {
  checkMatrix("windowMix", "A", A, { rows: windows.length });
  checkMatrix("windowMix", "B", B, { rows: windows.length });
  const slots = A.cols, radius = (slots - 1) / 2, d = B.cols;
  checkInteger("windowMix", "(A.cols − 1) / 2", radius, 0);
  const out = new Float32Array(B.data), at = new Int32Array(slots);
  for (let t = 0; t < A.rows; t++) {
    const first = firstSlot("windowMix", windows, t, radius, d);
    mixRow(out, t * d, d, A.data, t * slots + first, windows[t]!.rows, windows[t]!.data, at);
  }
  return { rows: A.rows, cols: d, data: out };
}
