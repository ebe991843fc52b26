import type { FactorizedAttention, FactorizedOptions } from "../attention/factorized-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { add } from "../kernels/entrywise.ts";
import { alongGradient } from "./along-gradient.ts";
import { attendAlong, checkGridMasks, lateralMask, longitudinalMask } from "../attention/attend-along.ts";
import { checkOptions, checkShapes, matrix } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskRows, repeatRows, sliceRows } from "../kernels/rows.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";
import { pairRows, pairRowsGradient } from "../kernels/pair-rows.ts";
import { sumGradients } from "./sum-gradients.ts";
import { sumOf } from "../kernels/sums.ts";

/** The gradients of the weights of a factorised attention, under their names in it. */
export interface FactorizedAttentionParameters {
  readonly W_0: Matrix;
  readonly b_0: Matrix | undefined;
  readonly lateral: MultiHeadParameters;
  readonly longitudinal: MultiHeadParameters;
}

/** The gradients of a factorised attention: of both kinds of queries, of the positions, of its weights. */
export interface FactorizedGradient {
  readonly dQ_lat: Matrix;
  readonly dQ_lon: Matrix;
  readonly dPositions: Matrix | undefined;
  readonly parameters: FactorizedAttentionParameters;
}

/**
 * Factorised attention, backwards (因子化注意の逆伝播), PLUTO's reading: along each line i, then across them, then
 * apart.
 *
 *     Q_0[i,j] = [Q_lat[i] ‖ Q_lon[j]] W_0 + b_0, and 0 where not valid(i)              (1)
 *     dO[i,·]  = 0  where not valid(i)                                                  (2)
 *     dQ, dK, dV of MultiHead_lon at Y[i,·] + P, Y[i,·]  for each i                     (3)
 *     dY = dQ + dK + dV,  dP = Σ_i (dQ + dK)[i,·]                                       (4)
 *     dQ_0[·,j] = dQ + dK + dV of MultiHead_lat at Q_0[·,j]  for each j                 (5)
 *     dC = dQ_0 W_0ᵀ,  dW_0 = Cᵀ dQ_0,  db_0 = Σ_i,j dQ_0[i,j],  C[i,j] = [Q_lat[i] ‖ Q_lon[j]]   (6)
 *     dQ_lat[i] = Σ_j the first D of dC[i,j],  dQ_lon[j] = Σ_i the last D of dC[i,j]    (7)
 *
 *     Q_lat (N_R, D)   Q_lon (N_L, D)   positions (N_L, D)   dO (N_R·N_L, D)   →   dQ_lat, dQ_lon, dP as dPositions of
 *     their shapes, and the weights' gradients; Y and the other letters as in `FactorizedAttention`
 *
 * A line that does not exist is never read and gets 0. In (1) its queries become zeros, because the output of
 * an invalid line is dropped. Positions are not added to values, so dV is not in dP.
 * Cost: about three times the forward pass, and that of (1) and Y again. Errors: RangeError unless the shapes
 * agree.
 * Source: Cheng et al. 2024 §III, arXiv 2404.14327, differentiated; study note, docs/factorized.md.
 */
export function factorizedGradient(
  attention: FactorizedAttention,
  sources: { readonly Q_lat: Matrix; readonly Q_lon: Matrix },
  dO: Matrix,
  options: FactorizedOptions = {},
): FactorizedGradient {
  const where = "factorizedGradient";
  checkOptions(where, sources, ["Q_lat", "Q_lon"], "sources");
  const { Q_lat, Q_lon } = sources;
  checkGridMasks(where, options, ["positions"]);
  const { W_0, b_0, lateral, longitudinal } = attention;
  const { valid = () => true, positions } = options;
  const D = W_0.rows / 2;
  const { N_R, N_L } = checkShapes(where, {
    Q_lat: [Q_lat, "N_R", D],
    Q_lon: [Q_lon, "N_L", D],
    "positions?": [positions, "N_L", lateral.W_O.cols],
  });
  checkShapes(where, { dO: [dO, N_R * N_L, longitudinal.W_O.cols] });
  const grid = [N_R, N_L];
  const exists = (cell: number): boolean => valid(Math.floor(cell / N_L));

  const C = pairRows(Q_lat, Q_lon);
  const Q_0 = maskRows(linear(C, W_0, b_0), exists); //                            (1) (N_R·N_L, D)
  const across = { Q: Q_0, K: Q_0, V: Q_0, grid, axis: 0, allow: lateralMask(options) };
  const Y = attendAlong(lateral, across).output;
  const Y_P = positions === undefined ? Y : add(Y, repeatRows(positions, N_R));
  const along = { Q: Y_P, K: Y_P, V: Y, grid, axis: 1, allow: longitudinalMask(options) };

  const dO_valid = maskRows(dO, exists); //                                        (2) (N_R·N_L, D)
  const toLines = alongGradient(
    (inputs, dLine) => multiHeadGradient(longitudinal, inputs, dLine), //          (3)
    along,
    dO_valid,
  );
  const dY_P = add(toLines.dQ, toLines.dK); //                                     (4) (N_R·N_L, D)
  const dY = add(dY_P, toLines.dV); //                                             (4) (N_R·N_L, D)
  const dP = sumOf([matrix(N_L, dY_P.cols), ...rowBlocks(dY_P, N_R)]); //             (4) (N_L, D)
  const toColumns = alongGradient(
    (inputs, dLine) => multiHeadGradient(lateral, inputs, dLine), //               (5)
    across,
    dY,
  );
  const dQ_0 = sumOf([toColumns.dQ, toColumns.dK, toColumns.dV]); //               (5) (N_R·N_L, D)
  const { dX: dC, dW: dW_0, db: db_0 } = linearGradient(C, W_0, dQ_0); //          (6) (N_R·N_L, 2D)
  const apart = pairRowsGradient(dC, { n_q: N_R, n_k: N_L, d_q: D }); //           (7) (N_R, D), (N_L, D)
  const parameters = {
    W_0: dW_0,
    b_0: b_0 && db_0,
    lateral: sumGradients(toColumns.lines.map((line) => line.parameters)),
    longitudinal: sumGradients(toLines.lines.map((line) => line.parameters)),
  };
  return { dQ_lat: apart.dQ, dQ_lon: apart.dK, dPositions: positions && dP, parameters };
}

/** A matrix cut into n blocks of as many rows each. */
function rowBlocks(M: Matrix, n: number): Matrix[] {
  const rows = M.rows / n;
  return Array.from({ length: n }, (_, i) => sliceRows(M, i * rows, (i + 1) * rows));
}
