import type { Matrix } from "../matrix.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { axisMap, gridReasons } from "../kernels/grid.ts";
import { checkChoice, checkInteger, checkList, checkOptions } from "../matrix.ts";
import { mix } from "../kernels/mix.ts";

/**
 * How the axes of a grid are combined: one pass on the output of the other, or both on one input and then
 * added.
 */
export type CombineAxes = "columns then rows" | "rows then columns" | "sum";

/** The size of a grid of two axes. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

/**
 * The weights of both passes, one map or one map per head for each line: columns along axis 0, rows along
 * axis 1.
 */
export interface GridWeights {
  readonly columns: readonly (Matrix | readonly Matrix[])[];
  readonly rows: readonly (Matrix | readonly Matrix[])[];
}

/**
 * Maps (cells, cells) over all cells of a grid, and the reason why each cell of `composed` is lit
 * (`gridReasons`).
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
 *     columns: m maps A_j (n, n)   rows: n maps A_i (m, m)   →   C (n·m, n·m), R (n·m, n·m), M (n·m, n·m)
 *     n rows i, m columns j of the grid
 *
 * Rows of M sum to 1 in (3) and (4), and to 2 in (5), which adds two softmaxes. M V is the output of the two
 * passes if neither projects, or each has one head. Several heads are averaged: M is then the mean over all
 * pairs of heads. After (3) and (4) every cell may be lit, after (5) only the cross of the query.
 * Cost: (n·m)²·n or (n·m)²·m multiply-adds; the map is for looking at, not for computing with.
 * Errors: RangeError unless there is a map of its size for each line, or for another `combine`.
 */
export function gridMaps(weights: GridWeights, grid: GridSize, combine: CombineAxes): GridMaps {
  checkOptions("gridMaps", weights, ["columns", "rows"], "weights");
  const { columns, rows } = weights;
  checkList("gridMaps", "weights.columns", columns, "maps, or lists of them, one for each line");
  checkList("gridMaps", "weights.rows", rows, "maps, or lists of them, one for each line");
  checkChoice("gridMaps", "combine", combine, ["columns then rows", "rows then columns", "sum"]);
  checkGridSize("gridMaps", grid);
  const { rows: n, columns: m } = grid;
  const oneMap = (A: Matrix | readonly Matrix[]): Matrix => ("data" in A ? A : meanOf(A));

  const C = axisMap(columns.map(oneMap), [n, m], 0); //       (1) (n·m, n·m)
  const R = axisMap(rows.map(oneMap), [n, m], 1); //          (2) (n·m, n·m)
  const compose = (): Matrix => {
    if (combine === "columns then rows") return mix(R, C); // (3) mix skips the zeros of R
    if (combine === "rows then columns") return mix(C, R); // (4) mix skips the zeros of C
    return add(C, R); //                                      (5) (n·m, n·m)
  };
  const M = compose();
  return { columns: C, rows: R, composed: M, reason: gridReasons(M, n, m) };
}

/** Throws unless the size of a grid is { rows, columns }, integers ≥ 0. */
export function checkGridSize(where: string, grid: GridSize): void {
  checkOptions(where, grid, ["rows", "columns"], "grid");
  checkInteger(where, "grid.rows", grid.rows, 0);
  checkInteger(where, "grid.columns", grid.columns, 0);
}
