import type { AllowInLine } from "./attend-along.ts";
import type { CombineAxes, GridMaps, GridSize } from "./grid-maps.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { MultiHeadWidths } from "./multi-head-attention.ts";
import { MULTI_HEAD_WIDTHS, MultiHeadAttention } from "./multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendAlong } from "./attend-along.ts";
import { checkChoice, checkModules, checkOptions, checkShapes } from "../matrix.ts";
import { checkGridSize, gridMaps } from "./grid-maps.ts";

/** The attention of each axis, and how the two passes are combined. */
export interface AxialParameters {
  readonly alongColumns: MultiHeadAttention;
  readonly alongRows: MultiHeadAttention;
  readonly combine: CombineAxes;
}

/**
 * Who may see whom within row `line`, and within column `line`: `(query, key, head, line) => boolean`. Cells
 * are counted along the line.
 * Default: everyone.
 */
export interface AxialOptions {
  readonly allowInRow?: AllowInLine | undefined;
  readonly allowInColumn?: AllowInLine | undefined;
}

/**
 * The weights of both passes: `columns[w]` holds a map (H, H) for each head, `rows[h]` a map (W, W) for each
 * head.
 */
export interface AxialWeights {
  readonly columns: Matrix[][];
  readonly rows: Matrix[][];
}

/**
 * Axial attention (軸方向の注意): on an image, every pixel attends within its column and within its row, with
 * weights of their own.
 *
 *     C(Y)[·,w] = MultiHead_c(Y[·,w])  for each column w                  (1)
 *     R(Y)[h,·] = MultiHead_r(Y[h,·])  for each row h                     (2)
 *     "columns then rows":  O = R(C(X))                                   (3)
 *     "rows then columns":  O = C(R(X))                                   (4)
 *     "sum":                O = C(X) + R(X)                               (5)
 *
 *     X (H·W, d)   grid: H rows, W columns   →   output O (H·W, d_out), weights of every column and row
 *     H rows h, W columns w; pixel (h, w) is row h·W + w of X; d features, then d_out
 *     MultiHead(Y) takes queries, keys and values from Y
 *
 * `combine` names one of (3), (4) and (5). In (3) and (4) two steps connect any two pixels; in (5) a pixel
 * depends only on its cross. Each line has its own softmax. There is no residual, and no size is stored. For
 * more axes, call `attendAlong` for each in turn.
 * Cost: H·W·(H + W) pairs instead of (H·W)²; the projections are computed twice.
 * Errors: RangeError unless X has H·W rows of the attentions' width, or for another `combine`.
 * Source: Ho et al. 2019, "Axial Attention in Multidimensional Transformers" §3, arXiv 1912.12180;
 * `lucidrains/axial-attention`, which sums by default. Study note, docs/factorized.md.
 */
export class AxialAttention {
  readonly alongColumns: MultiHeadAttention;
  readonly alongRows: MultiHeadAttention;
  readonly combine: CombineAxes;

  constructor(parts: AxialParameters) {
    checkOptions("AxialAttention", parts, ["alongColumns", "alongRows", "combine"], "parts");
    const { alongColumns, alongRows, combine } = parts;
    checkModules("AxialAttention", parts, ["alongColumns", "alongRows"]);
    checkChoice("AxialAttention", "combine", combine, ["columns then rows", "rows then columns", "sum"]);
    this.alongColumns = alongColumns;
    this.alongRows = alongRows;
    this.combine = combine;
  }

  /** Two fresh multi-head attentions of the same widths, the columns' first. */
  static random(widths: MultiHeadWidths & { combine: CombineAxes }, random: Random): AxialAttention {
    checkOptions("AxialAttention.random", widths, MULTI_HEAD_WIDTHS.concat("combine"), "widths");
    const { combine, ...each } = widths;
    const alongColumns = MultiHeadAttention.random(each, random);
    const alongRows = MultiHeadAttention.random(each, random);
    return new AxialAttention({ alongColumns, alongRows, combine });
  }

  /** The pixels after both passes, in the order or the sum that `combine` names. */
  forward(X: Matrix, grid: GridSize, options: AxialOptions = {}): { output: Matrix; weights: AxialWeights } {
    const where = "AxialAttention.forward";
    checkGridSize(where, grid);
    checkShapes(where, { X: [X, grid.rows * grid.columns, "d"] });
    checkOptions(where, options, ["allowInRow", "allowInColumn"]);
    const { allowInColumn, allowInRow } = options;
    const shape = [grid.rows, grid.columns];
    const along = (attention: MultiHeadAttention, Y: Matrix, axis: number, allow?: AllowInLine) =>
      attendAlong(attention, { Q: Y, K: Y, V: Y, grid: shape, axis, allow });

    const C = (Y: Matrix) => along(this.alongColumns, Y, 0, allowInColumn); // (1) (H·W, d_out)
    const R = (Y: Matrix) => along(this.alongRows, Y, 1, allowInRow); //       (2) (H·W, d_out)
    if (this.combine === "columns then rows") {
      const columns = C(X);
      const rows = R(columns.output); //                                       (3) (H·W, d_out)
      return { output: rows.output, weights: { columns: columns.weights, rows: rows.weights } };
    }
    if (this.combine === "rows then columns") {
      const rows = R(X);
      const columns = C(rows.output); //                                       (4) (H·W, d_out)
      return { output: columns.output, weights: { columns: columns.weights, rows: rows.weights } };
    }
    const columns = C(X);
    const rows = R(X);
    const output = add(columns.output, rows.output); //                        (5) (H·W, d_out)
    return { output, weights: { columns: columns.weights, rows: rows.weights } };
  }

  /** The maps of a forward pass over all H·W pixels, and the one that both passes make together. */
  maps(weights: AxialWeights, grid: GridSize): GridMaps {
    return gridMaps(weights, grid, this.combine);
  }
}
