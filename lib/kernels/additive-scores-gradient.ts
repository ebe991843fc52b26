import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * From the gradient of additive scores to those of their three inputs (加法スコアの勾配).
 *
 *     S[i,j]  = Σ_c v[c] T[i,j,c],  T[i,j,c] = tanh(P[i,c] + R[j,c])
 *     dP[i,c] = Σ_j dS[i,j] v[c] (1 − T[i,j,c]²)
 *     dR[j,c] = Σ_i dS[i,j] v[c] (1 − T[i,j,c]²)
 *     dv[c]   = Σ_i,j dS[i,j] T[i,j,c]
 *
 *     P (n, d) projected queries   R (m, d) projected keys   v (d, 1)   dS (n, m)
 *     →   dP (n, d), dR (m, d), dv (d, 1)
 *
 * A pair whose dS is 0 is not read. Sums in doubles and rounds once to float32.
 * Cost: d hyperbolic tangents a pair. Errors: RangeError unless the shapes agree as above.
 */
export function additiveScoresGradient(
  P: Matrix,
  R: Matrix,
  v: Matrix,
  dS: Matrix,
): { dP: Matrix; dR: Matrix; dv: Matrix } {
  checkMatrix("additiveScoresGradient", "P", P);
  checkMatrix("additiveScoresGradient", "R", R, { cols: P.cols });
  checkMatrix("additiveScoresGradient", "v", v, { rows: P.cols, cols: 1 });
  checkMatrix("additiveScoresGradient", "dS", dS, { rows: P.rows, cols: R.rows });
  const d = P.cols;
  const toP = new Float64Array(P.data.length);
  const toR = new Float64Array(R.data.length);
  const toV = new Float64Array(d);
  for (let i = 0, e = 0; i < P.rows; i++) {
    for (let j = 0; j < R.rows; j++, e++) {
      const s = dS.data[e]!;
      if (s === 0) continue;
      for (let c = 0; c < d; c++) {
        const t = Math.tanh(P.data[i * d + c]! + R.data[j * d + c]!);
        const back = s * v.data[c]! * (1 - t * t);
        toP[i * d + c] = toP[i * d + c]! + back;
        toR[j * d + c] = toR[j * d + c]! + back;
        toV[c] = toV[c]! + s * t;
      }
    }
  }
  return {
    dP: { rows: P.rows, cols: d, data: new Float32Array(toP) },
    dR: { rows: R.rows, cols: d, data: new Float32Array(toR) },
    dv: { rows: d, cols: 1, data: new Float32Array(toV) },
  };
}
