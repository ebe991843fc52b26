import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { erf } from "./activations.ts";

/**
 * Slope of the rectifier (ReLU の導関数).
 *
 *     B[i,j] = 1 if A[i,j] > 0, else 0
 *
 *     A (n, m)   →   B (n, m)
 *
 * At 0, where the slope is not defined, 0: the convention of PyTorch. A NaN gives NaN.
 */
export function reluSlope(A: Matrix): Matrix {
  checkMatrix("reluSlope", "A", A);
  return slopesOf(A, (x) => (x > 0 ? 1 : x <= 0 ? 0 : NaN));
}

/**
 * Slope of the exact GELU (GELU の導関数), Φ(x) + x φ(x).
 *
 *     B[i,j] = (1 + erf(x/√2)) / 2 + x exp(−x²/2) / √(2π),  x = A[i,j]
 *
 *     A (n, m)   →   B (n, m), rounded once to float32
 */
export function geluSlope(A: Matrix): Matrix {
  checkMatrix("geluSlope", "A", A);
  const density = 1 / Math.sqrt(2 * Math.PI);
  return slopesOf(A, (x) => {
    if (Math.abs(x) > 40) return x > 0 ? 1 : 0; // exp(−800) is 0, and ∞ · 0 would be NaN
    return (1 + erf(x * Math.SQRT1_2)) / 2 + x * density * Math.exp((-x * x) / 2);
  });
}

/**
 * Slope of GELU by a hyperbolic tangent (tanh 近似の GELU の導関数).
 *
 *     u = √(2/π) (x + 0.044715 x³),  x = A[i,j]
 *     B[i,j] = (1 + tanh u) / 2 + x (1 − tanh² u) √(2/π) (1 + 3 · 0.044715 x²) / 2
 *
 *     A (n, m)   →   B (n, m), rounded once to float32
 */
export function geluTanhSlope(A: Matrix): Matrix {
  checkMatrix("geluTanhSlope", "A", A);
  const factor = Math.sqrt(2 / Math.PI);
  return slopesOf(A, (x) => {
    if (Math.abs(x) > 40) return x > 0 ? 1 : 0; // tanh is ±1, and ∞ · 0 would be NaN
    const t = Math.tanh(factor * (x + 0.044715 * x * x * x));
    return (1 + t) / 2 + (x * (1 - t * t) * factor * (1 + 3 * 0.044715 * x * x)) / 2;
  });
}

/**
 * Slope of tanh, from its output (tanh の導関数).
 *
 *     B[i,j] = 1 − Y[i,j]²,  Y = tanh(A)
 *
 *     Y (n, m)   →   B (n, m), rounded once to float32
 */
export function tanhSlope(Y: Matrix): Matrix {
  checkMatrix("tanhSlope", "Y", Y);
  return slopesOf(Y, (y) => 1 - y * y);
}

/**
 * Slope of the logistic function, from its output (シグモイド関数の導関数).
 *
 *     B[i,j] = Y[i,j] (1 − Y[i,j]),  Y = sigmoid(A)
 *
 *     Y (n, m)   →   B (n, m), rounded once to float32
 */
export function sigmoidSlope(Y: Matrix): Matrix {
  checkMatrix("sigmoidSlope", "Y", Y);
  return slopesOf(Y, (y) => y * (1 - y));
}

/** A matrix of the slopes at each entry. */
function slopesOf(A: Matrix, slope: (x: number) => number): Matrix {
  return { rows: A.rows, cols: A.cols, data: A.data.map(slope) };
}
