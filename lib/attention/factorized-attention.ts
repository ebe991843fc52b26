import type { GridMaps } from "./grid-maps.ts";
import type { GridMasks } from "./attend-along.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { MultiHeadWidths } from "./multi-head-attention.ts";
import { MULTI_HEAD_WIDTHS, MultiHeadAttention } from "./multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendAlong, checkGridMasks, lateralMask, longitudinalMask } from "./attend-along.ts";
import { checkInteger, checkModules, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { gridMaps } from "./grid-maps.ts";
import { linear } from "../kernels/linear.ts";
import { maskRows, repeatRows } from "../kernels/rows.ts";
import { pairRows } from "../kernels/pair-rows.ts";
import { randomProjection } from "./heads.ts";

/** The fusion W_0 with b_0 or none, and the attention of each axis. */
export interface FactorizedParameters {
  readonly W_0: Matrix;
  readonly b_0?: Matrix | undefined;
  readonly lateral: MultiHeadAttention;
  readonly longitudinal: MultiHeadAttention;
}

/** Masks, and `positions` (N_L, D): P of (3), PLUTO's m_pos. */
export interface FactorizedOptions extends GridMasks {
  readonly positions?: Matrix | undefined;
}

/**
 * The weights of both axes: `lateral[j]` holds a map (N_R, N_R) for each head, `longitudinal[i]` a map (N_L,
 * N_L) for each head.
 */
export interface FactorizedWeights {
  readonly lateral: Matrix[][];
  readonly longitudinal: Matrix[][];
}

/**
 * Factorised attention (因子化注意), PLUTO's reading: lateral and longitudinal queries are fused into a grid, then
 * attend along one axis after the other.
 *
 *     Q_0[i,j] = [Q_lat[i] ‖ Q_lon[j]] W_0 + b_0                                        (1)
 *     Y[·,j]   = MultiHead_lat(Q_0[·,j]), keys i' only where valid(i'),  for each j     (2)
 *     O[i,·]   = MultiHead_lon(Y[i,·] + P, Y[i,·] + P, Y[i,·])  for each i              (3)
 *     O[i,·]   = 0  where not valid(i)                                                  (4)
 *
 *     Q_lat (N_R, D)   Q_lon (N_L, D)   positions (N_L, D)   →   output O (N_R·N_L, D), weights of both axes
 *     W_0 (2D, D)   b_0 (1, D) or absent; MultiHead(Y) = MultiHead(Y, Y, Y)
 *     N_R lateral queries i (reference lines), N_L longitudinal queries j (modes along them)
 *     cell (i, j) is row i·N_L + j; P is positions, or absent; it is not added to values
 *
 * Two steps connect any two cells, but the result is not that of dense attention. There are no residuals:
 * `PlutoDecoderLayer` has them.
 * Cost: N_R²·N_L + N_R·N_L² = N_R·N_L·(N_R + N_L) pairs instead of (N_R·N_L)². The projections, 4D²
 * multiply-adds a cell, are computed for each axis.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Cheng et al. 2024, "PLUTO" §III, arXiv 2404.14327; `planning_decoder.py` of jchengai/pluto. Study
 * note, docs/factorized.md.
 */
export class FactorizedAttention {
  readonly W_0: Matrix;
  readonly b_0: Matrix | undefined;
  readonly lateral: MultiHeadAttention;
  readonly longitudinal: MultiHeadAttention;

  constructor(parts: FactorizedParameters) {
    checkOptions("FactorizedAttention", parts, ["W_0", "b_0", "lateral", "longitudinal"], "parts");
    const { W_0, b_0, lateral, longitudinal } = parts;
    checkModules("FactorizedAttention", parts, ["lateral", "longitudinal"]);
    checkShapes("FactorizedAttention", { W_0: [W_0, "2D", "D"], "b_0?": [b_0, 1, "D"] });
    this.W_0 = W_0;
    this.b_0 = b_0;
    this.lateral = lateral;
    this.longitudinal = longitudinal;
  }

  /**
   * Fresh weights, the fusion's first: projections from `randomProjection`; biases are zeros, or absent
   * without `bias`.
   */
  static random(widths: MultiHeadWidths, random: Random): FactorizedAttention {
    checkOptions("FactorizedAttention.random", widths, MULTI_HEAD_WIDTHS, "widths");
    const { d_model: D, bias = false } = widths;
    checkInteger("FactorizedAttention.random", "d_model", D, 1);
    const W_0 = randomProjection(2 * D, D, random);
    const b_0 = bias ? matrix(1, D) : undefined;
    const lateral = MultiHeadAttention.random(widths, random);
    const longitudinal = MultiHeadAttention.random(widths, random);
    return new FactorizedAttention({ W_0, b_0, lateral, longitudinal });
  }

  /** The fused queries of all cells after attention along both axes. */
  forward(
    Q_lat: Matrix,
    Q_lon: Matrix,
    options: FactorizedOptions = {},
  ): { output: Matrix; weights: FactorizedWeights } {
    const where = "FactorizedAttention.forward";
    checkGridMasks(where, options, ["positions"]);
    const { valid = () => true, positions } = options;
    const D = this.W_0.rows / 2;
    const { N_R, N_L } = checkShapes(where, {
      Q_lat: [Q_lat, "N_R", D],
      Q_lon: [Q_lon, "N_L", D],
      "positions?": [positions, "N_L", this.lateral.W_O.cols],
    });
    const grid = [N_R, N_L];

    const Q_0 = linear(pairRows(Q_lat, Q_lon), this.W_0, this.b_0); //             (1) (N_R·N_L, D)

    const lateral = { Q: Q_0, K: Q_0, V: Q_0, grid, axis: 0, allow: lateralMask(options) };
    const Y = attendAlong(this.lateral, lateral); //                               (2) (N_R·N_L, D)

    const Y_P = positions === undefined ? Y.output : add(Y.output, repeatRows(positions, N_R));
    const longitudinal = { Q: Y_P, K: Y_P, V: Y.output, grid, axis: 1, allow: longitudinalMask(options) };
    const O = attendAlong(this.longitudinal, longitudinal); //                     (3) (N_R·N_L, D)

    const output = maskRows(O.output, (cell) => valid(Math.floor(cell / N_L))); // (4) (N_R·N_L, D)
    return { output, weights: { lateral: Y.weights, longitudinal: O.weights } };
  }

  /**
   * The maps of a forward pass over all N_R·N_L cells: columns are lateral, rows longitudinal, `composed`
   * both in turn.
   */
  maps({ lateral, longitudinal }: FactorizedWeights): GridMaps {
    const grid = { rows: longitudinal.length, columns: lateral.length };
    return gridMaps({ columns: lateral, rows: longitudinal }, grid, "columns then rows");
  }
}
