import type { CatConfig, CatStageShape } from "./cat-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { CatBlock } from "../layers/cat-block.ts";
import { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { PatchMerging } from "../layers/patch-merging.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { catStages } from "./cat-counts.ts";
import { checkMatrix, fromFunction, gaussian, matrix } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { sliceRows } from "../kernels/rows.ts";
import { withPrefix } from "../layers/weights-listener.ts";

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
 *     X_0 (H·W, C)   grid [H, W]   →   Y (H/2·W/2, 2C);   the last stage has no `merging`: Y = X_depth
 *
 * Source: as `Cat`; its `CATLayer`.
 */
export class CatStage {
  readonly units: readonly CatUnit[];
  readonly merging: PatchMerging | undefined;

  constructor({ units, merging }: { units: readonly CatUnit[]; merging?: PatchMerging | undefined }) {
    this.units = units;
    this.merging = merging;
  }

  forward(X_0: Matrix, grid: readonly number[], onWeights?: WeightsListener | undefined): Matrix {
    const X_depth = this.units.reduce((X, { before, cross, after }, l) => {
      const hear = (block: string): WeightsListener | undefined =>
        withPrefix(onWeights, `units[${l}].${block}`);
      return after.forward(
        cross.forward(before.forward(X, grid, hear("before")), grid, hear("cross")),
        grid,
        hear("after"),
      ); //   (1)
    }, X_0);
    return this.merging === undefined ? X_depth : this.merging.forward(X_depth, grid); // (2)
  }
}

/** The parts of a CAT, and the size [H, W] of its first map. */
export interface CatParts {
  readonly grid: readonly number[];
  readonly embedding: PatchEmbedding;
  readonly embeddingNorm: LayerNorm;
  readonly positions: Matrix;
  readonly stages: readonly CatStage[];
  readonly norm: LayerNorm;
  readonly W_head: Matrix;
  readonly b_head: Matrix;
}

/**
 * CAT (CAT, 画像パッチの内部と外部の注意): attention inside image patches and across them by turns, in stages of smaller
 * and smaller maps.
 *
 *     X_0 = LN(Embedding(image)) + P                        (1)
 *     X_k = Stage_k(X_(k−1)),  k = 1 … K                    (2)
 *     y   = mean over the pixels of LN(X_K)                 (3)
 *     logits = y W_head + b_head                            (4)
 *
 *     image: channels (H_0, W_0)   →   logits (1, classes)
 *     the first map has [H, W] = `grid` pixels, one for each patch of the image, and C channels; learned positions P (H·W, C);
 *     stage k has 2^(k−1)·C channels on a map 2^(k−1) times smaller each way; W_head (2^(K−1)·C, classes)
 *
 * Average pooling, no [CLS], no decoder. `onWeights` hears "stages[k].units[l].before.map[t]", also "cross"
 * and "after": tile by tile the heads of IPSA, channel by channel the one map of CPSA. The cost is in
 * `catCounts`.
 * Errors: RangeError unless the image has H·W patches, tiles fill every map, and the parts agree in width.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; linhezheng19/CAT
 * `src/cat.py`. D-CROSS.
 */
export class Cat {
  readonly grid: readonly number[];
  readonly embedding: PatchEmbedding;
  readonly embeddingNorm: LayerNorm;
  readonly positions: Matrix;
  readonly stages: readonly CatStage[];
  readonly norm: LayerNorm;
  readonly W_head: Matrix;
  readonly b_head: Matrix;

  constructor({ grid, embedding, embeddingNorm, positions, stages, norm, W_head, b_head }: CatParts) {
    checkMatrix("Cat", "positions", positions, {
      rows: grid.reduce((pixels, side) => pixels * side, 1),
      cols: embedding.W.cols,
    });
    checkMatrix("Cat", "W_head", W_head);
    checkMatrix("Cat", "b_head", b_head, { rows: 1, cols: W_head.cols });
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
    const draw = (rows: number, cols: number): Matrix => fromFunction(rows, cols, () => 0.02 * normal());
    const embedding = PatchEmbedding.random({ patch, channels, d_model }, random);
    const grid = [height / patch, width / patch];
    const positions = draw((height * width) / (patch * patch), d_model);
    const stages = shapes.map((shape) => randomStage(shape, config.ratio, draw));
    const last = d_model * Math.pow(2, shapes.length - 1);
    const norms = {
      embeddingNorm: LayerNorm.initial({ d_model }),
      norm: LayerNorm.initial({ d_model: last }),
    };
    return new Cat({
      grid,
      embedding,
      positions,
      stages,
      ...norms,
      W_head: draw(last, classes),
      b_head: matrix(1, classes),
    });
  }

  forward(image: readonly Matrix[], { onWeights }: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    const embedded = this.embedding.forward(image);
    checkMatrix("Cat.forward", "the image's patches", embedded, { rows: this.positions.rows });
    const X_0 = add(this.embeddingNorm.forward(embedded), this.positions); //         (1) (H·W, C)
    const smaller = (k: number): number[] => this.grid.map((side) => side / Math.pow(2, k));
    const X_K = this.stages.reduce(
      (X, stage, k) => stage.forward(X, smaller(k), withPrefix(onWeights, `stages[${k}]`)),
      X_0,
    ); // (2)
    const Y = this.norm.forward(X_K);
    const y = meanOf(Array.from({ length: Y.rows }, (_, i) => sliceRows(Y, i, i + 1))); // (3) (1, 2^(K−1)·C)
    return linear(y, this.W_head, this.b_head); //                                    (4) (1, classes)
  }
}

function randomStage(
  { C, p, heads, depth, merged }: CatStageShape,
  ratio: number,
  draw: (rows: number, cols: number) => Matrix,
): CatStage {
  const attention = (d: number, h: number): MultiHeadAttention => {
    const bias = (): Matrix => matrix(1, d / h);
    const head = (): MultiHeadAttention["heads"][0] => ({
      W_Q: draw(d, d / h),
      W_K: draw(d, d / h),
      W_V: draw(d, d / h),
      b_Q: bias(),
      b_K: bias(),
      b_V: bias(),
    });
    return new MultiHeadAttention({
      heads: Array.from({ length: h }, head),
      W_O: draw(d, d),
      b_O: matrix(1, d),
    });
  };
  const block = (own: InnerPatchAttention | CrossPatchAttention): CatBlock => {
    const feedForward = new FeedForward({
      W_1: draw(C, ratio * C),
      b_1: matrix(1, ratio * C),
      W_2: draw(ratio * C, C),
      b_2: matrix(1, C),
      activation: "gelu",
    });
    return new CatBlock({
      norm1: LayerNorm.initial({ d_model: C }),
      attention: own,
      norm2: LayerNorm.initial({ d_model: C }),
      feedForward,
    });
  };
  const inner = (): CatBlock =>
    block(
      new InnerPatchAttention({
        p,
        attention: attention(C, heads),
        table: draw((2 * p - 1) * (2 * p - 1), heads),
      }),
    );
  const cross = (): CatBlock => block(new CrossPatchAttention({ p, attention: attention(p * p, 1) }));
  const units = Array.from({ length: depth }, () => ({ before: inner(), cross: cross(), after: inner() }));
  return new CatStage({
    units,
    merging: merged
      ? new PatchMerging({ norm: LayerNorm.initial({ d_model: 4 * C }), W: draw(4 * C, 2 * C) })
      : undefined,
  });
}
