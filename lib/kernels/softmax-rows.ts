import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { expBelowZero } from "./exp-below-zero.ts";

/**
 * Softmax of each row (行ごとのソフトマックス): positive weights that sum to 1.
 *
 *     A[i,j] = exp(S[i,j] − max_i) / Σ_j' exp(S[i,j'] − max_i),  max_i = max_j S[i,j]
 *
 *     S (n, m) scores   →   A (n, m) weights
 *
 * Subtracting the maximum keeps exp from overflowing. A score of −∞ has weight exactly 0; a row of −∞ alone,
 * or of no columns, is all zeros: nothing was allowed, so nothing is taken. A NaN or +∞ makes its own row
 * NaN. exp is `expBelowZero`, which has the same bits on every engine. Sums in doubles and rounds once to
 * float32. Cost: n·m exponentials. A scratch row keeps the exponentials in doubles: 1.7 × the loop that
 * computes each of them twice (1024²).
 */
export function softmaxRows(S: Matrix): Matrix {
  checkMatrix("softmaxRows", "S", S);
  const m = S.cols;
  const s = S.data;
  const out = new Float32Array(s.length);
  const exps = new Float64Array(m);
  for (let start = 0; start < s.length; start += m) {
    let max = -Infinity;
    for (let j = 0; j < m; j++) max = Math.max(max, s[start + j]!); // a NaN stays
    if (max === -Infinity) continue; // nothing allowed: zeros

    let sum = 0;
    for (let j = 0; j < m; j++) {
      const x = expBelowZero(s[start + j]! - max);
      exps[j] = x;
      sum += x;
    }
    const share = 1 / sum;
    for (let j = 0; j < m; j++) out[start + j] = exps[j]! * share;
  }
  return { rows: S.rows, cols: m, data: out };
}
