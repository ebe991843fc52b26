import type { Matrix, Random } from "../matrix.ts";
import { checkDraw, checkFunction, checkMatrix } from "../matrix.ts";

/**
 * One key drawn for each row, with the row's weights as probabilities (サンプリング): one-hot rows.
 *
 *     s_i ~ Multinoulli(A[i,·]),   B[i,j] = 1 if j = s_i, else 0
 *
 *     A (n, m) weights whose rows sum to 1 or are all zero   →   B (n, m) one-hot
 *
 * A row without weight stays zero, and a row with a NaN becomes NaN: nothing is drawn for either. A key of
 * weight 0 is never drawn. `random` is called once for each row that is drawn, in order.
 * Errors: TypeError unless `random` is a function, RangeError if a weight is negative or infinite, or if
 * `random` gives a number outside [0, 1).
 */
export function sampleRows(A: Matrix, random: Random): Matrix {
  checkMatrix("sampleRows", "A", A);
  checkFunction("sampleRows", "random", random, "() => number in [0, 1)");
  const m = A.cols;
  const out = new Float32Array(A.data.length);
  for (let start = 0; start < out.length; start += m) {
    let total = 0;
    let last = -1; // the last key with weight takes what rounding leaves over
    for (let j = 0; j < m; j++) {
      const w = A.data[start + j]!;
      if (w < 0 || w === Infinity) {
        throw new RangeError(`sampleRows: A must hold finite weights ≥ 0; got ${w} at (${start / m}, ${j})`);
      }
      total += w;
      if (w > 0) last = j;
    }
    if (!(total >= 0)) out.fill(NaN, start, start + m);
    if (!(total > 0)) continue;
    let left = checkDraw("sampleRows", random()) * total; // the total is 1 but for rounding
    let chosen = last;
    for (let j = 0; j < last; j++) {
      left -= A.data[start + j]!;
      if (left < 0) {
        chosen = j;
        break;
      }
    }
    out[start + chosen] = 1;
  }
  return { rows: A.rows, cols: m, data: out };
}
