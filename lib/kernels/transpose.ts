import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/** Rows become columns (転置): C[j,i] = A[i,j], A (n, m) → C (m, n). */
export function transpose(A: Matrix): Matrix {
  checkMatrix("transpose", "A", A);
  const out = new Float32Array(A.data.length);
  for (let i = 0, e = 0; i < A.rows; i++) {
    for (let j = 0; j < A.cols; j++, e++) out[j * A.rows + i] = A.data[e]!;
  }
  return { rows: A.cols, cols: A.rows, data: out };
}

/**
 * A box of numbers turned by one axis (三つの軸の巡回): what was the column becomes the matrix, what was the matrix
 * becomes the row.
 *
 *     Z_c[t, s] = X_t[s, c]
 *
 *     n matrices X_t (m, C)   →   C matrices Z_c (n, m)
 *
 * Tiles of pixels of channels become, channel by channel, tiles with their pixels as features. Three turns
 * are none, so two undo one.
 * Errors: RangeError if there is no matrix, or if they differ in shape.
 */
export function channelsFirst(parts: readonly Matrix[]): Matrix[] {
  checkInteger("channelsFirst", "parts.length", parts.length, 1);
  const { rows: m, cols: C } = parts[0]!;
  parts.forEach((X, t) => checkMatrix("channelsFirst", `parts[${t}]`, X, { rows: m, cols: C }));
  const turned: Matrix[] = [];
  for (let c = 0; c < C; c++) {
    const data = new Float32Array(parts.length * m);
    let e = 0;
    for (const X of parts) for (let s = 0; s < m; s++) data[e++] = X.data[s * C + c]!;
    turned.push({ rows: parts.length, cols: m, data });
  }
  return turned;
}
