import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { mixRow } from "./mix.ts";

/**
 * The scores of each query against the keys of its own window (窓内のスコア):  Q (T, d) → S (T, 2r + 1).
 *
 *   S[t,m] = q_t · k_(t−r+m),  m = 0 … 2r;   −∞ where there is no such key, or where it is one of `hidden`
 *
 * windows: T matrices (up to 2r + 1, d) from `unfoldWindow(K, r)`. Slots that a cut window lacks score −∞, rows of zeros are keys and score 0.
 * Sums in doubles, rounds once to float32. Cost: (T(2r + 1) − r(r + 1))·d multiply-adds for cut windows and T ≥ r.
 * Errors: RangeError unless there is a window of d columns for each query, whole or cut as T asks, and hidden keys are 0 … T − 1.
 */
export function windowScores(Q: Matrix, windows: readonly Matrix[], radius: number, hidden: readonly number[] = []): Matrix {
  checkMatrix("windowScores", "Q", Q, { rows: windows.length });
  checkInteger("windowScores", "radius", radius, 0);
  const q = Q.data, T = Q.rows, d = Q.cols, slots = 2 * radius + 1, out = new Float32Array(T * slots).fill(-Infinity);
  for (let t = 0; t < T; t++) {
    const first = t * slots + firstSlot("windowScores", windows, t, radius, d);
    const { rows, data: k } = windows[t]!;
    for (let m = 0; m < rows; m += 4) { // four keys at a time 2.1 times one (T = 4096, r = 64, d = 64); past the last key it is taken again
      const m1 = Math.min(m + 1, rows - 1), m2 = Math.min(m + 2, rows - 1), m3 = Math.min(m + 3, rows - 1);
      const p0 = m * d, p1 = m1 * d, p2 = m2 * d, p3 = m3 * d;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let c = 0; c < d; c++) {
        const x = q[t * d + c]!;
        s0 += x * k[p0 + c]!; s1 += x * k[p1 + c]!; s2 += x * k[p2 + c]!; s3 += x * k[p3 + c]!;
      }
      out[first + m] = s0; out[first + m1] = s1; out[first + m2] = s2; out[first + m3] = s3;
    }
  }
  for (const j of hidden) {
    checkInteger("windowScores", "a hidden key", j, 0, T - 1);
    for (let t = Math.max(0, j - radius); t <= Math.min(T - 1, j + radius); t++) out[t * slots + j - t + radius] = -Infinity;
  }
  return { rows: T, cols: slots, data: out };
}

/** The slot of the first row of window t: r − t where the sequence begins after slot 0, else 0. Throws unless the window is whole or cut. */
export function firstSlot(where: string, windows: readonly Matrix[], t: number, radius: number, cols: number): number {
  checkMatrix(where, `windows[${t}]`, windows[t]!, { cols });
  if (windows[t]!.rows === 2 * radius + 1) return 0;
  checkMatrix(where, `windows[${t}]`, windows[t]!, { rows: Math.min(windows.length, t + radius + 1) - Math.max(0, t - radius), cols });
  return Math.max(0, radius - t);
}

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
