import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Matrices one under the other (行方向の連結).
 *
 *   C = [P_1; P_2; …; P_s]
 *
 *   P_s (n_s, m)   →   C (n_1 + … + n_s, m)
 *
 * Errors: TypeError if parts is not an array, RangeError if there is no part, or if the parts differ in columns.
 */
export function concatRows(parts: readonly Matrix[]): Matrix {
  if (!Array.isArray(parts)) throw new TypeError(`concatRows: parts must be an array of matrices; got ${typeof parts}`);
  if (parts.length === 0) throw new RangeError("concatRows: parts must hold at least 1 matrix; got 0");
  checkMatrix("concatRows", "parts[0]", parts[0]!);
  const cols = parts[0]!.cols;
  let rows = 0;
  for (let s = 0; s < parts.length; s++) {
    checkMatrix("concatRows", `parts[${s}]`, parts[s]!, { cols });
    rows += parts[s]!.rows;
  }
  const out = new Float32Array(rows * cols);
  let filled = 0;
  for (const P of parts) {
    out.set(P.data, filled);
    filled += P.data.length;
  }
  return { rows, cols, data: out };
}
