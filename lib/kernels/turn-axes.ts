import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * A box of numbers turned by one axis (三つの軸の巡回): what was the column becomes the matrix, what was the matrix becomes the row.
 *
 *   Z_c[t, s] = X_t[s, c]
 *
 *   n matrices X_t (m, C)   →   C matrices Z_c (n, m)
 *
 * Tiles of pixels of channels become, channel by channel, tiles with their pixels as features. Three turns are none, so two undo one.
 * Errors: RangeError if there is no matrix, or if they differ in shape.
 */
export function turnAxes(parts: readonly Matrix[]): Matrix[] {
  checkInteger("turnAxes", "parts.length", parts.length, 1);
  const { rows: m, cols: C } = parts[0]!;
  parts.forEach((X, t) => checkMatrix("turnAxes", `parts[${t}]`, X, { rows: m, cols: C }));
  const turned: Matrix[] = [];
  for (let c = 0; c < C; c++) {
    const data = new Float32Array(parts.length * m);
    let e = 0;
    for (const X of parts) for (let s = 0; s < m; s++) data[e++] = X.data[s * C + c]!;
    turned.push({ rows: parts.length, cols: m, data });
  }
  return turned;
}
