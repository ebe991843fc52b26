import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, matrix } from "../matrix.ts";

/**
 * Relative position bias (相対位置バイアス) of a p × p square of pixels: what is added to a score depends on where
 * the key lies from the query.
 *
 *     B_h[s, s'] = table[(y − y' + p − 1)·(2p − 1) + (x − x' + p − 1), h],   s = y·p + x,  s' = y'·p + x'
 *
 *     table ((2p − 1)², h heads), learned   →   h matrices (p², p²), to be added to the scores;   s the query's pixel, s' the key's
 *
 * Both differences run from −(p − 1) to p − 1, which is why the table has (2p − 1)² rows; a pixel and itself
 * take its middle row.
 * Errors: RangeError unless the table has (2p − 1)² rows.
 * Source: Liu et al. 2021, "Swin Transformer" §3.2, Eq. 4, arXiv 2103.14030; `Attention` of
 * linhezheng19/CAT's `src/cat.py`.
 */
export function relativePositionBias(table: Matrix, p: number): Matrix[] {
  checkInteger("relativePositionBias", "p", p, 1);
  checkMatrix("relativePositionBias", "table", table, { rows: (2 * p - 1) * (2 * p - 1) });
  const biases: Matrix[] = [];
  for (let h = 0; h < table.cols; h++) biases.push(matrix(p * p, p * p));
  let e = 0;
  for (let s = 0; s < p * p; s++) {
    for (let t = 0; t < p * p; t++, e++) {
      const row = relativeRow(s, t, p);
      for (let h = 0; h < table.cols; h++) biases[h]!.data[e] = table.data[row * table.cols + h]!;
    }
  }
  return biases;
}

/** The row of the table for query pixel s and key pixel t of a p × p square (相対位置の番号). */
export function relativeRow(s: number, t: number, p: number): number {
  const down = Math.floor(s / p) - Math.floor(t / p);
  const across = (s % p) - (t % p);
  return (down + p - 1) * (2 * p - 1) + across + p - 1;
}
