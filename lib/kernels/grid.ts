import type { Matrix } from "../matrix.ts";
import { checkInteger, checkList, checkMatrix, zeros } from "../matrix.ts";

/**
 * Where the lines of a grid lie along one axis (格子の線の配置).
 *
 * There are `lines` lines of `length` cells each. Line ℓ is the rows first(ℓ), first(ℓ) + step,
 * first(ℓ) + 2·step …
 */
export interface GridLayout {
  readonly cells: number;
  readonly lines: number;
  readonly length: number;
  readonly step: number;
  readonly first: (line: number) => number;
}

/**
 * The layout of a grid's lines along one axis (格子の線の配置を求める).
 *
 * A grid of any number of axes is a matrix of one row a cell; the last axis runs fastest.
 * Cell (i, j) of a grid of n × m is row i·m + j. Lines stand in the order of their other coordinates.
 *
 *     grid: the lengths of its axes   axis: one of their numbers   →   the layout
 *
 * Errors: RangeError unless `grid` holds integers ≥ 0 and `axis` is one of its axes.
 */
export function gridLayout(where: string, grid: readonly number[], axis: number): GridLayout {
  checkList(where, "grid", grid, "numbers, the lengths of its axes");
  checkInteger(where, "axis", axis, 0, grid.length - 1);
  grid.forEach((length, a) => checkInteger(where, `grid[${a}]`, length, 0));
  const product = (from: number, to: number): number =>
    grid.slice(from, to).reduce((cells, length) => cells * length, 1);
  const length = grid[axis]!;
  const step = product(axis + 1, grid.length);
  const lines = product(0, axis) * step;
  return {
    cells: lines * length,
    lines,
    length,
    step,
    first: (line) => Math.floor(line / step) * step * length + (line % step),
  };
}

/**
 * One line of a grid along one axis (格子の一本の線).
 *
 *     L[i,·] = X[i·m + j,·]  for axis 0 of [n, m] and line j: a column of n cells
 *     L[j,·] = X[i·m + j,·]  for axis 1 of [n, m] and line i: a row of m cells
 *
 *     X (cells, d)   →   L (grid[axis], d)
 *
 * A line along the last axis is consecutive rows, so it is a view of X; any other is a copy.
 * Errors: RangeError unless X has one row for each cell of the grid, and for a line that it does not have.
 */
export function gridLine(X: Matrix, grid: readonly number[], axis: number, line: number): Matrix {
  const { cells, lines, length, step, first } = gridLayout("gridLine", grid, axis);
  checkMatrix("gridLine", "X", X, { rows: cells });
  checkInteger("gridLine", "line", line, 0, lines - 1);
  const d = X.cols;
  const start = first(line) * d;
  if (step === 1) {
    return { rows: length, cols: d, data: X.data.subarray(start, start + length * d) };
  }
  const out = new Float32Array(length * d);
  for (let t = 0, x = start; t < length; t++, x += step * d) {
    out.set(X.data.subarray(x, x + d), t * d);
  }
  return { rows: length, cols: d, data: out };
}

/**
 * The grid that has these lines along one axis (線から格子へ): the inverse of `gridLine` over all lines.
 *
 *     X[i·m + j,·] = L_j[i,·]  for axis 0 of [n, m], whose lines are columns
 *     X[i·m + j,·] = L_i[j,·]  for axis 1 of [n, m], whose lines are rows
 *
 *     L_ℓ (grid[axis], d), one for each line   →   X (cells, d), one row for each of the grid's cells
 *
 * Errors: RangeError unless there is a line, there are as many as the grid has along that axis, and all have
 * one shape.
 */
export function gridFromLines(lines: readonly Matrix[], grid: readonly number[], axis: number): Matrix {
  const { cells, lines: count, length, step, first } = gridLayout("gridFromLines", grid, axis);
  const rule = `as many lines as (${grid.join(", ")}) has along axis ${axis}, ${count}, and at least 1`;
  if (lines.length !== count || count === 0) {
    throw new RangeError(`gridFromLines: lines must hold ${rule}; got ${lines.length}`);
  }
  const d = lines[0]!.cols;
  const out = new Float32Array(cells * d);
  lines.forEach((L, line) => {
    checkMatrix("gridFromLines", `lines[${line}]`, L, { rows: length, cols: d });
    for (let t = 0, x = first(line) * d; t < length; t++, x += step * d) {
      out.set(L.data.subarray(t * d, (t + 1) * d), x);
    }
  });
  return { rows: cells, cols: d, data: out };
}

/**
 * The weights of the lines along one axis as one map over all cells (一軸の注意マップ).
 *
 *     M[cell t of line ℓ, cell u of line ℓ] = A_ℓ[t,u],  0 between cells of different lines
 *
 *     A_ℓ (n, n), one for each line of n cells along `axis`   →   M (cells, cells), rows are queries
 *
 * Errors: RangeError unless there are as many maps as lines, each (n, n).
 */
export function axisMap(weights: readonly Matrix[], grid: readonly number[], axis: number): Matrix {
  const { cells, lines, length, step, first } = gridLayout("axisMap", grid, axis);
  checkInteger("axisMap", "weights.length", weights.length, lines, lines);
  const out = zeros("axisMap", cells, cells);
  weights.forEach((A, line) => {
    checkMatrix("axisMap", `weights[${line}]`, A, { rows: length, cols: length });
    const start = first(line);
    for (let t = 0; t < length; t++) {
      for (let u = 0; u < length; u++) {
        out[(start + t * step) * cells + start + u * step] = A.data[t * length + u]!;
      }
    }
  });
  return { rows: cells, cols: cells, data: out };
}

/** The bit of attention along the row (行方向): a cell of a grid's map has weight for this reason. */
export const ALONG_ROW: number = 32;

/** The bit of attention along the column (列方向): a cell of a grid's map has weight for this reason. */
export const ALONG_COLUMN: number = 64;

/**
 * Why each cell of a grid's map has weight (注意の由来), for the query's cell (i, j) and the key's cell (i', j').
 *
 *     reason = ALONG_ROW                   if i = i' and j ≠ j'
 *     reason = ALONG_COLUMN                if j = j' and i ≠ i'
 *     reason = ALONG_ROW | ALONG_COLUMN    otherwise
 *     reason = 0                           where M is 0
 *
 *     M (n·m, n·m), the map of a grid of n × m cells   →   one byte for each entry, in M's order
 *
 * Both bits are set at the query's own cell, which either pass reaches. Where one pass follows the other,
 * they are set off the cross too: the path takes one step along a column and one along a row.
 * Errors: RangeError unless n and m are integers ≥ 0 and M has n·m rows and columns.
 */
export function gridReasons(M: Matrix, n: number, m: number): Uint8Array {
  checkInteger("gridReasons", "n", n, 0);
  checkInteger("gridReasons", "m", m, 0);
  const cells = n * m;
  checkMatrix("gridReasons", "M", M, { rows: cells, cols: cells });
  const reason = new Uint8Array(cells * cells);
  for (let q = 0, e = 0; q < cells; q++) {
    for (let k = 0; k < cells; k++, e++) {
      if (M.data[e] === 0) continue;
      const sameRow = Math.floor(q / m) === Math.floor(k / m);
      const sameColumn = q % m === k % m;
      reason[e] = sameRow === sameColumn ? ALONG_ROW | ALONG_COLUMN : sameRow ? ALONG_ROW : ALONG_COLUMN;
    }
  }
  return reason;
}
