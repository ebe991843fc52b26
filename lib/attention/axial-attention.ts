import type { AllowInLine } from "./attend-along.ts";
import type { CombineAxes, GridMaps } from "./grid-maps.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { MultiHeadWidths } from "./multi-head-attention.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendAlong } from "./attend-along.ts";
import { checkMatrix, checkOptions } from "../matrix.ts";
import { gridMaps } from "./grid-maps.ts";

/**
 * Who may see whom within row `line`, and within column `line`: `(query, key, head, line) => boolean`,
 * counting cells along the line.
 */
export interface AxialOptions {
  readonly allowInRow?: AllowInLine | undefined;
  readonly allowInColumn?: AllowInLine | undefined;
}

/**
 * The weights of both passes: `columns[w]` holds an (H, H) map for each head, `rows[h]` a (W, W) map for each
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
 *     X (H·W, d)   →   output O (H·W, d_out), weights of every column and row
 *     H rows h, W columns w; pixel (h, w) is row h·W + w of X; MultiHead(Y) takes queries, keys and values from Y
 *
 * `combine` names one of (3), (4) and (5). After (3) or (4) every pixel can have reached every other, in two
 * steps; after (5) only those of its cross. Each line has its own softmax; there is no residual, and no size
 * is stored. More axes: one `attendAlong` after the other.
 * Cost: H·W·(H + W) pairs instead of (H·W)²; the projections are paid twice.
 * Errors: RangeError unless X has H·W rows, or for another `combine`.
 * Source: Ho et al. 2019, "Axial Attention in Multidimensional Transformers" §3, arXiv 1912.12180;
 * `lucidrains/axial-attention`, which sums unless told otherwise. D-FACT.
 */
export class AxialAttention {
  readonly alongColumns: MultiHeadAttention;
  readonly alongRows: MultiHeadAttention;
  readonly combine: CombineAxes;

  constructor({
    alongColumns,
    alongRows,
    combine,
  }: {
    alongColumns: MultiHeadAttention;
    alongRows: MultiHeadAttention;
    combine: CombineAxes;
  }) {
    if (combine !== "columns then rows" && combine !== "rows then columns" && combine !== "sum") {
      throw new RangeError(
        `AxialAttention: combine must be "columns then rows", "rows then columns" or "sum"; got ` +
          `${String(combine)}`,
      );
    }
    this.alongColumns = alongColumns;
    this.alongRows = alongRows;
    this.combine = combine;
  }

  /** Two fresh multi-head attentions of the same widths, the columns' drawn first. */
  static random(
    { combine, ...widths }: MultiHeadWidths & { combine: CombineAxes },
    random: Random,
  ): AxialAttention {
    const alongColumns = MultiHeadAttention.random(widths, random);
    return new AxialAttention({
      alongColumns,
      alongRows: MultiHeadAttention.random(widths, random),
      combine,
    });
  }

  forward(
    X: Matrix,
    grid: { rows: number; columns: number },
    options: AxialOptions = {},
  ): { output: Matrix; weights: AxialWeights } {
    checkMatrix("AxialAttention.forward", "X", X, { rows: grid.rows * grid.columns });
    checkOptions("AxialAttention.forward", options, ["allowInRow", "allowInColumn"]);
    const { allowInColumn, allowInRow } = options;
    const shape = [grid.rows, grid.columns];
    const columns = (Y: Matrix): { output: Matrix; weights: Matrix[][] } =>
      attendAlong(this.alongColumns, { Q: Y, K: Y, V: Y, grid: shape, axis: 0, allow: allowInColumn }); // (1)
    const rows = (Y: Matrix): { output: Matrix; weights: Matrix[][] } =>
      attendAlong(this.alongRows, { Q: Y, K: Y, V: Y, grid: shape, axis: 1, allow: allowInRow }); // (2)
    if (this.combine === "columns then rows") {
      const C = columns(X);
      const R = rows(C.output); //                                                    (3) (H·W, d_out)
      return { output: R.output, weights: { columns: C.weights, rows: R.weights } };
    }
    if (this.combine === "rows then columns") {
      const R = rows(X);
      const C = columns(R.output); //                                                 (4) (H·W, d_out)
      return { output: C.output, weights: { columns: C.weights, rows: R.weights } };
    }
    const [C, R] = [columns(X), rows(X)];
    const output = add(C.output, R.output); //                                        (5) (H·W, d_out)
    return { output, weights: { columns: C.weights, rows: R.weights } };
  }

  /** The maps of a forward pass over all H·W pixels, and the one that the two make together. */
  maps(weights: AxialWeights, grid: { rows: number; columns: number }): GridMaps {
    return gridMaps(weights, grid, this.combine);
  }
}
