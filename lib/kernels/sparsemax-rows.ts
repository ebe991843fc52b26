import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Sparsemax of each row (スパースマックス): the nearest weights that sum to 1; low scores get exactly 0.
 *
 *     A[i,j] = max(0, S[i,j] − τ_i),  τ_i such that Σ_j A[i,j] = 1
 *     τ_i = (Σ_{j ≤ k} s_j − 1) / k,  k the largest number with 1 + k·s_k > Σ_{j ≤ k} s_j
 *
 *     S (n, m) scores   →   A (n, m) weights,  s_1 ≥ s_2 ≥ … the scores of row i in order
 *
 * A score of −∞ has weight 0; a row of −∞ alone is all zeros. A NaN or +∞ makes its own row NaN, as in
 * `softmaxRows`. Sums in doubles and rounds once to float32. Cost: one sort of m scores a row.
 * Source: Martins and Astudillo 2016, "From Softmax to Sparsemax", Algorithm 1, arXiv 1602.02068.
 */
export function sparsemaxRows(S: Matrix): Matrix {
  checkMatrix("sparsemaxRows", "S", S);
  const m = S.cols;
  const out = new Float32Array(S.data.length);
  for (let start = 0; start < out.length; start += m) {
    const sorted = S.data.slice(start, start + m).sort(); // ascending, a NaN last
    const max = m === 0 ? -Infinity : sorted[m - 1]!;
    if (max === -Infinity) continue;
    if (!(max < Infinity)) {
      out.fill(NaN, start, start + m);
      continue;
    }
    // Scores are taken relative to the largest, so that huge ones keep the 1 of the equation in their sums.
    let sum = 0;
    let tau = 0;
    for (let k = 1; k <= m; k++) {
      const s = sorted[m - k]! - max;
      sum += s;
      if (!(1 + k * s > sum)) break;
      tau = (sum - 1) / k;
    }
    for (let j = 0; j < m; j++) out[start + j] = Math.max(0, S.data[start + j]! - max - tau);
  }
  return { rows: S.rows, cols: m, data: out };
}
