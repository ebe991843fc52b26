import type { Matrix } from "../matrix.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { axisMap, gridReasons } from "../kernels/grid.ts";
import { mix } from "../kernels/mix.ts";

/**
 * How the two axes of a grid are put together: one pass on the output of the other, or both on the same input
 * and added.
 */
export type CombineAxes = "columns then rows" | "rows then columns" | "sum";

/**
 * The weights of both passes, one map or one map per head for each line: columns along axis 0, rows along
 * axis 1.
 */
export interface GridWeights {
  readonly columns: readonly (Matrix | readonly Matrix[])[];
  readonly rows: readonly (Matrix | readonly Matrix[])[];
}

/**
 * Maps over all cells of a grid, each (cells, cells), and why each cell of `composed` is lit (`gridReasons`).
 */
export interface GridMaps {
  readonly columns: Matrix;
  readonly rows: Matrix;
  readonly composed: Matrix;
  readonly reason: Uint8Array;
}

/**
 * The one map that two passes over a grid make together (合成した注意マップ).
 *
 *     C[(i,j), (i',j')] = A_j[i,i'] if j = j', else 0                     (1)
 *     R[(i,j), (i',j')] = A_i[j,j'] if i = i', else 0                     (2)
 *     "columns then rows":  M = R C                                       (3)
 *     "rows then columns":  M = C R                                       (4)
 *     "sum":                M = C + R                                     (5)
 *
 *     A_j (n, n) for each of the m columns, A_i (m, m) for each of the n rows of an (n, m) grid   →   C, R, M (n·m, n·m)
 *
 * Rows of M sum to 1 in (3) and (4), and to 2 in (5), which adds two softmaxes. M V is the output of the two
 * passes whenever neither projects, or each has one head. Several heads are averaged: M is then the mean of
 * the maps of all pairs of heads. After (3) and (4) every cell may be lit, after (5) only the query's cross.
 * Cost: (n·m)²·n or m; for looking at, not for computing with.
 */
export function gridMaps(
  { columns, rows }: GridWeights,
  grid: { rows: number; columns: number },
  combine: CombineAxes,
): GridMaps {
  const shape = [grid.rows, grid.columns];
  const oneMap = (weights: Matrix | readonly Matrix[]): Matrix =>
    "data" in weights ? weights : meanOf(weights);
  const C = axisMap(columns.map(oneMap), shape, 0); //                         (1)
  const R = axisMap(rows.map(oneMap), shape, 1); //                            (2)
  const compose = (): Matrix => {
    if (combine === "columns then rows") return mix(R, C); //                         (3) mix leaves the zeros out of R C
    if (combine === "rows then columns") return mix(C, R); //                  (4)
    if (combine === "sum") return add(C, R); //                                (5)
    throw new RangeError(
      `gridMaps: combine must be "columns then rows", "rows then columns" or "sum"; got ${String(combine)}`,
    );
  };
  const composed = compose();
  return { columns: C, rows: R, composed, reason: gridReasons(composed, grid.rows, grid.columns) };
}
