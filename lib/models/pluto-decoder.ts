import type { Allow } from "../kernels/mask-scores.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { checkDepth } from "./counts.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendAlong, checkGridMasks, lateralMask, longitudinalMask } from "../attention/attend-along.ts";
import { checkInteger, checkModuleList, checkModules } from "../matrix.ts";
import { checkOptions, checkShapes, gaussian, matrix } from "../matrix.ts";
import { fromFunction } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { maskRows, repeatRows } from "../kernels/rows.ts";
import { pairRows } from "../kernels/pair-rows.ts";
import { randomProjection } from "../attention/heads.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/**
 * What is known of one scene. `valid(i)`: whether reference line i exists. `allowMemory(cell, t, head)`:
 * whether a cell may attend to memory row t. `positions` (N_L, D): PLUTO's learned m_pos.
 * `onWeights` is called with "lateral[j]", "longitudinal[i]" and "cross", and one matrix per head.
 */
export interface PlutoOptions {
  readonly valid?: ((i: number) => boolean) | undefined;
  readonly allowMemory?: Allow | undefined;
  readonly positions?: Matrix | undefined;
  readonly onWeights?: WeightsListener | undefined;
}

/** The number of reference lines, N_R, and of modes, N_L. */
export interface PlutoGrid {
  readonly N_R: number;
  readonly N_L: number;
}

/** The sizes of a fresh decoder: D = `d_model`, the heads of each attention, the modes, and the layers. */
export interface PlutoWidths {
  readonly d_model: number;
  readonly heads: number;
  readonly N_L: number;
  readonly depth: number;
  readonly d_hidden?: number | undefined;
}

/**
 * The parts of a decoder layer, in the order of use: three attentions and a feed-forward network, each after
 * its norm.
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

/** The parts of a decoder. */
export interface PlutoDecoderParts {
  readonly W_0: Matrix;
  readonly b_0?: Matrix | undefined;
  readonly Q_lon: Matrix;
  readonly positions: Matrix;
  readonly layers: readonly PlutoDecoderLayer[];
}

