import type { Matrix } from "../matrix.ts";
import { checkFunction, checkInteger, checkMatrix, numbersOf, zeros } from "../matrix.ts";

/**
 * Matrices one under the other (行方向の連結).
 *
 *     C = [P_1; P_2; …; P_h]
 *
 *     P_s (n_s, m), h of them   →   C (n, m),  n = n_1 + … + n_h
 *
 * The numbers are copied.
 * Errors: TypeError unless `parts` is an array, RangeError if it is empty or the parts differ in columns.
 */
export function concatRows(parts: readonly Matrix[]): Matrix {
  if (!Array.isArray(parts)) {
    throw new TypeError(`concatRows: parts must be an array of matrices; got ${typeof parts}`);
  }
  if (parts.length === 0) {
    throw new RangeError("concatRows: parts must hold at least 1 matrix; got 0");
  }
  checkMatrix("concatRows", "parts[0]", parts[0]!);
  const cols = parts[0]!.cols;
  let rows = 0;
  for (let s = 0; s < parts.length; s++) {
    checkMatrix("concatRows", `parts[${s}]`, parts[s]!, { cols });
    rows += parts[s]!.rows;
  }
  const out = new Float32Array(rows * cols);
  let filled = 0;
  for (const P of parts) {
    out.set(P.data, filled);
    filled += P.data.length;
  }
  return { rows, cols, data: out };
}

/**
 * Rows `start` … `end` − 1 of a matrix (行の切り出し): a view of the same numbers, not a copy.
 *
 *     C[i,c] = A[start + i, c]
 *
 *     A (n, m)   →   C (end − start, m)
 *
 * Errors: RangeError unless 0 ≤ start ≤ end ≤ n, in integers.
 */
export function sliceRows(A: Matrix, start: number, end: number): Matrix {
  checkMatrix("sliceRows", "A", A);
  checkInteger("sliceRows", "end", end, 0, A.rows);
  checkInteger("sliceRows", "start", start, 0, end);
  return { rows: end - start, cols: A.cols, data: A.data.subarray(start * A.cols, end * A.cols) };
}

/**
 * Rows of a matrix by number (行の取り出し), in any order and with repetitions: the rows of an embedding table for
 * the tokens of a text.
 *
 *     Y[t,·] = E[places[t],·]
 *
 *     E (v, d)   places: T row numbers   →   Y (T, d), copied
 *
 * Errors: TypeError if `places` is not an array, RangeError if a place is not an integer in 0 … v − 1.
 */
export function gatherRows(E: Matrix, places: ArrayLike<number | bigint>): Matrix {
  checkMatrix("gatherRows", "E", E);
  const numbers = numbersOf("gatherRows", "places", places);
  const out = new Float32Array(places.length * E.cols);
  numbers.forEach((place, t) => {
    checkInteger("gatherRows", `places[${t}]`, place, 0, E.rows - 1);
    out.set(E.data.subarray(place * E.cols, (place + 1) * E.cols), t * E.cols);
  });
  return { rows: places.length, cols: E.cols, data: out };
}

/**
 * Copies of a matrix one under the other (行方向の繰り返し), such as the same position terms for every line.
 *
 *     C[r·n + i,·] = A[i,·],  r = 0 … times − 1
 *
 *     A (n, m)   →   C (times·n, m)
 *
 * Errors: RangeError unless `times` is an integer ≥ 0.
 */
export function repeatRows(A: Matrix, times: number): Matrix {
  checkMatrix("repeatRows", "A", A);
  checkInteger("repeatRows", "times", times, 0);
  const out = zeros("repeatRows", times, A.data.length);
  for (let r = 0; r < times; r++) out.set(A.data, r * A.data.length);
  return { rows: times * A.rows, cols: A.cols, data: out };
}

/**
 * Some rows of a matrix replaced (行の置き換え), in a copy.
 *
 *     Y[places[g],·] = R[g,·],  every other row as in X
 *
 *     X (n, m)   places: G row numbers   R (G, m)   →   Y (n, m)
 *
 * Where a place is given twice, the later row counts.
 * Errors: RangeError unless each place is in 0 … n − 1 and R has one row of X's columns for each.
 */
export function replaceRows(X: Matrix, places: readonly number[], R: Matrix): Matrix {
  checkMatrix("replaceRows", "X", X);
  checkMatrix("replaceRows", "R", R, { rows: places.length, cols: X.cols });
  const out = new Float32Array(X.data);
  const numbers = numbersOf("replaceRows", "places", places);
  numbers.forEach((i, g) => checkInteger("replaceRows", `places[${g}]`, i, 0, X.rows - 1));
  numbers.forEach((i, g) => out.set(R.data.subarray(g * R.cols, (g + 1) * R.cols), i * X.cols));
  return { rows: X.rows, cols: X.cols, data: out };
}

/**
 * Some rows kept, the others set to zero (行の選択), in a copy.
 *
 *     C[i,·] = A[i,·] if keep(i), else 0
 *
 *     A (n, m)   →   C (n, m)
 *
 * What stood in a row that is not kept, NaN included, is gone.
 * Errors: TypeError unless `keep` is a function.
 */
export function maskRows(A: Matrix, keep: (i: number) => boolean): Matrix {
  checkMatrix("maskRows", "A", A);
  checkFunction("maskRows", "keep", keep, "(i) => boolean");
  const out = new Float32Array(A.data.length);
  for (let i = 0; i < A.rows; i++) {
    if (keep(i)) out.set(A.data.subarray(i * A.cols, (i + 1) * A.cols), i * A.cols);
  }
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Rows added into a table at given places (行の加算): the transpose of `gatherRows`.
 *
 *     E[w,·] = Σ_{t : places[t] = w} R[t,·],  zeros where no place is w
 *
 *     R (T, d)   places: T row numbers below n   →   E (n, d)
 *
 * Sums in doubles and rounds once to float32.
 * Errors: RangeError unless there is one place in 0 … n − 1 for each row of R.
 */
export function scatterRows(n: number, places: ArrayLike<number | bigint>, R: Matrix): Matrix {
  checkInteger("scatterRows", "n", n, 0);
  checkMatrix("scatterRows", "R", R, { rows: places.length });
  const d = R.cols;
  const sums = new Float64Array(n * d);
  numbersOf("scatterRows", "places", places).forEach((place, t) => {
    checkInteger("scatterRows", `places[${t}]`, place, 0, n - 1);
    for (let c = 0; c < d; c++) sums[place * d + c] = sums[place * d + c]! + R.data[t * d + c]!;
  });
  return { rows: n, cols: d, data: new Float32Array(sums) };
}
