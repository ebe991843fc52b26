import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/** A cell of a grid's map is lit by attention along the row. */
export const ALONG_ROW: number = 1;

/** A cell of a grid's map is lit by attention along the column. */
export const ALONG_COLUMN: number = 2;

/**
 * Why each cell of an (n, m) grid's map has weight (注意の由来): query cell (i, j), key cell (i', j').
 *
 *   why = ALONG_ROW if i = i' and j ≠ j', ALONG_COLUMN if j = j' and i ≠ i', both bits otherwise; 0 where the weight is 0
 *
 *   M (n·m, n·m)   →   why, n·m · n·m bytes in M's order
 *
 * Both bits are the query's own cell, which either pass reaches, and, where one pass follows the other, every cell off the cross:
 * it takes a step along a column and a step along a row.
 */
export function gridReasons(M: Matrix, n: number, m: number): Uint8Array {
  checkInteger("gridReasons", "n", n, 0);
  checkInteger("gridReasons", "m", m, 0);
  const cells = n * m;
  checkMatrix("gridReasons", "M", M, { rows: cells, cols: cells });
  const why = new Uint8Array(cells * cells);
  for (let q = 0, e = 0; q < cells; q++) {
    for (let k = 0; k < cells; k++, e++) {
      if (M.data[e] === 0) continue;
      const sameRow = Math.floor(q / m) === Math.floor(k / m);
      const sameColumn = q % m === k % m;
      why[e] = sameRow === sameColumn ? ALONG_ROW | ALONG_COLUMN : sameRow ? ALONG_ROW : ALONG_COLUMN;
    }
  }
  return why;
}
