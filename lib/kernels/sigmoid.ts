import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/** Logistic function of every entry (シグモイド関数): B[i,j] = 1 / (1 + exp(−A[i,j])), A (n, m) → B (n, m), rounded once to float32. */
export function sigmoid(A: Matrix): Matrix {
  checkMatrix("sigmoid", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = 1 / (1 + Math.exp(-A.data[e]!)); // exp(−A) may reach ∞: 1 / ∞ is the 0 it should be
  return { rows: A.rows, cols: A.cols, data: out };
}
