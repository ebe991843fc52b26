import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { gridLayout } from "./grid-lines.ts";

/**
 * The weights of the lines along one axis as one map over all cells (一軸の注意マップ): 0 between cells of different lines.
 *
 *   M[cell t of line ℓ, cell u of line ℓ] = A_ℓ[t,u]
 *
 *   A_ℓ (n, n), one for each line of n cells along `axis`   →   M (cells, cells), rows are queries
 *
 * Errors: RangeError unless there are as many maps as lines, each (n, n).
 */
export function axisMap(weights: readonly Matrix[], grid: readonly number[], axis: number): Matrix {
  const { cells, lines, length, step, first } = gridLayout("axisMap", grid, axis);
  checkInteger("axisMap", "weights.length", weights.length, lines, lines);
  const out = new Float32Array(cells * cells);
  weights.forEach((A, line) => {
    checkMatrix("axisMap", `weights[${line}]`, A, { rows: length, cols: length });
    const start = first(line);
    for (let t = 0; t < length; t++) {
      for (let u = 0; u < length; u++) out[(start + t * step) * cells + start + u * step] = A.data[t * length + u]!;
    }
  });
  return { rows: cells, cols: cells, data: out };
}
