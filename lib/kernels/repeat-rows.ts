import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/** A matrix under itself so many times (行方向の繰り返し): C[r·n + i,·] = A[i,·], A (n, m) → C (times·n, m): the same position terms for every line. */
export function repeatRows(A: Matrix, times: number): Matrix {
  checkMatrix("repeatRows", "A", A);
  checkInteger("repeatRows", "times", times, 0);
  const out = new Float32Array(times * A.data.length);
  for (let r = 0; r < times; r++) out.set(A.data, r * A.data.length);
  return { rows: times * A.rows, cols: A.cols, data: out };
}