/**
 * A layer of PLUTO's planning decoder (PLUTO の計画デコーダ層): factorised self-attention, then attention to the
 * scene.
 *
 *     X_1[·,j] = X[·,j] + MultiHead_lat(LN_1(X)[·,j]) over keys i' with valid(i'),  for each j     (1)
 *     X_2[i,·] = X_1[i,·] + MultiHead_lon(Z[i,·] + P, Z[i,·] + P, Z[i,·]),  for each i             (2)
 *     X_2[i,·] = 0  where not valid(i)                                                             (3)
 *     X_3      = X_2 + MultiHead(LN_3(X_2), M, M)                                                  (4)
 *     X_4      = X_3 + FFN(LN_4(X_3))                                                              (5)
 *
 *     X (N_R·N_L, D)   M = memory (T, D_m)   →   X_4 (N_R·N_L, D)
 *     P = positions (N_L, D) or absent
 *     N_R reference lines i, N_L modes j, cell (i, j) is row i·N_L + j; T things in the scene;
 *     D features of a cell, D_m of a thing; Z = LN_2(X_1)
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

  constructor(parts: PlutoLayerParts) {
    const names = ["norm1", "lateral", "norm2", "longitudinal", "norm3", "cross", "norm4", "feedForward"];
    checkOptions("PlutoDecoderLayer", parts, names, "parts");
    const { norm1, lateral, norm2, longitudinal, norm3, cross, norm4, feedForward } = parts;
    checkModules("PlutoDecoderLayer", parts, ["norm1", "lateral", "norm2", "longitudinal", "norm3", "cross", "norm4"]);
    checkModules("PlutoDecoderLayer", parts, ["feedForward"]);
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
   * Fresh weights, drawn in the order of use: W from U(±√(6 / (d_in + d_out))), biases 0; the feed-forward
   * network has 4D units.
   */
  static random(
    widths: { d_model: number; heads: number; d_hidden?: number | undefined },
    random: Random,
  ): PlutoDecoderLayer {
    checkOptions("PlutoDecoderLayer.random", widths, ["d_model", "heads", "d_hidden"], "widths");
    const { d_model, heads, d_hidden } = widths;
    const norm = (): LayerNorm => LayerNorm.initial({ d_model });
    const lateral = MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const longitudinal = MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const cross = MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const feedForward = FeedForward.random({ d_model, d_hidden, activation: "relu" }, random);
    const norms = { norm1: norm(), norm2: norm(), norm3: norm(), norm4: norm() };
    return new PlutoDecoderLayer({ ...norms, lateral, longitudinal, cross, feedForward });
  }

  /** X_4 for the cells X and the scene M. */
  forward(X: Matrix, memory: Matrix, size: PlutoGrid, options: PlutoOptions = {}): Matrix {
    checkOptions("PlutoDecoderLayer.forward", size, ["N_R", "N_L"], "size");
    const { N_R, N_L } = size;
    checkInteger("PlutoDecoderLayer.forward", "N_R", N_R, 0);
    checkInteger("PlutoDecoderLayer.forward", "N_L", N_L, 0);
    checkPlutoOptions("PlutoDecoderLayer.forward", options);
    const { valid = () => true, allowMemory, positions, onWeights } = options;
    checkShapes("PlutoDecoderLayer.forward", {
      X: [X, N_R * N_L, "D"],
      memory: [memory, "T", "D_m"],
      "positions?": [positions, N_L, "D"],
    });
    const grid = [N_R, N_L];

    const Y = this.norm1.forward(X);
    const across = { Q: Y, K: Y, V: Y, grid, axis: 0, allow: lateralMask(options) } as const;
    const beside = attendAlong(this.lateral, across);
    const X_1 = add(X, beside.output); //                                        (1) (N_R·N_L, D)

    const Z = this.norm2.forward(X_1);
    const placed = positions === undefined ? Z : add(Z, repeatRows(positions, N_R));
    const along = { Q: placed, K: placed, V: Z, grid, axis: 1, allow: longitudinalMask(options) } as const;
    const ahead = attendAlong(this.longitudinal, along);
    const added = add(X_1, ahead.output); //                                     (2) (N_R·N_L, D)
    const X_2 = maskRows(added, (cell) => valid(Math.floor(cell / N_L))); //     (3) (N_R·N_L, D)

    const seen = this.cross.forward(this.norm3.forward(X_2), memory, memory, { allow: allowMemory });
    const X_3 = add(X_2, seen.output); //                                        (4) (N_R·N_L, D)
    const X_4 = add(X_3, this.feedForward.forward(this.norm4.forward(X_3))); //  (5) (N_R·N_L, D)
    if (onWeights !== undefined) {
      beside.weights.forEach((heads, j) => onWeights(`lateral[${j}]`, heads));
      ahead.weights.forEach((heads, i) => onWeights(`longitudinal[${i}]`, heads));
      onWeights("cross", seen.weights);
    }
    return X_4;
  }
}

/** Throws unless `options` is a record of a layer's options, and `valid` a function, if given. */
function checkPlutoOptions(where: string, options: PlutoOptions): void {
  checkOptions(where, options, ["valid", "allowMemory", "positions", "onWeights"]);
  checkListener(where, options.onWeights);
  checkGridMasks(where, { valid: options.valid });
}

/**
 * PLUTO's planning decoder (PLUTO の計画デコーダ): lateral and longitudinal queries are fused and go through the
 * layers.
 *
 *     Q_0[i,j] = [Q_lat[i] ‖ Q_lon[j]] W_0 + b_0                        (1)
 *     Q_l      = Layer_l(Q_(l−1), M),  l = 1 … depth                    (2)
 *
 *     Q_lat (N_R, D)   M = memory (T, D_m)   →   Q_depth (N_R·N_L, D)
 *     Q_lon (N_L, D)   P = positions (N_L, D)   W_0 (2D, D)   b_0 (1, D) or absent
 *     N_R reference lines i, N_L modes j, T things in the scene of D_m features, D features of a query;
 *     Q_lat encodes the lines of one scene; Q_lon and the layers' P are learned and the same for all scenes
 *
 * It decodes one scene at a time. A batch is
 * `scenes.map((scene) => decoder.forward(scene.Q_lat, scene.memory, { valid: scene.valid }))`, so that a mask
 * cannot reach the wrong scene, as it does in the published code, where masks are tiled while tokens are
 * batch-major. PLUTO has D = 128, 4 heads, N_L = 12 and depth 4. The encoder of the scene and the read-out of
 * the plan are not here.
 * Errors: RangeError unless the shapes agree as above.
 * Source: as `PlutoDecoderLayer`; `PlanningDecoder` of the same file.
 */
