import type { Allow } from "../kernels/mask-scores.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { longitudinalMask, lateralMask, attendAlong, checkGridMasks } from "../attention/attend-along.ts";
import { checkInteger, checkMatrix, checkOptions, fromFunction, gaussian, matrix } from "../matrix.ts";
import { maskRows, repeatRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { pairRows } from "../kernels/pair-rows.ts";
import { randomProjection } from "../attention/heads.ts";
import { withPrefix } from "../layers/weights-listener.ts";

/**
 * What belongs to one scene. `valid(i)`: whether reference line i exists. `allowMemory(cell, t, head)`:
 * whether a cell may see memory row t.
 * `positions` (N_L, D): PLUTO's learned m_pos. `onWeights` hears "lateral[j]", "longitudinal[i]" and "cross".
 */
export interface PlutoOptions {
  readonly valid?: ((i: number) => boolean) | undefined;
  readonly allowMemory?: Allow | undefined;
  readonly positions?: Matrix | undefined;
  readonly onWeights?: WeightsListener | undefined;
}

/**
 * The parts of a decoder layer, in the order of use: each attention, and the feed-forward network, after its
 * norm.
 */
export interface PlutoLayerParts {
  readonly norm1: LayerNorm;
  readonly lateral: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly longitudinal: MultiHeadAttention;
  readonly norm3: LayerNorm;
  readonly cross: MultiHeadAttention;
  readonly norm4: LayerNorm;
  readonly feedForward: FeedForward;
}

/**
 * A layer of PLUTO's planning decoder (PLUTO の計画デコーダ層): factorised self-attention, then a look at the scene.
 *
 *     X_1[·,j] = X[·,j] + MultiHead_lat(LN_1(X)[·,j]), keys i' only where valid(i'),  for each j             (1)
 *     X_2[i,·] = X_1[i,·] + MultiHead_lon(Z[i,·] + P, Z[i,·] + P, Z[i,·]),  Z = LN_2(X_1),  for each i       (2)
 *     X_2[i,·] = 0  where not valid(i)                                                                       (3)
 *     X_3      = X_2 + MultiHead(LN_3(X_2), M, M)                                                            (4)
 *     X_4      = X_3 + FFN(LN_4(X_3))                                                                        (5)
 *
 *     X (N_R·N_L, D)   memory M (T, D)   →   X_4 (N_R·N_L, D)
 *     N_R reference lines i, N_L modes j, cell (i, j) is row i·N_L + j; T things seen in the scene; P `positions` (N_L, D) or none
 *
 * An invalid line is zero before (4) and goes on from there, so that it stays finite; nothing of it reaches a
 * valid one.
 * Cost: N_R·N_L·(N_R + N_L + T) pairs, 2D multiply-adds each, beside the projections.
 * Errors: RangeError unless X has N_R·N_L rows and the widths agree.
 * Source: Cheng et al. 2024, "PLUTO", arXiv 2404.14327; `DecoderLayer` of jchengai/pluto's
 * `planning_decoder.py`, for one scene.
 */
export class PlutoDecoderLayer {
  readonly norm1: LayerNorm;
  readonly lateral: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly longitudinal: MultiHeadAttention;
  readonly norm3: LayerNorm;
  readonly cross: MultiHeadAttention;
  readonly norm4: LayerNorm;
  readonly feedForward: FeedForward;

  constructor({ norm1, lateral, norm2, longitudinal, norm3, cross, norm4, feedForward }: PlutoLayerParts) {
    this.norm1 = norm1;
    this.lateral = lateral;
    this.norm2 = norm2;
    this.longitudinal = longitudinal;
    this.norm3 = norm3;
    this.cross = cross;
    this.norm4 = norm4;
    this.feedForward = feedForward;
  }

  /**
   * Fresh weights, drawn in the order of use: W from U(±√(6 / (d_in + d_out))), biases zero; the feed-forward
   * has 4D units.
   */
  static random({ d_model, heads }: { d_model: number; heads: number }, random: Random): PlutoDecoderLayer {
    const norm = (): LayerNorm => LayerNorm.initial({ d_model });
    const attention = (): MultiHeadAttention =>
      MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const [lateral, longitudinal, cross] = [attention(), attention(), attention()];
    const feedForward = FeedForward.random({ d_model, activation: "relu" }, random);
    return new PlutoDecoderLayer({
      norm1: norm(),
      lateral,
      norm2: norm(),
      longitudinal,
      norm3: norm(),
      cross,
      norm4: norm(),
      feedForward,
    });
  }

  forward(
    X: Matrix,
    memory: Matrix,
    { N_R, N_L }: { N_R: number; N_L: number },
    options: PlutoOptions = {},
  ): Matrix {
    checkOptions("PlutoDecoderLayer.forward", options, ["valid", "allowMemory", "positions", "onWeights"]);
    const { valid = () => true, allowMemory, positions, onWeights } = options;
    const grid = [N_R, N_L];
    checkGridMasks("PlutoDecoderLayer.forward", { valid: options.valid });
    checkMatrix("PlutoDecoderLayer.forward", "X", X, { rows: N_R * N_L });
    checkMatrix("PlutoDecoderLayer.forward", "memory", memory);
    if (positions !== undefined) {
      checkMatrix("PlutoDecoderLayer.forward", "positions", positions, { rows: N_L, cols: X.cols });
    }

    const Y = this.norm1.forward(X);
    const beside = attendAlong(this.lateral, {
      Q: Y,
      K: Y,
      V: Y,
      grid,
      axis: 0,
      allow: lateralMask(options),
    });
    const X_1 = add(X, beside.output); //                                                    (1) (N_R·N_L, D)

    const Z = this.norm2.forward(X_1);
    const placed = positions === undefined ? Z : add(Z, repeatRows(positions, N_R));
    const ahead = attendAlong(this.longitudinal, {
      Q: placed,
      K: placed,
      V: Z,
      grid,
      axis: 1,
      allow: longitudinalMask(options),
    });
    const added = add(X_1, ahead.output); //                                                 (2)
    const X_2 = maskRows(added, (cell) => valid(Math.floor(cell / N_L))); //                 (3)

    const seen = this.cross.forward(this.norm3.forward(X_2), memory, memory, { allow: allowMemory });
    const X_3 = add(X_2, seen.output); //                                                    (4)
    const X_4 = add(X_3, this.feedForward.forward(this.norm4.forward(X_3))); //              (5)
    if (onWeights !== undefined) {
      beside.weights.forEach((heads, j) => onWeights(`lateral[${j}]`, heads));
      ahead.weights.forEach((heads, i) => onWeights(`longitudinal[${i}]`, heads));
      onWeights("cross", seen.weights);
    }
    return X_4;
  }
}

/**
 * PLUTO's planning decoder (PLUTO の計画デコーダ): lateral and longitudinal queries are fused, and go through the
 * layers.
 *
 *     Q_0[i,j] = [Q_lat[i] ‖ Q_lon[j]] W_0 + b_0                        (1)
 *     Q_l      = Layer_l(Q_(l−1), M),  l = 1 … depth                    (2)
 *
 *     Q_lat (N_R, D)   memory M (T, D)   →   Q_depth (N_R·N_L, D)
 *     Q_lat encodes the reference lines of one scene; Q_lon (N_L, D) and the positions P (N_L, D) are learned and the same for all scenes;
 *     W_0 (2D, D), b_0 (1, D)
 *
 * One scene at a time: a batch is `scenes.map((scene) => decoder.forward(scene.Q_lat, scene.memory, { valid:
 * scene.valid }))`, so that a mask cannot reach the wrong scene, as it does where masks are tiled while
 * tokens are batch-major (the published code). PLUTO has D = 128, 4 heads, N_L = 12 and depth 4. What encodes
 * the scene and what reads the plan off Q_depth is not here.
 * Source: as `PlutoDecoderLayer`; `PlanningDecoder` of the same file.
 */
export class PlutoDecoder {
  readonly W_0: Matrix;
  readonly b_0: Matrix | undefined;
  readonly Q_lon: Matrix;
  readonly positions: Matrix;
  readonly layers: readonly PlutoDecoderLayer[];

  constructor({
    W_0,
    b_0,
    Q_lon,
    positions,
    layers,
  }: {
    W_0: Matrix;
    b_0?: Matrix | undefined;
    Q_lon: Matrix;
    positions: Matrix;
    layers: readonly PlutoDecoderLayer[];
  }) {
    checkMatrix("PlutoDecoder", "W_0", W_0);
    checkMatrix("PlutoDecoder", "Q_lon", Q_lon, { cols: W_0.rows - W_0.cols });
    checkMatrix("PlutoDecoder", "positions", positions, { rows: Q_lon.rows, cols: W_0.cols });
    if (b_0 !== undefined) checkMatrix("PlutoDecoder", "b_0", b_0, { rows: 1, cols: W_0.cols });
    this.W_0 = W_0;
    this.b_0 = b_0;
    this.Q_lon = Q_lon;
    this.positions = positions;
    this.layers = layers;
  }

  /** Fresh weights as in `PlutoDecoderLayer.random`; learned queries and positions from N(0, 0.01²). */
  static random(
    { d_model, heads, N_L, depth }: { d_model: number; heads: number; N_L: number; depth: number },
    random: Random,
  ): PlutoDecoder {
    checkInteger("PlutoDecoder.random", "depth", depth, 0);
    const W_0 = randomProjection(2 * d_model, d_model, random);
    const normal = gaussian(random);
    const [Q_lon, positions] = [
      fromFunction(N_L, d_model, () => 0.01 * normal()),
      fromFunction(N_L, d_model, () => 0.01 * normal()),
    ];
    const layers = Array.from({ length: depth }, () => PlutoDecoderLayer.random({ d_model, heads }, random));
    return new PlutoDecoder({ W_0, b_0: matrix(1, d_model), Q_lon, positions, layers });
  }

  /** `onWeights` hears the names of `PlutoOptions` with "layers[l]." before them. */
  forward(
    Q_lat: Matrix,
    memory: Matrix,
    { valid, allowMemory, onWeights }: Omit<PlutoOptions, "positions"> = {},
  ): Matrix {
    const { Q_lon, positions, W_0, b_0 } = this;
    const [N_R, N_L] = [Q_lat.rows, Q_lon.rows];
    checkMatrix("PlutoDecoder.forward", "Q_lat", Q_lat, { cols: W_0.rows - Q_lon.cols });
    const Q_0 = linear(pairRows(Q_lat, Q_lon), W_0, b_0); //                          (1) (N_R·N_L, D)
    return this.layers.reduce((Q, layer, l) => {
      const options = { valid, allowMemory, positions, onWeights: withPrefix(onWeights, `layers[${l}]`) };
      return layer.forward(Q, memory, { N_R, N_L }, options); //                                        (2)
    }, Q_0);
  }
}
