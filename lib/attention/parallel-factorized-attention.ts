import type { GridMaps } from "./grid-maps.ts";
import type { GridMasks } from "./attend-along.ts";
import type { Matrix } from "../matrix.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendAlong, checkGridMasks, lateralMask, longitudinalMask } from "./attend-along.ts";
import { checkInteger, checkOptions, checkShapes } from "../matrix.ts";
import { gridMaps } from "./grid-maps.ts";
import { maskRows } from "../kernels/rows.ts";

/** Queries, keys and values of all cells of a grid, for one of its axes. */
export interface AxisInput {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
}

/** What both axes attend with, and the size of the grid: N_R lines of N_L places. */
export interface ParallelFactorizedInput {
  readonly lateral: AxisInput;
  readonly longitudinal: AxisInput;
  readonly N_R: number;
  readonly N_L: number;
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
 *     lateral.Q (N_R·N_L, d_lat)   lateral.K (N_R·N_L, d_lat)   lateral.V (N_R·N_L, d_v)
 *     longitudinal.Q (N_R·N_L, d_lon)   longitudinal.K (N_R·N_L, d_lon)   longitudinal.V (N_R·N_L, d_v)
 *     →   output O (N_R·N_L, d_v), weights of both axes
 *     N_R lines i side by side, N_L places j along each; cell (i, j) is row i·N_L + j
 *     Attention is `ScaledDotProductAttention`; each d is a number of features
 *
 * There are two softmaxes, never one over both axes: the query's own cell counts in each. A cell sees its
 * cross and nothing else.
 * Cost: N_R²·N_L + N_R·N_L² pairs instead of (N_R·N_L)²; d_lat + d_v multiply-adds for each of the first,
 * d_lon + d_v for each of the second.
 * Errors: RangeError unless the shapes agree as above.
 * Source: study note, docs/factorized.md, "lateral and longitudinal" and "integration". PLUTO itself fuses
 * the queries and goes axis by axis: `FactorizedAttention`.
 */
export class ParallelFactorizedAttention {
  /** The sum of attention along both axes, for all cells. */
  forward(
    input: ParallelFactorizedInput,
    masks: GridMasks = {},
  ): { output: Matrix; weights: ParallelFactorizedWeights } {
    const where = "ParallelFactorizedAttention.forward";
    checkOptions(where, input, ["lateral", "longitudinal", "N_R", "N_L"], "input");
    const { lateral, longitudinal, N_R, N_L } = input;
    checkOptions(where, lateral, ["Q", "K", "V"], "lateral");
    checkOptions(where, longitudinal, ["Q", "K", "V"], "longitudinal");
    checkInteger(where, "N_R", N_R, 0);
    checkInteger(where, "N_L", N_L, 0);
    checkGridMasks(where, masks);
    checkShapes(where, {
      "lateral.V": [lateral.V, "N_R·N_L", "d_v"],
      "longitudinal.V": [longitudinal.V, "N_R·N_L", "d_v"],
    });
    const { valid = () => true } = masks;
    const attention = new ScaledDotProductAttention();
    const grid = [N_R, N_L];
    const beside = { ...lateral, grid, axis: 0, allow: lateralMask(masks) };
    const ahead = { ...longitudinal, grid, axis: 1, allow: longitudinalMask(masks) };

    const O_lat = attendAlong(attention, beside); //                        (1) (N_R·N_L, d_v)
    const O_lon = attendAlong(attention, ahead); //                         (2) (N_R·N_L, d_v)
    const O = add(O_lat.output, O_lon.output);
    const output = maskRows(O, (cell) => valid(Math.floor(cell / N_L))); // (3) (N_R·N_L, d_v)
    return { output, weights: { lateral: O_lat.weights, longitudinal: O_lon.weights } };
  }

  /**
   * The maps of a forward pass over all N_R·N_L cells: columns are lateral, rows longitudinal, `composed`
   * their sum.
   */
  maps({ lateral, longitudinal }: ParallelFactorizedWeights): GridMaps {
    const grid = { rows: longitudinal.length, columns: lateral.length };
    return gridMaps({ columns: lateral, rows: longitudinal }, grid, "sum");
  }
}
