import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Old and new in the shares that a gate decides (ゲートによる混合).
 *
 *   C[i,c] = (1 − Z[i,c]) · N[i,c] + Z[i,c] · H[i,c]
 *
 *   gate Z, new N, old H (n, d)   →   C (n, d), rounded once to float32
 *
 * Z = 1 keeps the old, Z = 0 takes the new.
 * Errors: RangeError unless N and H have Z's shape.
 */
export function blend(Z: Matrix, N: Matrix, H: Matrix): Matrix {
  checkMatrix("blend", "Z", Z);
  checkMatrix("blend", "N", N, Z);
  checkMatrix("blend", "H", H, Z);
  const out = new Float32Array(Z.data.length);
  for (let e = 0; e < out.length; e++) {
    const z = Z.data[e]!;
    out[e] = (1 - z) * N.data[e]! + z * H.data[e]!;
  }
  return { rows: Z.rows, cols: Z.cols, data: out };
}
