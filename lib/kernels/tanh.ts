import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/** Hyperbolic tangent of every entry (双曲線正接): B[i,j] = tanh A[i,j], A (n, m) → B (n, m), rounded once to float32. */
export function tanh(A: Matrix): Matrix {
  checkMatrix("tanh", "A", A);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = Math.tanh(A.data[e]!);
  return { rows: A.rows, cols: A.cols, data: out };
}
