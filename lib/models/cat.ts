import type { CatConfig, CatStageShape } from "./cat-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { CatBlock } from "../layers/cat-block.ts";
import { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { PatchEmbedding, checkImageGrid, checkPatchGrid } from "../layers/patch-embedding.ts";
import { PatchMerging } from "../layers/patch-merging.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { catStages } from "./cat-counts.ts";
import { checkList, checkModules, checkOptions, checkShapes, gaussian, matrix } from "../matrix.ts";
import { checkModuleList } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { normalFeedForward, normalMultiHead, normalWeights } from "../layers/normal-weights.ts";
import { sliceRows } from "../kernels/rows.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/** Three blocks that CAT repeats: inside the tiles, between them, and inside again. */
export interface CatUnit {
  readonly before: CatBlock;
  readonly cross: CatBlock;
  readonly after: CatBlock;
}

/**
 * One stage of CAT (CAT の段): its units on one map, then a smaller map of more channels.
 *
 *     X_l = After_l(Cross_l(Before_l(X_(l−1)))),  l = 1 … depth     (1)
 *     Y   = Merging(X_depth)                                        (2)
 *
 *     X_0 (H·W, C)   grid [H, W]   →   Y (H/2·W/2, 2C)
 *     H rows and W columns of pixels, C channels
 *
 * The last stage has no `merging`: Y = X_depth.
 * Errors: as `CatBlock` and `PatchMerging`.
 * Source: as `Cat`; its `CATLayer`.
 */
export class CatStage {
  readonly units: readonly CatUnit[];
  readonly merging: PatchMerging | undefined;

  constructor(parts: { units: readonly CatUnit[]; merging?: PatchMerging | undefined }) {
    checkOptions("CatStage", parts, ["units", "merging"], "parts");
    const { units, merging } = parts;
    checkList("CatStage", "units", units, "records { before, cross, after }");
    units.forEach((unit, l) => {
      checkOptions("CatStage", unit, ["before", "cross", "after"], `units[${l}]`);
      checkModules("CatStage", unit, ["before", "cross", "after"]);
    });
    this.units = units;
    this.merging = merging;
  }

  /**
   * Y for the map X_0. `onWeights` is called with "units[l].before.map[t]", then with "cross" and "after" in
   * place of "before", as in `CatBlock`.
   */
  forward(X_0: Matrix, grid: readonly number[], onWeights?: WeightsListener | undefined): Matrix {
    checkListener("CatStage.forward", onWeights);
    const X_depth = this.units.reduce((X, { before, cross, after }, l) => {
      const within = (block: keyof CatUnit): WeightsListener | undefined =>
        withPrefix(onWeights, `units[${l}].${block}`);
      const B = before.forward(X, grid, within("before")); //  (1) (H·W, C)
      const C = cross.forward(B, grid, within("cross")); //    (1) (H·W, C)
      return after.forward(C, grid, within("after")); //       (1) (H·W, C)
    }, X_0);
    if (this.merging === undefined) return X_depth;
    return this.merging.forward(X_depth, grid); //             (2) (H/2·W/2, 2C)
  }
}

/** The parts of a CAT, and the size [H, W] of its first map. */
export interface CatParts {
  readonly grid: readonly number[];
  readonly embedding: PatchEmbedding;
  readonly embeddingNorm: LayerNorm;
  readonly positions?: Matrix | undefined;
  readonly stages: readonly CatStage[];
  readonly norm: LayerNorm;
  readonly W_head: Matrix;
  readonly b_head: Matrix;
}

/**
 * CAT (CAT, 画像パッチの内部と外部の注意): attention inside image patches and across them by turns, on smaller and
 * smaller maps.
 *
 *     X_0 = LN(Embedding(image)) + P                        (1)
 *     X_k = Stage_k(X_(k−1)),  k = 1 … K                    (2)
 *     y   = mean over the pixels of LN(X_K)                 (3)
 *     logits = y W_head + b_head                            (4)
 *
 *     image: channels (H_0, W_0)   →   logits (1, classes)
 *     P = positions (H·W, C), learned, or absent   W_head (C_K, classes)   b_head (1, classes)
 *     the first map has [H, W] = `grid` pixels, one for each patch of the image, and C channels; stage k has
 *     2^(k−1)·C channels on a map 2^(k−1) times smaller each way; C_K = 2^(K−1)·C
 *
 * Average pooling, no [CLS], no decoder. The cost is in `catCounts`.
 * Errors: RangeError unless the image has H·W patches, tiles fill every map, and the parts agree in width.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; linhezheng19/CAT
 * `src/cat.py`. Study note, docs/cross-attention.md.
 */
export class Cat {
  readonly grid: readonly number[];
  readonly embedding: PatchEmbedding;
  readonly embeddingNorm: LayerNorm;
  readonly positions: Matrix | undefined;
  readonly stages: readonly CatStage[];
  readonly norm: LayerNorm;
  readonly W_head: Matrix;
  readonly b_head: Matrix;

  constructor(parts: CatParts) {
    const names = ["grid", "embedding", "embeddingNorm", "positions", "stages", "norm", "W_head", "b_head"];
    checkOptions("Cat", parts, names, "parts");
    const { grid, embedding, embeddingNorm, positions, stages, norm, W_head, b_head } = parts;
    checkPatchGrid("Cat", grid);
    checkModules("Cat", parts, ["embedding", "embeddingNorm", "norm"]);
    checkModuleList("Cat", "stages", stages);
    const pixels = grid.reduce((product, side) => product * side, 1);
    checkShapes("Cat", {
      "positions?": [positions, pixels, embedding.W.cols],
      W_head: [W_head, "C_K", "classes"],
      b_head: [b_head, 1, "classes"],
    });
    this.grid = grid;
    this.embedding = embedding;
    this.embeddingNorm = embeddingNorm;
    this.positions = positions;
    this.stages = stages;
    this.norm = norm;
    this.W_head = W_head;
    this.b_head = b_head;
  }

  /**
   * Fresh weights as published, in the order of use: N(0, 0.02²) for linear maps, positions and tables, the
   * embedding as its class draws it, biases 0.
   */
  static random(config: CatConfig, random: Random): Cat {
    const shapes = catStages(config);
    const { channels, patch, d_model, classes, height, width } = config;
    const normal = gaussian(random);
    const grid = [height / patch, width / patch];
    const embedding = PatchEmbedding.random({ patch, channels, d_model }, random);
    const embeddingNorm = LayerNorm.initial({ d_model });
    const pixels = (height * width) / (patch * patch);
    const positions = config.positions === false ? undefined : normalWeights(pixels, d_model, normal);
    const stages = shapes.map((shape) => randomStage(shape, config.ratio, normal));
    const last = d_model * Math.pow(2, shapes.length - 1);
    const norm = LayerNorm.initial({ d_model: last });
    const W_head = normalWeights(last, classes, normal);
    const b_head = matrix(1, classes);
    return new Cat({ grid, embedding, embeddingNorm, positions, stages, norm, W_head, b_head });
  }

  /**
   * The logits of an image. `onWeights` is called with "stages[k].units[l].before.map[t]", then with "cross"
   * and "after" in place of "before": tile by tile the heads of IPSA, channel by channel the one map of CPSA.
   */
  forward(image: readonly Matrix[], options: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    checkOptions("Cat.forward", options, ["onWeights"]);
    const { onWeights } = options;
    checkListener("Cat.forward", onWeights);
    checkImageGrid("Cat.forward", image, this.embedding, this.grid);
    const { positions, embeddingNorm, norm, W_head, b_head } = this;

    const embedded = this.embedding.forward(image);
    const E = embeddingNorm.forward(embedded);
    const X_0 = positions === undefined ? E : add(E, positions); //                         (1) (H·W, C)
    const X_K = this.stages.reduce((X, stage, k) => {
      const grid = this.grid.map((side) => side / Math.pow(2, k));
      return stage.forward(X, grid, withPrefix(onWeights, `stages[${k}]`)); //              (2)
    }, X_0);
    const Y = norm.forward(X_K);
    const y = meanOf(Array.from({ length: Y.rows }, (_, i) => sliceRows(Y, i, i + 1))); //  (3) (1, C_K)
    return linear(y, W_head, b_head); //                                                    (4) (1, classes)
  }
}

/** A fresh stage; its matrices are drawn block after block, then the merging's. */
function randomStage(shape: CatStageShape, ratio: number, normal: () => number): CatStage {
  const { C, p, heads, depth, merged } = shape;
  const block = (attention: InnerPatchAttention | CrossPatchAttention): CatBlock => {
    const [norm1, norm2] = [LayerNorm.initial({ d_model: C }), LayerNorm.initial({ d_model: C })];
    const widths = { d_model: C, d_hidden: ratio * C, activation: "gelu" } as const;
    return new CatBlock({ norm1, attention, norm2, feedForward: normalFeedForward(widths, normal) });
  };
  const inner = (): CatBlock => {
    const attention = normalMultiHead({ d_model: C, heads }, normal);
    const table = normalWeights((2 * p - 1) * (2 * p - 1), heads, normal);
    return block(new InnerPatchAttention({ p, attention, table }));
  };
  const cross = (): CatBlock => {
    const attention = normalMultiHead({ d_model: p * p, heads: 1 }, normal);
    return block(new CrossPatchAttention({ p, attention }));
  };
  const units = Array.from({ length: depth }, () => ({ before: inner(), cross: cross(), after: inner() }));
  if (!merged) return new CatStage({ units });
  const norm = LayerNorm.initial({ d_model: 4 * C });
  const W = normalWeights(4 * C, 2 * C, normal);
  return new CatStage({ units, merging: new PatchMerging({ norm, W }) });
}