export class PlutoDecoder {
  readonly W_0: Matrix;
  readonly b_0: Matrix | undefined;
  readonly Q_lon: Matrix;
  readonly positions: Matrix;
  readonly layers: readonly PlutoDecoderLayer[];

  constructor(parts: PlutoDecoderParts) {
    const where = "PlutoDecoder";
    checkOptions(where, parts, ["W_0", "b_0", "Q_lon", "positions", "layers"], "parts");
    const { W_0, b_0, Q_lon, positions, layers } = parts;
    checkShapes(where, { W_0: [W_0, "2D", "D"] });
    checkShapes(where, {
      Q_lon: [Q_lon, "N_L", W_0.rows - W_0.cols],
      positions: [positions, "N_L", W_0.cols],
      "b_0?": [b_0, 1, W_0.cols],
    });
    this.W_0 = W_0;
    this.b_0 = b_0;
    this.Q_lon = Q_lon;
    this.positions = positions;
    checkModuleList(where, "layers", layers);
    this.layers = layers;
  }

  /** Fresh weights as in `PlutoDecoderLayer.random`; learned queries and positions from N(0, 0.01²). */
  static random(widths: PlutoWidths, random: Random): PlutoDecoder {
    checkOptions("PlutoDecoder.random", widths, ["d_model", "heads", "N_L", "depth", "d_hidden"], "widths");
    const { d_model, heads, N_L, depth, d_hidden } = widths;
    checkInteger("PlutoDecoder.random", "d_model", d_model, 1);
    checkDepth("PlutoDecoder.random", "depth", depth, 0);
    const W_0 = randomProjection(2 * d_model, d_model, random);
    const normal = gaussian(random);
    const Q_lon = fromFunction(N_L, d_model, () => 0.01 * normal());
    const positions = fromFunction(N_L, d_model, () => 0.01 * normal());
    const layers = Array.from({ length: depth }, () => PlutoDecoderLayer.random({ d_model, heads, d_hidden }, random));
    return new PlutoDecoder({ W_0, b_0: matrix(1, d_model), Q_lon, positions, layers });
  }

  /**
   * Q_depth for the reference lines Q_lat and the scene M. `onWeights` is called with the names of
   * `PlutoOptions`, "layers[l]." before each.
   */
  forward(Q_lat: Matrix, memory: Matrix, options: Omit<PlutoOptions, "positions"> = {}): Matrix {
    const { Q_lon, positions, W_0, b_0 } = this;
    checkOptions("PlutoDecoder.forward", options, ["valid", "allowMemory", "onWeights"]);
    checkListener("PlutoDecoder.forward", options.onWeights);
    const { valid, allowMemory, onWeights } = options;
    checkShapes("PlutoDecoder.forward", { Q_lat: [Q_lat, "N_R", W_0.rows - Q_lon.cols] });
    const [N_R, N_L] = [Q_lat.rows, Q_lon.rows];

    const Q_0 = linear(pairRows(Q_lat, Q_lon), W_0, b_0); //     (1) (N_R·N_L, D)
    return this.layers.reduce((Q, layer, l) => {
      const within = { valid, allowMemory, positions, onWeights: withPrefix(onWeights, `layers[${l}]`) };
      return layer.forward(Q, memory, { N_R, N_L }, within); //  (2) (N_R·N_L, D)
    }, Q_0);
  }
}
