/** A drawing read along its rows and its columns: each pass, and the map that both make together. */
import type { CombineAxes, GridMaps } from "../../../lib/attention/grid-maps.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Projected } from "./sparse.ts";
import { AxialAttention } from "../../../lib/attention/axial-attention.ts";
import { FactorizedAttention } from "../../../lib/attention/factorized-attention.ts";
import { ParallelFactorizedAttention } from "../../../lib/attention/parallel-factorized-attention.ts";
import { attendAlong } from "../../../lib/attention/attend-along.ts";
import { axisMap, gridReasons } from "../../../lib/kernels/grid.ts";
import { fromFunction, randomGenerator } from "../../../lib/matrix.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { meanOf, scale } from "../../../lib/kernels/entrywise.ts";
import { mix } from "../../../lib/kernels/mix.ts";
import { randomHead } from "../../../lib/attention/heads.ts";
import { sumOf } from "../../../lib/kernels/sums.ts";

/** The grid is a square of this side. */
export const GRID_SIDE = 8;

/** Features of a cell. */
const GRID_WIDTH = 8;

export const GRID_KINDS = ["axial", "factorised", "parallel"] as const;
export type GridKind = (typeof GRID_KINDS)[number];
export type GridWrong = "right" | "transpose";

export interface GridSettings {
  readonly ink: readonly number[];
  readonly kind: GridKind;
  readonly combine: CombineAxes;
  readonly wrong: GridWrong;
  readonly seed: number;
}

/** The features of each cell: its ink, and where it stands. */
export function gridFeatures(ink: readonly number[]): Matrix {
  const side = GRID_SIDE;
  const inked = new Set(ink);
  return fromFunction(side * side, GRID_WIDTH, (cell, c) => {
    const [i, j] = [Math.floor(cell / side), cell % side];
    const place = c < 4 ? i : j;
    if (c % 4 === 0) return inked.has(cell) ? 2 : -0.5;
    if (c % 4 === 1) return inked.has(cell) ? -1 : 0.5;
    const angle = (Math.PI * (place + 0.5)) / side;
    return c % 4 === 2 ? Math.sin(angle) : Math.cos(angle);
  });
}

/** The maps of one drawing. */
export function gridModel({ ink, kind, combine, wrong, seed }: GridSettings): GridMaps {
  const X = gridFeatures(ink);
  const size = { rows: GRID_SIDE, columns: GRID_SIDE };
  const random = randomGenerator(seed);
  if (kind === "parallel") return parallelMaps(X, random);
  if (kind === "factorised") {
    const attention = FactorizedAttention.random({ d_model: GRID_WIDTH, heads: 1 }, random);
    return attention.maps(attention.forward(...lineMeans(X)).weights);
  }
  const attention = AxialAttention.random({ d_model: GRID_WIDTH, heads: 1, combine }, random);
  if (wrong === "transpose") return withoutTranspose(X, attention);
  return attention.maps(attention.forward(X, size).weights, size);
}

/** The mean of each row and of each column of the grid: the queries that a factorised attention fuses. */
export function lineMeans(X: Matrix): [Matrix, Matrix] {
  const mean = (at: (line: number, t: number) => number): Matrix =>
    fromFunction(GRID_SIDE, X.cols, (line, c) => {
      let sum = 0;
      for (let t = 0; t < GRID_SIDE; t++) sum += X.data[at(line, t) * X.cols + c]!;
      return sum / GRID_SIDE;
    });
  return [mean((i, t) => i * GRID_SIDE + t), mean((j, t) => t * GRID_SIDE + j)];
}

/** The document's reading: both axes at once, each with queries and keys of its own, and added. */
function parallelMaps(X: Matrix, random: () => number): GridMaps {
  const axis = (): Projected => {
    const { W_Q, W_K, W_V } = randomHead({ d_query: GRID_WIDTH, d_k: GRID_WIDTH }, random);
    return { Q: linear(X, W_Q), K: linear(X, W_K), V: linear(X, W_V) };
  };
  const attention = new ParallelFactorizedAttention();
  const input = { lateral: axis(), longitudinal: axis(), N_R: GRID_SIDE, N_L: GRID_SIDE };
  return attention.maps(attention.forward(input).weights);
}

