import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Entry-wise mean of matrices of one shape (行列の平均): M[i,j] = (1/h) Σ_s P_s[i,j], the mean map of h heads, say.
 *
 *   P_s (n, m), h of them   →   M (n, m), summed in doubles and rounded once
 *
 * Errors: RangeError if there is none, or if they differ in shape.
 */
export function meanOf(parts: readonly Matrix[]): Matrix {
  if (parts.length === 0) throw new RangeError("meanOf: parts must hold at least 1 matrix; got 0");
  const { rows, cols } = parts[0]!;
  parts.forEach((P, s) => checkMatrix("meanOf", `parts[${s}]`, P, { rows, cols }));
  const out = new Float32Array(rows * cols);
  for (let e = 0; e < out.length; e++) {
    let sum = 0;
    for (const P of parts) sum += P.data[e]!;
    out[e] = sum / parts.length;
  }
  return { rows, cols, data: out };
}
