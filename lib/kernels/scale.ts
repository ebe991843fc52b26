import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/** Every entry times one number (スカラー倍): B[i,j] = factor · A[i,j], A (n, m) → B (n, m), rounded once to float32. */
export function scale(A: Matrix, factor: number): Matrix {
  checkMatrix("scale", "A", A);
  if (typeof factor !== "number") throw new TypeError(`scale: factor must be a number; got ${typeof factor}`);
  const out = new Float32Array(A.data.length);
  for (let e = 0; e < out.length; e++) out[e] = A.data[e]! * factor;
  return { rows: A.rows, cols: A.cols, data: out };
}
