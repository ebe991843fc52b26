import type { Matrix } from "../matrix.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { channelsFirst, channelsLast } from "../kernels/transpose.ts";
import { checkInteger, checkModules, checkNoOptions, checkOptions, checkShapes } from "../matrix.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";

/**
 * Cross-patch self-attention (パッチ間自己注意, CPSA), CAT's: within one channel, the tiles of the image see each
 * other.
 *
 *     Z_c[t, s] = X[pixel s of tile t, c]                                                (1)
 *     Y_c = MultiHead(Z_c, Z_c, Z_c),  for each channel c                                (2)
 *     Y[pixel s of tile t, c] = Y_c[t, s]                                                (3)
 *
 *     X (H·W, C)   grid [H, W]   →   output Y (H·W, C), weights: for each channel h matrices (HW/p², HW/p²)
 *     W_Q (p², d_k)   W_K (p², d_k)   W_V (p², d_v)   W_O (h·d_v, p²)
 *     H × W pixels row by row, of C channels; HW/p² tiles t of p × p pixels s; h heads
 *
 * It is self-attention: queries, keys and values are the same tiles. A tile is a token, its p² pixels of one
 * channel are the features, so that d_model = p². All channels share the one attention. CAT has one head,
 * hence scale 1/√p² = 1/p, and no position bias. Channels do not meet here; the feed-forward mixes them
 * afterwards. With one tile there is one key, of weight 1, and the rest is linear: Y_c = (Z_c W_V + b_V) W_O
 * + b_O. CAT's last stage is such a case.
 * Cost: 4p²·HW·C + 2(HW/p)²·C multiply-adds: quadratic in the area of the image, but p² times less than
 * attention among all pixels.
 * Errors: RangeError unless p divides H and W, X has H·W rows and a column, and the attention takes and gives
 * p² features.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; linhezheng19/CAT
 * `src/cat.py`. Study note, docs/cross-attention.md.
 */
export class CrossPatchAttention {
  readonly p: number;
  readonly attention: MultiHeadAttention;

  constructor(parts: { p: number; attention: MultiHeadAttention }) {
    const where = "CrossPatchAttention";
    checkOptions(where, parts, ["p", "attention"], "parts");
    const { p, attention } = parts;
    checkInteger(where, "p", p, 1);
    checkModules(where, parts, ["attention"]);
    const features = p * p;
    attention.heads.forEach(({ W_Q }, h) =>
      checkShapes(where, { [`attention.heads[${h}].W_Q`]: [W_Q, features, "d_k"] }),
    );
    checkShapes(where, { "attention.W_O": [attention.W_O, "h·d_v", features] });
    this.p = p;
    this.attention = attention;
  }

  /** The pixels after attention among the tiles, channel by channel. `grid` is [H, W]. */
  forward(X: Matrix, grid: readonly number[]): { output: Matrix; weights: Matrix[][] } {
    checkNoOptions("CrossPatchAttention.forward", arguments.length, 2);
    const { p, attention } = this;
    const channels = channelsFirst(cutTiles(X, grid, p)); //          (1) C × (HW/p², p²)
    const parts = channels.map((Z) => attention.forward(Z, Z, Z)); // (2) C × (HW/p², p²)
    const tiles = channelsLast(parts.map(({ output }) => output)); // (3) HW/p² × (p², C)
    return { output: joinTiles(tiles, grid, p), weights: parts.map(({ weights }) => weights) };
  }
}
