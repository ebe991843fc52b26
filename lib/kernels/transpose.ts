import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Rows become columns (転置).
 *
 *     C[j,i] = A[i,j]
 *
 *     A (n, m)   →   C (m, n)
 */
export function transpose(A: Matrix): Matrix {
  checkMatrix("transpose", "A", A);
  const out = new Float32Array(A.data.length);
  for (let i = 0, e = 0; i < A.rows; i++) {
    for (let j = 0; j < A.cols; j++, e++) out[j * A.rows + i] = A.data[e]!;
  }
  return { rows: A.cols, cols: A.rows, data: out };
}

/**
 * One matrix for each channel (チャネルを先頭へ): n tiles of m pixels with C channels become C matrices of n tiles
 * with their m pixels as features.
 *
 *     Z_c[t, s] = X_t[s, c]
 *
 *     n matrices X_t (m, C)   →   C matrices Z_c (n, m)
 *
 * `channelsLast` is the inverse, where there is a channel.
 * Errors: RangeError if there is no matrix, or if they differ in shape.
 */
export function channelsFirst(parts: readonly Matrix[]): Matrix[] {
  checkInteger("channelsFirst", "parts.length", parts.length, 1);
  const n = parts.length;
  const { rows: m, cols: C } = parts[0]!;
  parts.forEach((X, t) => checkMatrix("channelsFirst", `parts[${t}]`, X, { rows: m, cols: C }));
  const channels: Matrix[] = [];
  for (let c = 0; c < C; c++) {
    const data = new Float32Array(n * m);
    let e = 0;
    for (const X of parts) {
      for (let s = 0; s < m; s++) data[e++] = X.data[s * C + c]!;
    }
    channels.push({ rows: n, cols: m, data });
  }
  return channels;
}

/**
 * Channels become columns again (チャネルを末尾へ): the inverse of `channelsFirst`.
 *
 *     X_t[s, c] = Z_c[t, s]
 *
 *     C matrices Z_c (n, m)   →   n matrices X_t (m, C)
 *
 * Errors: RangeError if there is no matrix, or if they differ in shape.
 */
export function channelsLast(channels: readonly Matrix[]): Matrix[] {
  checkInteger("channelsLast", "channels.length", channels.length, 1);
  const C = channels.length;
  const { rows: n, cols: m } = channels[0]!;
  channels.forEach((Z, c) => checkMatrix("channelsLast", `channels[${c}]`, Z, { rows: n, cols: m }));
  const parts: Matrix[] = [];
  for (let t = 0; t < n; t++) {
    const data = new Float32Array(m * C);
    let e = 0;
    for (let s = 0; s < m; s++) {
      for (const Z of channels) data[e++] = Z.data[t * m + s]!;
    }
    parts.push({ rows: m, cols: C, data });
  }
  return parts;
}
