import type { Matrix } from "../matrix.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { checkInteger, checkModules, checkNoOptions, checkOptions, checkShapes } from "../matrix.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";
import { relativePositionBias } from "../kernels/relative-position-bias.ts";

/** The side p of a tile, the attention of all tiles, and the position biases, or none. */
export interface InnerPatchParameters {
  readonly p: number;
  readonly attention: MultiHeadAttention;
  readonly table?: Matrix | undefined;
}

/**
 * Inner-patch self-attention (パッチ内自己注意, IPSA), CAT's: the pixels of a tile see each other, over all channels,
 * and nothing else.
 *
 *     B_h[s, s'] = table[place of s from s', h]                                          (1)
 *     T_t = the p² pixels of tile t                                                      (2)
 *     Y_t = MultiHead(T_t, T_t, T_t),  with B_h added to the scores of head h            (3)
 *     Y   = the tiles Y_t back in their places                                           (4)
 *
 *     X (H·W, C)   grid [H, W]   →   output Y (H·W, C), weights: for each tile h matrices (p², p²)
 *     table ((2p − 1)², h), learned, or absent for no bias
 *     H × W pixels row by row, of C channels; HW/p² tiles t of p × p pixels s, row by row; h heads
 *
 * The one attention serves every tile.
 * Cost: 4·HW·C² + 2p²·HW·C multiply-adds: linear in the area of the image, where attention among all pixels
 * has 2(HW)²·C.
 * Errors: RangeError unless p divides H and W, X has H·W rows, and the table fits p and the heads.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; linhezheng19/CAT
 * `src/cat.py`. The study note, docs/cross-attention.md, says that each single-channel map is attended in
 * itself: here all channels of a tile are, and `CrossPatchAttention` has the single channel.
 */
export class InnerPatchAttention {
  readonly p: number;
  readonly attention: MultiHeadAttention;
  readonly table: Matrix | undefined;

  constructor(parts: InnerPatchParameters) {
    const where = "InnerPatchAttention";
    checkOptions(where, parts, ["p", "attention", "table"], "parts");
    const { p, attention, table } = parts;
    checkInteger(where, "p", p, 1);
    checkModules(where, parts, ["attention"]);
    checkShapes(where, { "table?": [table, (2 * p - 1) * (2 * p - 1), attention.heads.length] });
    this.p = p;
    this.attention = attention;
    this.table = table;
  }

  /** The pixels after attention within each tile. `grid` is [H, W]. */
  forward(X: Matrix, grid: readonly number[]): { output: Matrix; weights: Matrix[][] } {
    checkNoOptions("InnerPatchAttention.forward", arguments.length, 2);
    const { p, attention, table } = this;
    const bias = table && relativePositionBias(table, p); //                 (1) h × (p², p²)
    const tiles = cutTiles(X, grid, p); //                                   (2) HW/p² × (p², C)
    const parts = tiles.map((T) => attention.forward(T, T, T, { bias })); // (3) HW/p² × (p², C)
    const outputs = parts.map(({ output }) => output);
    const Y = joinTiles(outputs, grid, p); //                                (4) (H·W, C)
    return { output: Y, weights: parts.map(({ weights }) => weights) };
  }
}