/** The mistake: the numbers of a column are taken one after the other, which on a grid in rows is a row. */
function withoutTranspose(X: Matrix, attention: AxialAttention): GridMaps {
  const grid = [GRID_SIDE, GRID_SIDE];
  const oneMap = (maps: readonly Matrix[]): Matrix => meanOf(maps);
  const pass = (along: AxialAttention["alongRows"], Y: Matrix): { output: Matrix; weights: Matrix } => {
    const { output, weights } = attendAlong(along, { Q: Y, K: Y, V: Y, grid, axis: 1 });
    return { output, weights: axisMap(weights.map(oneMap), grid, 1) };
  };
  const [columnsFirst, sum] = [attention.combine === "columns then rows", attention.combine === "sum"];
  const one = pass(columnsFirst || sum ? attention.alongColumns : attention.alongRows, X);
  const two = pass(columnsFirst || sum ? attention.alongRows : attention.alongColumns, sum ? X : one.output);
  const [columns, rows] = columnsFirst || sum ? [one.weights, two.weights] : [two.weights, one.weights];
  const composed = sum ? sumOf([columns, rows]) : mix(two.weights, one.weights);
  return { columns, rows, composed, reason: gridReasons(composed, GRID_SIDE, GRID_SIDE) };
}

/** Row `cell` of a map over all cells as a picture of the grid. */
export function pictureOfRow(map: Matrix, cell: number): Matrix {
  const cells = GRID_SIDE * GRID_SIDE;
  return { rows: GRID_SIDE, cols: GRID_SIDE, data: map.data.slice(cell * cells, (cell + 1) * cells) };
}

/** How a pixel's densest share comes about: through one pixel between, or as a sum of both passes. */
export interface GridPath {
  /** The pixel that the share is taken from, and the one between; none where the passes are added. */
  readonly from: number;
  readonly between: number | undefined;
  /** The shares of the second pass and of the first; where they are added, of the column and of the row. */
  readonly second: number;
  readonly first: number;
  readonly share: number;
}

/** The densest share of row `cell` of the composed map, and the two that make it. */
export function gridPath(
  { columns, rows, composed }: Pick<GridMaps, "columns" | "rows" | "composed">,
  { kind, combine }: Pick<GridSettings, "kind" | "combine">,
  cell: number,
): GridPath {
  const cells = GRID_SIDE * GRID_SIDE;
  const at = ({ data }: Matrix, i: number, j: number): number => data[i * cells + j]!;
  const row = composed.data.subarray(cell * cells, (cell + 1) * cells);
  const from = row.indexOf(row.reduce((most, w) => Math.max(most, w), 0));
  const share = row[from]!;
  if (kind === "parallel" || (kind === "axial" && combine === "sum")) {
    return { from, between: undefined, second: at(columns, cell, from), first: at(rows, cell, from), share };
  }
  const rowsFirst = kind === "axial" && combine === "rows then columns";
  const [i, j] = [Math.floor(cell / GRID_SIDE), cell % GRID_SIDE];
  const [a, b] = [Math.floor(from / GRID_SIDE), from % GRID_SIDE];
  const between = rowsFirst ? a * GRID_SIDE + j : i * GRID_SIDE + b;
  const [last, begun] = rowsFirst ? [columns, rows] : [rows, columns];
  return { from, between, second: at(last, cell, between), first: at(begun, between, from), share };
}

/** The drawing as a matrix. */
export function inkOf(ink: readonly number[]): Matrix {
  const inked = new Set(ink);
  return scale(
    fromFunction(GRID_SIDE, GRID_SIDE, (i, j) => (inked.has(i * GRID_SIDE + j) ? 1 : 0)),
    1,
  );
}

/** Drawings to begin with. */
export const DRAWINGS: Readonly<Record<"cross" | "ring" | "corner" | "empty", readonly number[]>> = {
  cross: [
    3, 4, 11, 12, 19, 20, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 43, 44, 51, 52, 59,
    60,
  ],
  ring: [10, 11, 12, 13, 17, 22, 25, 30, 33, 38, 41, 46, 50, 51, 52, 53],
  corner: [0, 1, 2, 8, 9, 16],
  empty: [],
};
