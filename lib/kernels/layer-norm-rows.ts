import type { Matrix } from "../matrix.ts";
import { checkFinite, checkMatrix } from "../matrix.ts";

/**
 * Each row brought to mean 0 and variance 1 (行ごとの正規化), then stretched and shifted by column.
 *
 *     μ_i    = (1/d) Σ_c X[i,c]                                     (1)
 *     σ²_i   = (1/d) Σ_c (X[i,c] − μ_i)²                            (2)
 *     Y[i,c] = γ[c] (X[i,c] − μ_i) / √(σ²_i + ε) + β[c]             (3)
 *
 *     X (n, d)   γ (1, d), ones where absent   β (1, d), zeros where absent   →   Y (n, d)
 *
 * The variance is the biased one, over d and not d − 1, and ε stands inside the root. A constant row gives β
 * to within float32: its centre is 0, whatever ε. The variance is summed in a second pass over the row: E[x²]
 * − μ² would lose all its digits on a large mean. Sums in doubles and rounds once to float32.
 * Cost: about 5 additions or multiplications a number.
 * Errors: RangeError unless ε is a finite number > 0 and γ and β are (1, d).
 */
export function layerNormRows(
  X: Matrix,
  eps: number,
  gamma?: Matrix | undefined,
  beta?: Matrix | undefined,
): Matrix {
  checkMatrix("layerNormRows", "X", X);
  checkFinite("layerNormRows", "eps", eps, 0);
  if (gamma !== undefined) checkMatrix("layerNormRows", "gamma", gamma, { rows: 1, cols: X.cols });
  if (beta !== undefined) checkMatrix("layerNormRows", "beta", beta, { rows: 1, cols: X.cols });
  const d = X.cols;
  const x = X.data;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += d) {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += x[start + c]!;
    const mean = sum / d; //                                               (1)
    let squares = 0;
    for (let c = 0; c < d; c++) squares += (x[start + c]! - mean) * (x[start + c]! - mean);
    const variance = squares / d; //                                       (2)
    const root = Math.sqrt(variance + eps);
    for (let c = 0; c < d; c++) {
      const g = gamma === undefined ? 1 : gamma.data[c]!;
      const b = beta === undefined ? 0 : beta.data[c]!;
      out[start + c] = (g * (x[start + c]! - mean)) / root + b; //         (3)
    }
  }
  return { rows: X.rows, cols: d, data: out };
}
