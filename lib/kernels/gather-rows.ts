import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Rows of a matrix by number (行の取り出し), in any order and as often as wanted: an embedding table's rows for the tokens of a text.
 *
 *   Y[t,·] = E[places[t],·]
 *
 *   E (v, d)   places: T row numbers   →   Y (T, d), copied
 *
 * Errors: TypeError if `places` is not an array, RangeError if a place is not an integer in 0 … v − 1.
 */
export function gatherRows(E: Matrix, places: readonly number[]): Matrix {
  checkMatrix("gatherRows", "E", E);
  if (!Array.isArray(places)) throw new TypeError(`gatherRows: places must be an array of row numbers; got ${typeof places}`);
  const out = new Float32Array(places.length * E.cols);
  Array.from(places).forEach((place: number, t) => {
    checkInteger("gatherRows", `places[${t}]`, place, 0, E.rows - 1);
    out.set(E.data.subarray(place * E.cols, (place + 1) * E.cols), t * E.cols);
  });
  return { rows: places.length, cols: E.cols, data: out };
}
