import type { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { checkShapes } from "../matrix.ts";
import { cutTiles, joinTiles } from "../kernels/tiles.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";
import { relativePositionBias, relativePositionBiasGradient } from "../kernels/relative-position-bias.ts";
import { sumGradients } from "./sum-gradients.ts";
import { sumOf } from "../kernels/sums.ts";

/**
 * The gradients of inner-patch attention: of its pixels, and of its weights, the table of positions among
 * them.
 */
export interface InnerPatchGradient {
  readonly dX: Matrix;
  readonly parameters: { readonly attention: MultiHeadParameters; readonly table: Matrix | undefined };
}

/**
 * Inner-patch self-attention, backwards (パッチ内自己注意の逆伝播), CAT's: tile by tile, with one attention for all.
 *
 *     dY_t = the p² rows of dY at tile t                                                 (1)
 *     dQ_t, dK_t, dV_t, dB_h,t from dY_t, as in `multiHeadGradient`                      (2)
 *     dT_t = dQ_t + dK_t + dV_t                                                          (3)
 *     dX   = the tiles dT_t back in their places                                         (4)
 *     dTable[row, h] = Σ dB_h[s, s'] over the pairs of that row,  dB_h = Σ_t dB_h,t      (5)
 *
 *     X (H·W, C)   grid [H, W]   dY (H·W, C)   →   dX (H·W, C), the weights' gradients summed over the tiles
 *     table ((2p − 1)², h), or absent; H × W pixels, tiles t of p × p pixels s, h heads
 *
 * Cost: about three times the forward pass. Errors: RangeError unless p divides H and W, and X and dY have
 * H·W rows.
 * Source: Lin et al. 2021, "CAT", arXiv 2106.05786, differentiated; study note, docs/cross-attention.md.
 */
export function innerPatchGradient(
  { p, attention, table }: InnerPatchAttention,
  X: Matrix,
  dY: Matrix,
  grid: readonly number[],
): InnerPatchGradient {
  checkShapes("innerPatchGradient", { X: [X, "H·W", "C"], dY: [dY, "H·W", "C"] });
  const bias = table && relativePositionBias(table, p);
  const dTiles = cutTiles(dY, grid, p); //                                          (1) HW/p² × (p², C)
  const tiles = cutTiles(X, grid, p).map((T, t) => ({ T, dY_t: dTiles[t] as Matrix }));
  const parts = tiles.map(({ T, dY_t }) => {
    const back = multiHeadGradient(attention, { Q: T, K: T, V: T, bias }, dY_t); // (2)
    return { ...back, dT: sumOf([back.dQ, back.dK, back.dV]) }; //                  (3) (p², C)
  });
  const dX = joinTiles(parts.map(({ dT }) => dT), grid, p); //                      (4) (H·W, C)
  const sums = sumGradients(parts.map(({ dBias, parameters }) => ({ dBias, parameters })));
  const dTable = relativePositionBiasGradient(sums.dBias, p); //                    (5) ((2p − 1)², h)
  return { dX, parameters: { attention: sums.parameters, table: table && dTable } };
}
