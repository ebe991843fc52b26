import type { Matrix } from "../matrix.ts";
import { checkMatrix, zeros } from "../matrix.ts";

/**
 * Every query against every key through one layer of tanh units (加法スコア).
 *
 *     S[i,j] = Σ_c v[c] tanh(P[i,c] + R[j,c])
 *
 *     P (n, d) projected queries   R (m, d) projected keys   v (d, 1)   →   S (n, m)
 *
 * Sums in doubles and rounds once to float32. Cost: n·m·d hyperbolic tangents and multiply-adds.
 * Errors: RangeError unless R has P's columns and v is one column of as many numbers.
 */
export function additiveScores(P: Matrix, R: Matrix, v: Matrix): Matrix {
  checkMatrix("additiveScores", "P", P);
  checkMatrix("additiveScores", "R", R, { cols: P.cols });
  checkMatrix("additiveScores", "v", v, { rows: P.cols, cols: 1 });
  const d = P.cols;
  const out = zeros("additiveScores", P.rows, R.rows);
  for (let i = 0, e = 0; i < P.rows; i++) {
    for (let j = 0; j < R.rows; j++, e++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += v.data[c]! * Math.tanh(P.data[i * d + c]! + R.data[j * d + c]!);
      out[e] = sum;
    }
  }
  return { rows: P.rows, cols: R.rows, data: out };
}
