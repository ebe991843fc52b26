import type { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { channelsFirst, channelsLast } from "../kernels/transpose.ts";
import { checkShapes } from "../matrix.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";
import { sumGradients } from "./sum-gradients.ts";
import { sumOf } from "../kernels/sums.ts";

/** The gradients of cross-patch attention: of its pixels, and of its weights. */
export interface CrossPatchGradient {
  readonly dX: Matrix;
  readonly parameters: { readonly attention: MultiHeadParameters };
}

/**
 * Cross-patch self-attention, backwards (パッチ間自己注意の逆伝播), CAT's: channel by channel, with one attention for
 * all.
 *
 *     dY_c[t, s] = dY[pixel s of tile t, c]                                              (1)
 *     dZ_c = dQ_c + dK_c + dV_c from dY_c, as in `multiHeadGradient`                     (2)
 *     dX[pixel s of tile t, c] = dZ_c[t, s]                                              (3)
 *
 *     X (H·W, C)   grid [H, W]   dY (H·W, C)   →   dX (H·W, C), the weights' gradients summed over the channels
 *     H × W pixels of C channels c; tiles t of p × p pixels s
 *
 * Channels do not meet: dX in a channel depends on that channel alone.
 * Cost: about three times the forward pass. Errors: RangeError unless p divides H and W, and X and dY have
 * H·W rows.
 * Source: Lin et al. 2021, "CAT", arXiv 2106.05786, differentiated; study note, docs/cross-attention.md.
 */
export function crossPatchGradient(
  { p, attention }: CrossPatchAttention,
  X: Matrix,
  dY: Matrix,
  grid: readonly number[],
): CrossPatchGradient {
  checkShapes("crossPatchGradient", { X: [X, "H·W", "C"], dY: [dY, "H·W", "C"] });
  const Z = channelsFirst(cutTiles(X, grid, p));
  const dChannels = channelsFirst(cutTiles(dY, grid, p)); //                         (1) C × (HW/p², p²)
  const channels = Z.map((Z_c, c) => ({ Z_c, dY_c: dChannels[c] as Matrix }));
  const parts = channels.map(({ Z_c, dY_c }) => {
    const back = multiHeadGradient(attention, { Q: Z_c, K: Z_c, V: Z_c }, dY_c);
    return { ...back, dZ_c: sumOf([back.dQ, back.dK, back.dV]) }; //                 (2) (HW/p², p²)
  });
  const tiles = channelsLast(parts.map(({ dZ_c }) => dZ_c)); //                      (3) HW/p² × (p², C)
  const parameters = { attention: sumGradients(parts.map((part) => part.parameters)) };
  return { dX: joinTiles(tiles, grid, p), parameters };
}
