import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Some rows of a matrix replaced (行の置き換え), in a copy: Y[places[g],·] = R[g,·], every other row as in X.  X (n, m), R (G, m) → Y (n, m).
 * Errors: RangeError if a place is outside 0 … n − 1, or if R does not have one row of X's columns for each.
 */
export function replaceRows(X: Matrix, places: readonly number[], R: Matrix): Matrix {
  checkMatrix("replaceRows", "X", X);
  checkMatrix("replaceRows", "R", R, { rows: places.length, cols: X.cols });
  const out = new Float32Array(X.data);
  Array.from(places).forEach((i, g) => checkInteger("replaceRows", `places[${g}]`, i, 0, X.rows - 1));
  places.forEach((i, g) => out.set(R.data.subarray(g * R.cols, (g + 1) * R.cols), i * X.cols));
  return { rows: X.rows, cols: X.cols, data: out };
}
