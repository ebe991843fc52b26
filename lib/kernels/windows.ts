import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { mixRow } from "./mix.ts";

/**
 * The scores of each query against the keys of its own window (窓内のスコア).
 *
 *     S[t,m] = q_t · k_(t−r+m),  m = 0 … 2r;  −∞ where there is no such key, or where it is one of `hidden`
 *
 *     Q (T, d)   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(K, r)`   →   S (T, 2r + 1)
 *
 * Slots that a cut window lacks score −∞; rows of zeros are keys and score 0. Sums in doubles and rounds once
 * to float32. Cost: (T(2r + 1) − r(r + 1))·d multiply-adds for cut windows and T ≥ r. Four keys at a time
 * share each number of the query: 2.2 × the textbook loop (T = 4096, r = 64, d = 64). Past the last key it is
 * taken again.
 * Errors: RangeError unless there is a window of d columns for each query, whole or cut at the ends, and
 * hidden keys are in 0 … T − 1.
 */
export function windowScores(
  Q: Matrix,
  windows: readonly Matrix[],
  radius: number,
  hidden: readonly number[] = [],
): Matrix {
  checkMatrix("windowScores", "Q", Q, { rows: windows.length });
  checkInteger("windowScores", "radius", radius, 0);
  const { rows: T, cols: d, data: q } = Q;
  const slots = 2 * radius + 1;
  const data = new Float32Array(T * slots).fill(-Infinity);
  for (let t = 0; t < T; t++) {
    const first = t * slots + firstSlot("windowScores", windows, t, radius, d);
    const { rows, data: k } = windows[t]!;
    for (let m = 0; m < rows; m += 4) {
      const m1 = Math.min(m + 1, rows - 1);
      const m2 = Math.min(m + 2, rows - 1);
      const m3 = Math.min(m + 3, rows - 1);
      const p0 = m * d;
      const p1 = m1 * d;
      const p2 = m2 * d;
      const p3 = m3 * d;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let c = 0; c < d; c++) {
        const x = q[t * d + c]!;
        s0 += x * k[p0 + c]!; s1 += x * k[p1 + c]!; s2 += x * k[p2 + c]!; s3 += x * k[p3 + c]!;
      }
      data[first + m] = s0; data[first + m1] = s1; data[first + m2] = s2; data[first + m3] = s3;
    }
  }
  const S = { rows: T, cols: slots, data };
  hideKeys("windowScores", S, radius, hidden);
  return S;
}

/**
 * The scores in windows by their definition (定義どおりの窓内スコア): `windowScores` equals them to the bit.
 *
 *     S[t,m] = q_t · k_(t−r+m),  m = 0 … 2r;  −∞ where there is no such key, or where it is one of `hidden`
 *
 *     Q (T, d)   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(K, r)`   →   S (T, 2r + 1)
 *
 * Only the specs and the bench call it.
 */
export function textbookWindowScores(
  Q: Matrix,
  windows: readonly Matrix[],
  radius: number,
  hidden: readonly number[] = [],
): Matrix {
  checkMatrix("textbookWindowScores", "Q", Q, { rows: windows.length });
  checkInteger("textbookWindowScores", "radius", radius, 0);
  const { rows: T, cols: d } = Q;
  const slots = 2 * radius + 1;
  const data = new Float32Array(T * slots).fill(-Infinity);
  for (let t = 0; t < T; t++) {
    const first = firstSlot("textbookWindowScores", windows, t, radius, d);
    const K_w = windows[t]!;
    for (let m = 0; m < K_w.rows; m++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += Q.data[t * d + c]! * K_w.data[m * d + c]!;
      data[t * slots + first + m] = sum;
    }
  }
  const S = { rows: T, cols: slots, data };
  hideKeys("textbookWindowScores", S, radius, hidden);
  return S;
}

