import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Some rows kept, the others set to zero (行の選択), in a copy.
 *
 *   C[i,·] = A[i,·] if keep(i), else 0
 *
 *   A (n, m)   →   C (n, m)
 *
 * What stood in a row that is not kept, NaN included, is gone. Errors: TypeError unless `keep` is a function.
 */
export function keepRows(A: Matrix, keep: (i: number) => boolean): Matrix {
  checkMatrix("keepRows", "A", A);
  if (typeof keep !== "function") throw new TypeError(`keepRows: keep must be a function (i) => boolean; got ${typeof keep}`);
  const out = new Float32Array(A.data.length);
  for (let i = 0; i < A.rows; i++) if (keep(i)) out.set(A.data.subarray(i * A.cols, (i + 1) * A.cols), i * A.cols);
  return { rows: A.rows, cols: A.cols, data: out };
}
