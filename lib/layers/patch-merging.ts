import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import { checkModules, checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { cutTiles } from "../kernels/tiles.ts";
import { linear } from "../kernels/linear.ts";

/**
 * Patch merging (パッチの統合): every 2 × 2 pixels become one, on a map half as wide and half as high.
 *
 *     M[u·W/2 + v, ·] = [x(2u, 2v) ‖ x(2u + 1, 2v) ‖ x(2u, 2v + 1) ‖ x(2u + 1, 2v + 1)]       (1)
 *     Y = LN(M) W                                                                             (2)
 *
 *     X (H·W, C)   grid [H, W]   →   Y (H/2·W/2, d_out)
 *     W (4C, d_out), without a bias
 *     H rows and W columns of pixels, C channels; x(i, j) the pixel in row i, column j; d_out = 2C in CAT
 *
 * The four pixels stand in the published order: down before across.
 * Errors: RangeError unless H and W are even and W has 4C rows.
 * Source: Liu et al. 2021, "Swin Transformer" §3.1, arXiv 2103.14030; `PatchProjection` of linhezheng19/CAT's
 * `src/cat.py`.
 */
export class PatchMerging {
  readonly norm: LayerNorm;
  readonly W: Matrix;

  constructor(parts: { norm: LayerNorm; W: Matrix }) {
    checkOptions("PatchMerging", parts, ["norm", "W"], "parts");
    checkModules("PatchMerging", parts, ["norm"]);
    const { norm, W } = parts;
    checkShapes("PatchMerging", { W: [W, "4C", "d_out"] });
    this.norm = norm;
    this.W = W;
  }

  /** Y for the map X of H × W pixels. */
  forward(X: Matrix, grid: readonly number[]): Matrix {
    const squares = cutTiles(X, grid, 2);
    checkShapes("PatchMerging.forward", { X: [X, "H·W", this.W.rows / 4] });

    const down = [0, 2, 1, 3]; // a square's rows lie across before down
    const join = (T: Matrix): Matrix => concatColumns(down.map((s) => sliceRows(T, s, s + 1)));
    const M = concatRows(squares.map(join)); //      (1) (H/2·W/2, 4C)
    return linear(this.norm.forward(M), this.W); //  (2) (H/2·W/2, d_out)
  }
}
