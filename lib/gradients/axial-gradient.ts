import type { AllowInLine } from "../attention/attend-along.ts";
import type { AxialAttention, AxialOptions } from "../attention/axial-attention.ts";
import type { GridSize } from "../attention/grid-maps.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { add } from "../kernels/entrywise.ts";
import { alongGradient } from "./along-gradient.ts";
import { attendAlong } from "../attention/attend-along.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";
import { sumGradients } from "./sum-gradients.ts";
import { sumOf } from "../kernels/sums.ts";
import { checkGridSize } from "../attention/grid-maps.ts";

/** The gradients of an axial attention: of its pixels, and of the weights of both passes. */
export interface AxialGradient {
  readonly dX: Matrix;
  readonly parameters: { readonly alongColumns: MultiHeadParameters; readonly alongRows: MultiHeadParameters };
}

/**
 * Axial attention, backwards (軸方向の注意の逆伝播): the passes in the opposite order, each with the weights of its
 * lines.
 *
 *     C'(Y, dC)[·,w] = dQ + dK + dV of MultiHead_c at Y[·,w]  for each column w    (1)
 *     R'(Y, dR)[h,·] = dQ + dK + dV of MultiHead_r at Y[h,·]  for each row h       (2)
 *     "columns then rows":  dX = C'(X, R'(C(X), dO))                               (3)
 *     "rows then columns":  dX = R'(X, C'(R(X), dO))                               (4)
 *     "sum":                dX = C'(X, dO) + R'(X, dO)                             (5)
 *
 *     X (H·W, d)   dO (H·W, d_out)   grid: H rows, W columns   →   dX (H·W, d), the weights' gradients
 *     H rows h, W columns w; C and R as in `AxialAttention`; MultiHead's gradients as in `multiHeadGradient`
 *
 * The one attention of an axis serves all its lines: its weights get the sum over them.
 * Cost: about three times the forward pass, of which the first pass is computed again.
 * Errors: RangeError unless X and dO have H·W rows of the attentions' widths.
 * Source: Ho et al. 2019 §3, arXiv 1912.12180, differentiated; study note, docs/factorized.md.
 */
export function axialGradient(
  attention: AxialAttention,
  X: Matrix,
  dO: Matrix,
  grid: GridSize,
  options: AxialOptions = {},
): AxialGradient {
  const where = "axialGradient";
  checkGridSize(where, grid);
  const cells = grid.rows * grid.columns;
  checkShapes(where, { X: [X, cells, "d"], dO: [dO, cells, "d_out"] });
  checkOptions(where, options, ["allowInRow", "allowInColumn"]);
  const { alongColumns, alongRows, combine } = attention;
  const { allowInColumn, allowInRow } = options;
  const shape = [grid.rows, grid.columns];
  const pass = (Y: Matrix, axis: number, allow?: AllowInLine) => ({ Q: Y, K: Y, V: Y, grid: shape, axis, allow });
  const back = (m: MultiHeadAttention, Y: Matrix, axis: number, dY: Matrix, allow?: AllowInLine) => {
    const parts = alongGradient((inputs, dLine) => multiHeadGradient(m, inputs, dLine), pass(Y, axis, allow), dY);
    const parameters = sumGradients(parts.lines.map((line) => line.parameters));
    return { dX: sumOf([parts.dQ, parts.dK, parts.dV]), parameters };
  };
  const C_back = (Y: Matrix, dC: Matrix) => back(alongColumns, Y, 0, dC, allowInColumn); // (1) (H·W, d)
  const R_back = (Y: Matrix, dR: Matrix) => back(alongRows, Y, 1, dR, allowInRow); //       (2) (H·W, d)

  if (combine === "columns then rows") {
    const C = attendAlong(alongColumns, pass(X, 0, allowInColumn)).output;
    const rows = R_back(C, dO);
    const columns = C_back(X, rows.dX); //                                                  (3) (H·W, d)
    return { dX: columns.dX, parameters: { alongColumns: columns.parameters, alongRows: rows.parameters } };
  }
  if (combine === "rows then columns") {
    const R = attendAlong(alongRows, pass(X, 1, allowInRow)).output;
    const columns = C_back(R, dO);
    const rows = R_back(X, columns.dX); //                                                  (4) (H·W, d)
    return { dX: rows.dX, parameters: { alongColumns: columns.parameters, alongRows: rows.parameters } };
  }
  const columns = C_back(X, dO);
  const rows = R_back(X, dO);
  const dX = add(columns.dX, rows.dX); //                                                   (5) (H·W, d)
  return { dX, parameters: { alongColumns: columns.parameters, alongRows: rows.parameters } };
}
