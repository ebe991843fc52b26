import type { GridMasks } from "../attention/attend-along.ts";
import type { Matrix } from "../matrix.ts";
import type { ParallelFactorizedInput } from "../attention/parallel-factorized-attention.ts";
import type { SourceGradients } from "./along-gradient.ts";
import { alongGradient } from "./along-gradient.ts";
import { checkGridMasks, lateralMask, longitudinalMask } from "../attention/attend-along.ts";
import { checkInteger, checkOptions, checkShapes } from "../matrix.ts";
import { maskRows } from "../kernels/rows.ts";
import { scaledDotProductGradient } from "./scaled-dot-product-gradient.ts";

/** The gradients of what both axes attend with. */
export interface ParallelFactorizedGradient {
  readonly lateral: SourceGradients;
  readonly longitudinal: SourceGradients;
}

/**
 * Factorised attention, backwards (因子化注意の逆伝播), the document's reading: a sum hands its gradient to both axes.
 *
 *     dO[i,j] = 0  where not valid(i)                                                   (1)
 *     lateral.dQ[·,j], dK[·,j], dV[·,j] from dO[·,j]  for each place j                  (2)
 *     longitudinal.dQ[i,·], dK[i,·], dV[i,·] from dO[i,·]  for each line i              (3)
 *
 *     lateral.Q (N_R·N_L, d_lat)   lateral.K (N_R·N_L, d_lat)   lateral.V (N_R·N_L, d_v)
 *     longitudinal.Q (N_R·N_L, d_lon)   longitudinal.K (N_R·N_L, d_lon)   longitudinal.V (N_R·N_L, d_v)
 *     dO (N_R·N_L, d_v)   →   six gradients of their shapes; (2) and (3) as in `scaledDotProductGradient`
 *     N_R lines i, N_L places j; cell (i, j) is row i·N_L + j
 *
 * The two axes do not meet: neither gradient depends on the other's queries, keys and values. A line that
 * does not exist is never read and gets 0; its lateral queries become zeros in (2), because its output is
 * dropped.
 * Cost: about twice the forward pass. Errors: RangeError unless the shapes agree as above.
 * Source: study note, docs/factorized.md, "lateral and longitudinal" and "integration", differentiated.
 */
export function parallelFactorizedGradient(
  input: ParallelFactorizedInput,
  dO: Matrix,
  masks: GridMasks = {},
): ParallelFactorizedGradient {
  const where = "parallelFactorizedGradient";
  checkOptions(where, input, ["lateral", "longitudinal", "N_R", "N_L"], "input");
  const { lateral, longitudinal, N_R, N_L } = input;
  checkInteger(where, "N_R", N_R, 0);
  checkInteger(where, "N_L", N_L, 0);
  checkOptions(where, lateral, ["Q", "K", "V"], "lateral");
  checkOptions(where, longitudinal, ["Q", "K", "V"], "longitudinal");
  checkGridMasks(where, masks);
  checkShapes(where, {
    "lateral.V": [lateral.V, N_R * N_L, "d_v"],
    "longitudinal.V": [longitudinal.V, N_R * N_L, "d_v"],
    dO: [dO, N_R * N_L, "d_v"],
  });
  const { valid = () => true } = masks;
  const grid = [N_R, N_L];
  const exists = (cell: number): boolean => valid(Math.floor(cell / N_L));
  const beside = { ...lateral, Q: maskRows(lateral.Q, exists), grid, axis: 0, allow: lateralMask(masks) };
  const ahead = { ...longitudinal, grid, axis: 1, allow: longitudinalMask(masks) };

  const dO_valid = maskRows(dO, exists); //                                      (1) (N_R·N_L, d_v)
  const toLateral = alongGradient(scaledDotProductGradient, beside, dO_valid); //    (2)
  const toLongitudinal = alongGradient(scaledDotProductGradient, ahead, dO_valid); // (3)
  return {
    lateral: { dQ: toLateral.dQ, dK: toLateral.dK, dV: toLateral.dV },
    longitudinal: { dQ: toLongitudinal.dQ, dK: toLongitudinal.dK, dV: toLongitudinal.dV },
  };
}
