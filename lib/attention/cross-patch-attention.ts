import type { Matrix } from "../matrix.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";
import { channelsFirst } from "../kernels/transpose.ts";

/**
 * Cross-patch self-attention (パッチ間自己注意, CPSA), CAT's: within one channel, the tiles of the image see each
 * other.
 *
 *     Z_c[t, s] = X[pixel s of tile t, c]                                                (1)
 *     Y_c = MultiHead(Z_c, Z_c, Z_c),  for each channel c                                (2)
 *     Y[pixel s of tile t, c] = Y_c[t, s]                                                (3)
 *
 *     X (H·W, C)   grid [H, W]   →   output (H·W, C), weights: for each channel h matrices (HW/p², HW/p²)
 *     H × W pixels row by row, of C channels; tiles of p × p are the tokens t, their p² pixels s of that channel the features, so that
 *     d_model = p²; all channels share the one attention. CAT has one head, hence scale 1/√p² = 1/p, and no position bias
 *
 * It is self-attention: queries, keys and values are the same tiles. Channels do not meet here; the
 * feed-forward mixes them afterwards. One tile: one key, weight 1, and what is left is linear, Y_c = (Z_c W_V
 * + b_V) W_O + b_O. So it is in CAT's last stage.
 * Cost: 4p²·HW·C + 2(HW/p)²·C multiply-adds: quadratic in the image's area, though p² times less so than
 * attention among all pixels.
 * Errors: RangeError unless p divides H and W, X has H·W rows and a column, and the attention takes and gives
 * p² features.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; linhezheng19/CAT
 * `src/cat.py`. D-CROSS.
 */
export class CrossPatchAttention {
  readonly p: number;
  readonly attention: MultiHeadAttention;

  constructor({ p, attention }: { p: number; attention: MultiHeadAttention }) {
    checkInteger("CrossPatchAttention", "p", p, 1);
    attention.heads.forEach(({ W_Q }, h) =>
      checkMatrix("CrossPatchAttention", `attention.heads[${h}].W_Q`, W_Q, { rows: p * p }),
    );
    checkMatrix("CrossPatchAttention", "attention.W_O", attention.W_O, { cols: p * p });
    this.p = p;
    this.attention = attention;
  }

  forward(X: Matrix, grid: readonly number[]): { output: Matrix; weights: Matrix[][] } {
    const { p, attention } = this;
    const channels = channelsFirst(cutTiles(X, grid, p)); //                               (1) C × (HW/p², p²)
    const parts = channels.map((Z) => attention.forward(Z, Z, Z)); //                 (2)
    const tiles = channelsFirst(channelsFirst(parts.map((part) => part.output))); //  (3) HW/p² × (p², C)
    return { output: joinTiles(tiles, grid, p), weights: parts.map((part) => part.weights) };
  }
}
