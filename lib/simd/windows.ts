import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, matrix } from "../matrix.ts";
import { firstSlot, hideKeys } from "../kernels/windows.ts";
import { matmulTransposed } from "./matmul.ts";
import { mix } from "./mix.ts";

/** Queries in a band: more make its products wider than the windows, fewer make more of them. */
const BAND = 32;

/** Queries from … end − 1, the rows that their windows view together, and where each of them begins there. */
export interface WindowBand {
  readonly from: number;
  readonly end: number;
  readonly rows: Matrix;
  /** Of query `from + n`: the row of `rows` that its window begins with, and the slot of that row. */
  readonly places: readonly { readonly row: number; readonly slot: number }[];
}

/**
 * Bands of up to 32 queries whose windows view consecutive rows of one array, as those of `unfoldWindow` do.
 * Windows that do not are bands of their own.
 */
export function windowBands(where: string, windows: readonly Matrix[], radius: number, cols: number): WindowBand[] {
  const slots = windows.map((_, t) => firstSlot(where, windows, t, radius, cols));
  const rowOf = (t: number): number => windows[t]!.data.byteOffset / 4 / cols;
  // Slot 0 of query t + 1 is one row further than slot 0 of query t.
  const goesOn = (t: number): boolean =>
    windows[t]!.data.buffer === windows[t - 1]!.data.buffer &&
    rowOf(t) - slots[t]! === rowOf(t - 1) - slots[t - 1]! + 1;
  const bands: WindowBand[] = [];
  for (let from = 0, end = 0; from < windows.length; from = end) {
    end = from + 1;
    while (end < windows.length && end < from + BAND && goesOn(end)) end++;
    const places = windows.slice(from, end).map((_, n) => ({
      row: n === 0 ? 0 : rowOf(from + n) - rowOf(from),
      slot: slots[from + n]!,
    }));
    const { buffer, byteOffset } = windows[from]!.data;
    const rows = places[end - 1 - from]!.row + windows[end - 1]!.rows;
    const data = new Float32Array(buffer as ArrayBuffer, byteOffset, rows * cols);
    bands.push({ from, end, rows: matrix(rows, cols, data), places });
  }
  return bands;
}

/** Rows from … end − 1, as a view. */
function bandOf(M: Matrix, { from, end }: WindowBand): Matrix {
  return matrix(end - from, M.cols, M.data.subarray(from * M.cols, end * M.cols));
}

/**
 * The scores of each query against the keys of its own window (窓内のスコア), four numbers at a time.
 *
 *     S[t,m] = q_t · k_(t−r+m),  m = 0 … 2r;  −∞ where there is no such key, or where it is one of `hidden`
 *
 *     Q (T, d)   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(K, r)`   →   S (T, 2r + 1)
 *
 * The product of 32 queries with all rows that their windows view holds each window's scores, one column
 * further in each row: it is computed by `matmulTransposed`, and the rest of it is left. Sums in float32:
 * error under 1e-6 of the largest Σ_c |q_t[c] k[c]|. Cost: d multiply-adds for each of 2r + 32 keys a query.
 * The textbook's form: `windowScores` of kernels/windows.ts, with errors.
 */
export function windowScores(
  Q: Matrix,
  windows: readonly Matrix[],
  radius: number,
  hidden: readonly number[] = [],
): Matrix {
  checkMatrix("windowScores", "Q", Q, { rows: windows.length });
  checkInteger("windowScores", "radius", radius, 0);
  const slots = 2 * radius + 1;
  const S = matrix(Q.rows, slots, new Float32Array(Q.rows * slots).fill(-Infinity));
  for (const band of windowBands("windowScores", windows, radius, Q.cols)) {
    const { cols, data } = matmulTransposed(bandOf(Q, band), band.rows);
    band.places.forEach(({ row, slot }, n) => {
      const t = band.from + n;
      const first = n * cols + row;
      S.data.set(data.subarray(first, first + windows[t]!.rows), t * slots + slot);
    });
  }
  hideKeys("windowScores", S, radius, hidden);
  return S;
}

/**
 * Weighted sums of the values in each window (窓内の重み付き和), four numbers at a time.
 *
 *     O[t,·] = Σ_{m : A[t,m] ≠ 0} A[t,m] v_(t−r+m)
 *
 *     A (T, 2r + 1) weights   windows: T matrices (up to 2r + 1, d) from `unfoldWindow(V, r)`   →   O (T, d)
 *
 * 32 rows of weights become one matrix, each a column further than the one above, with zeros beside them:
 * `mix` does the rest, and a weight of 0 hides its value there. Sums in float32: error under 1e-6 of the
 * largest Σ_m |A[t,m] v[c]|. Cost: d multiply-adds for each of 2r + 32 weights a query. The textbook's form:
 * `windowMix` of kernels/windows.ts, with errors.
 */
export function windowMix(A: Matrix, windows: readonly Matrix[], d: number): Matrix {
  checkMatrix("windowMix", "A", A, { rows: windows.length });
  checkInteger("windowMix", "d", d, 0);
  const slots = A.cols;
  const radius = (slots - 1) / 2;
  checkInteger("windowMix", "(A.cols − 1) / 2", radius, 0);
  const O = matrix(A.rows, d);
  for (const band of windowBands("windowMix", windows, radius, d)) {
    const weights = matrix(band.end - band.from, band.rows.rows);
    band.places.forEach(({ row, slot }, n) => {
      const t = band.from + n;
      const first = t * slots + slot;
      weights.data.set(A.data.subarray(first, first + windows[t]!.rows), n * weights.cols + row);
    });
    O.data.set(mix(weights, band.rows).data, band.from * d);
  }
  return O;
}
