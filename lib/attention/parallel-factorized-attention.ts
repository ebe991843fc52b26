import type { GridMaps } from "./grid-maps.ts";
import type { GridMasks } from "./attend-along.ts";
import type { Matrix } from "../matrix.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { longitudinalMask, lateralMask, attendAlong, checkGridMasks } from "./attend-along.ts";
import { checkMatrix } from "../matrix.ts";
import { gridMaps } from "./grid-maps.ts";
import { maskRows } from "../kernels/rows.ts";

/** Queries, keys and values of all cells of a grid, for one of its axes. */
export interface AxisInput {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
}

/** One map for each line: `lateral[j]` is (N_R, N_R), `longitudinal[i]` is (N_L, N_L). */
export interface ParallelFactorizedWeights {
  readonly lateral: Matrix[];
  readonly longitudinal: Matrix[];
}

/**
 * Factorised attention (因子化注意), the document's reading: lateral queries meet lateral keys and longitudinal
 * queries longitudinal keys, independently of each other, and the two results are added.
 *
 *     O_lat[i,j] = Attention(Q_lat[i,j], K_lat[·,j], V_lat[·,j])                        (1)
 *     O_lon[i,j] = Attention(Q_lon[i,j], K_lon[i,·], V_lon[i,·])                        (2)
 *     O[i,j]     = O_lat[i,j] + O_lon[i,j],  and 0 where not valid(i)                   (3)
 *
 *     lateral Q, K (N_R·N_L, d_lat), longitudinal Q, K (N_R·N_L, d_lon), both V (N_R·N_L, d_v)   →   output O (N_R·N_L, d_v), weights
 *     N_R lines i one beside the other, N_L places j along each; cell (i, j) is row i·N_L + j; Attention is `ScaledDotProductAttention`
 *
 * Two softmaxes, never one over both axes: the query's own cell counts in each. A cell sees its cross and
 * nothing else.
 * Cost: N_R²·N_L + N_R·N_L² pairs instead of (N_R·N_L)², d_lat + d_v and d_lon + d_v multiply-adds each.
 * Errors: RangeError unless every matrix has N_R·N_L rows and the widths agree as above.
 * Source: D-FACT, "lateral and longitudinal" and "integration". PLUTO itself fuses the queries and goes axis
 * by axis: `FactorizedAttention`.
 */
export class ParallelFactorizedAttention {
  forward(
    {
      lateral,
      longitudinal,
      N_R,
      N_L,
    }: { lateral: AxisInput; longitudinal: AxisInput; N_R: number; N_L: number },
    masks: GridMasks = {},
  ): { output: Matrix; weights: ParallelFactorizedWeights } {
    checkGridMasks("ParallelFactorizedAttention.forward", masks);
    const { valid = () => true } = masks;
    checkMatrix("ParallelFactorizedAttention.forward", "lateral.V", lateral.V);
    checkMatrix("ParallelFactorizedAttention.forward", "longitudinal.V", longitudinal.V, lateral.V);
    const attention = new ScaledDotProductAttention();
    const grid = [N_R, N_L];
    const O_lat = attendAlong(attention, { ...lateral, grid, axis: 0, allow: lateralMask(masks) }); // (1)
    const O_lon = attendAlong(attention, { ...longitudinal, grid, axis: 1, allow: longitudinalMask(masks) }); // (2)
    const output = maskRows(add(O_lat.output, O_lon.output), (cell) => valid(Math.floor(cell / N_L))); // (3)
    return { output, weights: { lateral: O_lat.weights, longitudinal: O_lon.weights } };
  }

  /**
   * The maps of a forward pass over all N_R·N_L cells: columns are lateral, rows longitudinal, `composed`
   * their sum.
   */
  maps({ lateral, longitudinal }: ParallelFactorizedWeights): GridMaps {
    return gridMaps(
      { columns: lateral, rows: longitudinal },
      { rows: longitudinal.length, columns: lateral.length },
      "sum",
    );
  }
}
