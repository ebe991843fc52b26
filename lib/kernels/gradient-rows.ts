import type { Matrix } from "../matrix.ts";
import { checkFinite, checkMatrix } from "../matrix.ts";

/**
 * From the gradient of softmax's weights to the gradient of its scores, row by row (ソフトマックスの勾配).
 *
 *     dS[i,j] = A[i,j] (dA[i,j] − Σ_j' A[i,j'] dA[i,j'])
 *
 *     A (n, m) weights, rows of `softmaxRows`   dA (n, m)   →   dS (n, m)
 *
 * dA is read only where A is not 0, so a hidden cell gets exactly 0, and a row of zeros gives zeros. Each row
 * of dS sums to 0 up to rounding: the same number added to all scores changes nothing. Sums in doubles,
 * rounds once.
 * Errors: RangeError unless A and dA have one shape.
 */
export function softmaxGradientRows(A: Matrix, dA: Matrix): Matrix {
  checkMatrix("softmaxGradientRows", "A", A);
  checkMatrix("softmaxGradientRows", "dA", dA, A);
  const m = A.cols;
  const data = new Float32Array(A.data.length);
  for (let start = 0; start < data.length; start += m) {
    let mean = 0;
    for (let j = start; j < start + m; j++) {
      const a = A.data[j]!;
      if (a !== 0) mean += a * dA.data[j]!;
    }
    for (let j = start; j < start + m; j++) {
      const a = A.data[j]!;
      if (a !== 0) data[j] = a * (dA.data[j]! - mean);
    }
  }
  return { rows: A.rows, cols: m, data };
}

/**
 * From the gradient of a normalised row to the gradient of the row (レイヤー正規化の勾配).
 *
 *     x̂[c] = (x[c] − μ) / √(σ² + ε),  μ and σ² the mean and the variance of the row
 *     dx[c] = (g[c] − (1/d) Σ_c' g[c'] − x̂[c] (1/d) Σ_c' g[c'] x̂[c']) / √(σ² + ε)
 *
 *     X (n, d) rows x   G (n, d) rows g = ∂loss/∂x̂   →   dX (n, d)
 *
 * A row of G that is all zeros gives zeros, and its row of X is not read. Sums in doubles and rounds once to
 * float32.
 * Errors: RangeError unless X and G have one shape and ε is a finite number > 0.
 */
export function layerNormGradientRows(X: Matrix, eps: number, G: Matrix): Matrix {
  checkMatrix("layerNormGradientRows", "X", X);
  checkFinite("layerNormGradientRows", "eps", eps, 0);
  checkMatrix("layerNormGradientRows", "G", G, X);
  const d = X.cols;
  const x = X.data;
  const g = G.data;
  const data = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += d) {
    if (isZero(g, start, d)) continue;
    let mean = 0;
    for (let c = start; c < start + d; c++) mean += x[c]! / d;
    let variance = 0;
    for (let c = start; c < start + d; c++) variance += ((x[c]! - mean) * (x[c]! - mean)) / d;
    const root = Math.sqrt(variance + eps);

    let meanOfG = 0;
    let meanOfGX = 0;
    for (let c = start; c < start + d; c++) {
      meanOfG += g[c]! / d;
      meanOfGX += (g[c]! * (x[c]! - mean)) / root / d;
    }
    for (let c = start; c < start + d; c++) {
      data[c] = (g[c]! - meanOfG - ((x[c]! - mean) / root) * meanOfGX) / root;
    }
  }
  return { rows: X.rows, cols: d, data };
}

/** Whether d numbers from `start` on are all 0. */
function isZero(numbers: Float32Array, start: number, d: number): boolean {
  for (let c = start; c < start + d; c++) if (numbers[c] !== 0) return false;
  return true;
}
