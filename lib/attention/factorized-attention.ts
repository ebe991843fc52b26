import type { GridMaps } from "./grid-maps.ts";
import type { GridMasks } from "./attend-along.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { MultiHeadWidths } from "./multi-head-attention.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { longitudinalMask, lateralMask, attendAlong, checkGridMasks } from "./attend-along.ts";
import { checkMatrix, matrix } from "../matrix.ts";
import { gridMaps } from "./grid-maps.ts";
import { maskRows, repeatRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { pairRows } from "../kernels/pair-rows.ts";
import { randomProjection } from "./heads.ts";

/** Masks, and `positions` (N_L, D): P of (3), PLUTO's m_pos. */
export interface FactorizedOptions extends GridMasks {
  readonly positions?: Matrix | undefined;
}

/**
 * The weights of both axes: `lateral[j]` holds an (N_R, N_R) map for each head, `longitudinal[i]` an (N_L,
 * N_L) map for each head.
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
 *     Q_lat (N_R, D)   Q_lon (N_L, D)   →   output O (N_R·N_L, D), weights of both axes
 *     N_R lateral queries i (reference lines), N_L longitudinal queries j (modes along them); cell (i, j) is row i·N_L + j;
 *     W_0 (2D, D), b_0 (1, D), P position terms of queries and keys, not of values; MultiHead(Y) = MultiHead(Y, Y, Y)
 *
 * Two steps join any two cells, but the result is not that of dense attention. No residuals:
 * `PlutoDecoderLayer` has them.
 * Cost: N_R²·N_L + N_R·N_L² = N_R·N_L·(N_R + N_L) pairs instead of (N_R·N_L)²; the projections, 4D² a cell,
 * are paid for each axis.
 * Errors: RangeError unless the widths agree as above and P is (N_L, D).
 * Source: Cheng et al. 2024, "PLUTO" §III, arXiv 2404.14327; `planning_decoder.py` of jchengai/pluto. D-FACT.
 */
export class FactorizedAttention {
  readonly W_0: Matrix;
  readonly b_0: Matrix | undefined;
  readonly lateral: MultiHeadAttention;
  readonly longitudinal: MultiHeadAttention;

  constructor({
    W_0,
    b_0,
    lateral,
    longitudinal,
  }: {
    W_0: Matrix;
    b_0?: Matrix | undefined;
    lateral: MultiHeadAttention;
    longitudinal: MultiHeadAttention;
  }) {
    checkMatrix("FactorizedAttention", "W_0", W_0);
    if (b_0 !== undefined) checkMatrix("FactorizedAttention", "b_0", b_0, { rows: 1, cols: W_0.cols });
    this.W_0 = W_0;
    this.b_0 = b_0;
    this.lateral = lateral;
    this.longitudinal = longitudinal;
  }

  /**
   * Fresh weights, the fusion's first: W from U(±√(6 / (d_in + d_out))), biases zero, or absent without
   * `bias`.
   */
  static random(widths: MultiHeadWidths, random: Random): FactorizedAttention {
    const { d_model: D, bias = false } = widths;
    const W_0 = randomProjection(2 * D, D, random);
    const lateral = MultiHeadAttention.random(widths, random);
    return new FactorizedAttention({
      W_0,
      b_0: bias ? matrix(1, D) : undefined,
      lateral,
      longitudinal: MultiHeadAttention.random(widths, random),
    });
  }

  forward(
    Q_lat: Matrix,
    Q_lon: Matrix,
    options: FactorizedOptions = {},
  ): { output: Matrix; weights: FactorizedWeights } {
    checkGridMasks("FactorizedAttention.forward", options, ["positions"]);
    const { valid = () => true, positions } = options;
    checkMatrix("FactorizedAttention.forward", "Q_lat", Q_lat, { cols: this.W_0.rows / 2 });
    checkMatrix("FactorizedAttention.forward", "Q_lon", Q_lon, { cols: Q_lat.cols });
    const [N_R, N_L] = [Q_lat.rows, Q_lon.rows];
    if (positions !== undefined) {
      checkMatrix("FactorizedAttention.forward", "positions", positions, {
        rows: N_L,
        cols: this.lateral.W_O.cols,
      });
    }
    const grid = [N_R, N_L];
    const Q_0 = linear(pairRows(Q_lat, Q_lon), this.W_0, this.b_0); //                (1) (N_R·N_L, D)
    const Y = attendAlong(this.lateral, {
      Q: Q_0,
      K: Q_0,
      V: Q_0,
      grid,
      axis: 0,
      allow: lateralMask(options),
    }); // (2)
    const placed = positions === undefined ? Y.output : add(Y.output, repeatRows(positions, N_R));
    const O = attendAlong(this.longitudinal, {
      Q: placed,
      K: placed,
      V: Y.output,
      grid,
      axis: 1,
      allow: longitudinalMask(options),
    }); // (3)
    const output = maskRows(O.output, (cell) => valid(Math.floor(cell / N_L))); //    (4)
    return { output, weights: { lateral: Y.weights, longitudinal: O.weights } };
  }

  /**
   * The maps of a forward pass over all N_R·N_L cells: columns are lateral, rows longitudinal, `composed` one
   * after the other.
   */
  maps({ lateral, longitudinal }: FactorizedWeights): GridMaps {
    return gridMaps(
      { columns: lateral, rows: longitudinal },
      { rows: longitudinal.length, columns: lateral.length },
      "columns then rows",
    );
  }
}
