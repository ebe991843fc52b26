import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Rectifier of every entry (正規化線形関数, ReLU).
 *
 *     B[i,j] = max(0, A[i,j])
 *
 *     A (n, m)   →   B (n, m)
 *
 * A NaN stays NaN.
 */
export function relu(A: Matrix): Matrix {
  checkMatrix("relu", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = Math.max(0, A.data[e]!);
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Logistic function of every entry (シグモイド関数).
 *
 *     B[i,j] = 1 / (1 + exp(−A[i,j]))
 *
 *     A (n, m)   →   B (n, m)
 *
 * Rounds once to float32. −∞ gives 0, ∞ gives 1, a NaN stays NaN.
 */
export function sigmoid(A: Matrix): Matrix {
  checkMatrix("sigmoid", "A", A);
  const out = new Float32Array(A.data.length);
  // exp(−A) may reach ∞: 1 / ∞ is the 0 it should be
  for (let e = 0; e < out.length; e++) out[e] = 1 / (1 + Math.exp(-A.data[e]!));
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Hyperbolic tangent of every entry (双曲線正接).
 *
 *     B[i,j] = tanh A[i,j]
 *
 *     A (n, m)   →   B (n, m)
 *
 * Rounds once to float32. A NaN stays NaN.
 */
export function tanh(A: Matrix): Matrix {
  checkMatrix("tanh", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = Math.tanh(A.data[e]!);
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Gaussian error linear unit of every entry (GELU, 厳密形): x times the probability that a standard normal
 * number is below x.
 *
 *     B[i,j] = x Φ(x) = x/2 · (1 + erf(x / √2)),  x = A[i,j]
 *
 *     A (n, m)   →   B (n, m)
 *
 * Rounds once to float32. −∞ gives 0, ∞ gives ∞, a NaN stays NaN. CrossViT, CAT and Longformer use this form.
 * Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units" §2, arXiv 1606.08415.
 */
export function gelu(A: Matrix): Matrix {
  checkMatrix("gelu", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) {
    const x = A.data[e]!;
    // −∞ · 0 would be NaN, and the product tends to 0
    out[e] = x === -Infinity ? 0 : (x / 2) * (1 + erf(x * Math.SQRT1_2));
  }
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * GELU by a hyperbolic tangent (GELU の tanh 近似).
 *
 *     B[i,j] = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))),  x = A[i,j]
 *
 *     A (n, m)   →   B (n, m)
 *
 * It differs from the exact form by up to 5e-4: a model must be run with the form it was trained with.
 * Rounds once to float32. −∞ gives 0, ∞ gives ∞, a NaN stays NaN.
 * Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units" §2, arXiv 1606.08415.
 */
export function geluTanh(A: Matrix): Matrix {
  checkMatrix("geluTanh", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) {
    const x = A.data[e]!;
    const t = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
    out[e] = x === -Infinity ? 0 : (x / 2) * (1 + t); // −∞ · 0 would be NaN
  }
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * Swish of every entry (Swish, SiLU): x in the share that its own logistic function gives.
 *
 *     B[i,j] = x / (1 + exp(−x)),  x = A[i,j]
 *
 *     A (n, m)   →   B (n, m)
 *
 * Rounds once to float32. −∞ gives 0, ∞ gives ∞, a NaN stays NaN.
 * Source: Hendrycks and Gimpel 2016 §4, arXiv 1606.08415, as SiLU; Ramachandran et al. 2017,
 * arXiv 1710.05941, as Swish.
 */
export function swish(A: Matrix): Matrix {
  checkMatrix("swish", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) {
    const x = A.data[e]!;
    out[e] = x === -Infinity ? 0 : x / (1 + Math.exp(-x)); // −∞ / ∞ would be NaN
  }
  return { rows: A.rows, cols: A.cols, data: out };
}

/**
 * The error function of one number (誤差関数), in doubles.
 *
 *     erf(x) = 2/√π ∫_0^x exp(−t²) dt = 2/√π · exp(−x²) Σ_{n ≥ 0} 2ⁿ x^{2n+1} / (1 · 3 · … · (2n+1))
 *
 *     x, a number   →   erf(x), a number
 *
 * All terms have one sign, so nothing cancels: the error is below 2e-15, measured against 60 digits at 6,000
 * points. Beyond |x| = 6 the value is ±1 to the last bit. A NaN gives NaN.
 * Terms are added until they no longer change the sum. Cost: 20 terms at |x| = 1, 46 at 3.
 */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