/**
 * Weighted sums of the values in each window (窓内の重み付き和).
 *
 *     O[t,·] = Σ_{m : A[t,m] ≠ 0} A[t,m] v_(t−r+m)
 *
 *     A (T, 2r + 1) weights   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(V, r)`   →   O (T, d)
 *
 * A value of weight 0 is not read, so a hidden NaN stays hidden; nor is a weight in a slot that a cut window
 * lacks. Sums in doubles and rounds once to float32, in the order of `mix`. Cost: d multiply-adds for each
 * weight not 0.
 * `mixRow` keeps eight columns in registers: 2.4 × the textbook loop (T = 4096, r = 64, d = 64).
 * Errors: RangeError unless A has an odd number of columns and there is a window of d columns for each row,
 * whole or cut at the ends.
 */
export function windowMix(A: Matrix, windows: readonly Matrix[], d: number): Matrix {
  checkMatrix("windowMix", "A", A, { rows: windows.length });
  checkInteger("windowMix", "d", d, 0);
  const slots = A.cols;
  const radius = (slots - 1) / 2;
  checkInteger("windowMix", "(A.cols − 1) / 2", radius, 0);
  const data = new Float32Array(A.rows * d);
  const seen = new Int32Array(slots);
  for (let t = 0; t < A.rows; t++) {
    const first = firstSlot("windowMix", windows, t, radius, d);
    const V_w = windows[t]!;
    mixRow(data, t * d, d, A.data, t * slots + first, V_w.rows, V_w.data, seen);
  }
  return { rows: A.rows, cols: d, data };
}

/**
 * The weighted sums in windows by their definition (定義どおりの窓内の和): `windowMix` equals them to the bit.
 *
 *     O[t,·] = Σ_{m : A[t,m] ≠ 0} A[t,m] v_(t−r+m)
 *
 *     A (T, 2r + 1) weights   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(V, r)`   →   O (T, d)
 *
 * Only the specs and the bench call it.
 */
export function textbookWindowMix(A: Matrix, windows: readonly Matrix[], d: number): Matrix {
  checkMatrix("textbookWindowMix", "A", A, { rows: windows.length });
  checkInteger("textbookWindowMix", "d", d, 0);
  const radius = (A.cols - 1) / 2;
  checkInteger("textbookWindowMix", "(A.cols − 1) / 2", radius, 0);
  const data = new Float32Array(A.rows * d);
  for (let t = 0; t < A.rows; t++) {
    const first = firstSlot("textbookWindowMix", windows, t, radius, d);
    const V_w = windows[t]!;
    for (let c = 0; c < d; c++) {
      let sum = 0;
      for (let m = 0; m < V_w.rows; m++) {
        const w = A.data[t * A.cols + first + m]!;
        if (w !== 0) sum += w * V_w.data[m * d + c]!;
      }
      data[t * d + c] = sum;
    }
  }
  return { rows: A.rows, cols: d, data };
}

/** Writes −∞ wherever a window's slot is one of the hidden keys. S (T, 2r + 1) is the caller's own. */
export function hideKeys(where: string, S: Matrix, radius: number, hidden: readonly number[]): void {
  checkMatrix(where, "S", S);
  for (const j of hidden) {
    checkInteger(where, "a hidden key", j, 0, S.rows - 1);
    const last = Math.min(S.rows - 1, j + radius);
    for (let t = Math.max(0, j - radius); t <= last; t++) S.data[t * S.cols + j - t + radius] = -Infinity;
  }
}

/**
 * The slot of the first row of window t: r − t where the sequence begins after slot 0, otherwise 0.
 * Throws unless the window is whole or cut.
 */
export function firstSlot(
  where: string,
  windows: readonly Matrix[],
  t: number,
  radius: number,
  cols: number,
): number {
  checkMatrix(where, `windows[${t}]`, windows[t]!, { cols });
  if (windows[t]!.rows === 2 * radius + 1) return 0;
  const rows = Math.min(windows.length, t + radius + 1) - Math.max(0, t - radius);
  checkMatrix(where, `windows[${t}]`, windows[t]!, { rows, cols });
  return Math.max(0, radius - t);
}
