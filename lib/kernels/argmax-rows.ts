import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * One-hot rows at the largest score (最大値の位置): the choice of hard attention.
 *
 *     A[i,j] = 1 if j is the first of argmax_j' S[i,j'], else 0
 *
 *     S (n, m) scores   →   A (n, m) weights
 *
 * Ties go to the lowest index. A row of −∞ alone is all zeros: nothing was allowed. A NaN or +∞ makes its own
 * row NaN, as in `softmaxRows`. Cost: n·m comparisons.
 */
export function argmaxRows(S: Matrix): Matrix {
  checkMatrix("argmaxRows", "S", S);
  const m = S.cols;
  const out = new Float32Array(S.data.length);
  for (let start = 0; start < out.length; start += m) {
    let best = -1;
    let max = -Infinity;
    for (let j = 0; j < m; j++) {
      const x = S.data[start + j]!;
      if (x > max || x !== x) {
        max = x;
        best = j;
      }
    }
    if (max === -Infinity) continue;
    if (max < Infinity) out[start + best] = 1;
    else out.fill(NaN, start, start + m);
  }
  return { rows: S.rows, cols: m, data: out };
}
