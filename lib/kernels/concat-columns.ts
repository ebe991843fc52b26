import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Matrices side by side (列方向の連結), Concat(P_1, …, P_h).
 *
 *   C = [P_1 ‖ P_2 ‖ … ‖ P_h]
 *
 *   P_s (n, m_s)   →   C (n, m_1 + … + m_h)
 *
 * Errors: TypeError if parts is not an array, RangeError if there is no part, or if the parts differ in rows.
 */
export function concatColumns(parts: readonly Matrix[]): Matrix {
  if (!Array.isArray(parts)) throw new TypeError(`concatColumns: parts must be an array of matrices; got ${typeof parts}`);
  if (parts.length === 0) throw new RangeError("concatColumns: parts must hold at least 1 matrix; got 0");
  checkMatrix("concatColumns", "parts[0]", parts[0]!);
  const n = parts[0]!.rows;
  let cols = 0;
  for (let s = 0; s < parts.length; s++) {
    checkMatrix("concatColumns", `parts[${s}]`, parts[s]!, { rows: n });
    cols += parts[s]!.cols;
  }
  const out = new Float32Array(n * cols);
  let left = 0;
  for (const P of parts) {
    for (let i = 0; i < n; i++) out.set(P.data.subarray(i * P.cols, (i + 1) * P.cols), i * cols + left);
    left += P.cols;
  }
  return { rows: n, cols, data: out };
}
