import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, matrix } from "../matrix.ts";

/**
 * Relative position bias of a p × p square of pixels (相対位置バイアス): a term of the score that depends only on
 * where the key lies relative to the query.
 *
 *     B_h[s, s'] = table[(y − y' + p − 1)·(2p − 1) + (x − x' + p − 1), h],   s = y·p + x,  s' = y'·p + x'
 *
 *     table ((2p − 1)², H), learned, a column for each of H heads   →   B_h (p², p²), H of them
 *
 * s is the query's pixel, s' the key's. Both differences run from −(p − 1) to p − 1: the table has (2p − 1)²
 * rows. A pixel and itself take the middle row. The numbers are copied.
 * Errors: RangeError unless p is an integer ≥ 1 and the table has (2p − 1)² rows.
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

/**
 * The relative position bias, backwards (相対位置バイアスの逆伝播): each row of the table gathers the cells that it went
 * to.
 *
 *     dTable[row, h] = Σ dB_h[s, s'] over the pairs s, s' of that row
 *
 *     dB_h (p², p²), one for each of h heads   →   dTable ((2p − 1)², h), summed in doubles and rounded once
 *
 * Errors: RangeError unless there is a head and each dB_h is (p², p²).
 */
export function relativePositionBiasGradient(dB: readonly Matrix[], p: number): Matrix {
  checkInteger("relativePositionBiasGradient", "p", p, 1);
  checkInteger("relativePositionBiasGradient", "dB.length", dB.length, 1);
  const h = dB.length;
  const rows = (2 * p - 1) * (2 * p - 1);
  const sums = new Float64Array(rows * h);
  dB.forEach((M, m) => {
    checkMatrix("relativePositionBiasGradient", `dB[${m}]`, M, { rows: p * p, cols: p * p });
    for (let s = 0, e = 0; s < p * p; s++) {
      for (let t = 0; t < p * p; t++, e++) {
        const place = relativeRow(s, t, p) * h + m;
        sums[place] = sums[place]! + M.data[e]!;
      }
    }
  });
  return { rows, cols: h, data: new Float32Array(sums) };
}

/**
 * The row of the table for query pixel s and key pixel t of a p × p square (相対位置の番号).
 *
 *     row = (y − y' + p − 1)·(2p − 1) + (x − x' + p − 1),  s = y·p + x,  t = y'·p + x'
 *
 *     s, t in [0, p² − 1]   →   row in [0, (2p − 1)² − 1]
 */
export function relativeRow(s: number, t: number, p: number): number {
  const down = Math.floor(s / p) - Math.floor(t / p);
  const across = (s % p) - (t % p);
  return (down + p - 1) * (2 * p - 1) + across + p - 1;
}
