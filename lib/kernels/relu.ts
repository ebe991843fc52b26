import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/** Rectifier of every entry (正規化線形関数, ReLU): B[i,j] = max(0, A[i,j]), A (n, m) → B (n, m). A NaN stays NaN. */
export function relu(A: Matrix): Matrix {
  checkMatrix("relu", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = Math.max(0, A.data[e]!);
  return { rows: A.rows, cols: A.cols, data: out };
}
