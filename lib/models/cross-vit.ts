import type { CrossViTBranchConfig, CrossViTConfig } from "./cross-vit-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { TokenProjection, TokenReading } from "../attention/class-token-attention.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { ClassTokenAttention } from "../attention/class-token-attention.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { checkCrossViTConfig, patchesOf, stageDepth } from "./cross-vit-counts.ts";
import { checkImage } from "../kernels/unfold-patches.ts";
import { checkInteger, checkList, checkMatrix, checkModuleList, checkModules } from "../matrix.ts";
import { checkOptions, checkShapes, gaussian, matrix } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { normalFeedForward, normalMultiHead, normalWeights } from "../layers/normal-weights.ts";
import { resizeBicubic } from "../kernels/resize-bicubic.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/**
 * The beginning and the end of a branch: the side of its image, its patch embedding, its [CLS] (1, d), its
 * learned positions (1 + n, d), and the norm of its result.
 */
export interface CrossViTBranch {
  readonly image: number;
  readonly embedding: PatchEmbedding;
  readonly cls: Matrix;
  readonly positions: Matrix;
  readonly norm: LayerNorm;
}

/** A stage: the blocks of each branch, then the fusion of each branch with the other. */
export interface CrossViTStage {
  readonly encoders: readonly [readonly EncoderBlock[], readonly EncoderBlock[]];
  readonly fusions: readonly [ClassTokenAttention, ClassTokenAttention];
}

/** Throws unless a stage has a list of blocks for each branch, and two fusions. */
function checkCrossViTStage(where: string, name: string, stage: CrossViTStage): void {
  checkOptions(where, stage, ["encoders", "fusions"], name);
  const { encoders, fusions } = stage;
  checkList(where, `${name}.encoders`, encoders, "two lists of blocks");
  checkInteger(where, `${name}.encoders.length`, encoders.length, 2, 2);
  encoders.forEach((blocks, b) => checkModuleList(where, `${name}.encoders[${b}]`, blocks));
  checkModuleList(where, `${name}.fusions`, fusions);
  checkInteger(where, `${name}.fusions.length`, fusions.length, 2, 2);
}

/** A map from a class token to logits: W (d, classes), b (1, classes). */
export interface CrossViTHead {
  readonly W: Matrix;
  readonly b: Matrix;
}

/** The parts of a CrossViT: two heads whose logits are averaged, or one head on both [CLS] joined. */
export interface CrossViTParts {
  readonly branches: readonly [CrossViTBranch, CrossViTBranch];
  readonly stages: readonly CrossViTStage[];
  readonly heads: readonly CrossViTHead[];
}

/**
 * One stage of CrossViT (CrossViT の一段): each branch by itself, then the [CLS] of each attends to the other.
 *
 *     x^b = Block_M(… Block_1(x^b)),  for both branches b           (1)
 *     z^s = Fusion^s(x^s, x^l),  z^l = Fusion^l(x^l, x^s)           (2)
 *
 *     x^s (1 + n, d)   x^l (1 + m, e)   →   z^s (1 + n, d), z^l (1 + m, e)
 *     s the branch of small patches, n of them, d features; l that of large ones, m of them, e features;
 *     M pre-norm blocks, another number in each branch; Fusion is `ClassTokenAttention`
 *
 * Both fusions take x^s and x^l as (1) leaves them. `onWeights` is called with "encoders[b][i].self" for each
 * block, then with "fusions[b][r]" for each reading, and one matrix per head.
 * Errors: as `EncoderBlock` and `ClassTokenAttention`.
 * Source: as `CrossViT`; `MultiScaleBlock` of the code.
 */
export function crossViTStage(
  stage: CrossViTStage,
  x: readonly [Matrix, Matrix],
  onWeights?: WeightsListener | undefined,
): [Matrix, Matrix] {
  checkListener("crossViTStage", onWeights);
  checkCrossViTStage("crossViTStage", "stage", stage);
  const { encoders, fusions } = stage;

  const encode = (b: 0 | 1): Matrix =>
    encoders[b].reduce((X, block, i) => {
      const within = withPrefix(onWeights, `encoders[${b}][${i}]`);
      return block.forward(X, { onWeights: within }); //            (1)
    }, x[b]);
  const fuse = (b: 0 | 1, own: Matrix, other: Matrix): Matrix => {
    const { output, weights } = fusions[b].forward(own, other); //  (2)
    if (onWeights !== undefined) weights.forEach((heads, r) => onWeights(`fusions[${b}][${r}]`, heads));
    return output;
  };
  const [x_s, x_l] = [encode(0), encode(1)];
  return [fuse(0, x_s, x_l), fuse(1, x_l, x_s)];
}

/**
 * CrossViT (画像のクロスアテンション): two branches see an image in small and in large patches, and their [CLS] tokens
 * attend to each other's patches.
 *
 *     image^b    = Resize(image), bicubic, to the side of branch b                   (1)
 *     x^b        = [cls^b ‖ PatchEmbedding^b(image^b)] + P^b                         (2)
 *     x^s, x^l   = Stage_K(… Stage_1(x^s, x^l))                                      (3)
 *     c^b        = LN^b(x^b)_cls                                                     (4)
 *     "averaged":  logits = 1/2 Σ_b (c^b W^b + b^b)                                  (5)
 *     "joined":    logits = [c^s, c^l] W + b                                         (6)
 *
 *     image: C channels (H, W)   →   logits (1, classes)
 *     cls^s (1, d), P^s (1 + n, d), c^s (1, d), W^s (d, classes), b^s (1, classes); W (d + e, classes)
 *     branches b = s (small patches, narrow, n patches and d features) and l (large ones, wide, m patches and
 *     e features, in place of n and d); cls^b and P^b are learned; K stages, `crossViTStage`
 *     ‖ sets rows under one another, [ , ] side by side
 *
 * Two heads are (5), the released code; one head is (6), the study note, which joins the features. An image
 * that has the side of a branch is not resized. The cost is in `crossViTCounts`.
 * Errors: RangeError unless widths and numbers of patches agree.
 * Source: Chen, Fan and Panda 2021, "CrossViT" §3, Fig. 2, arXiv 2103.14899; IBM/CrossViT
 * `models/crossvit.py`. Study note, docs/cross-attention.md.
 */
export class CrossViT {
  readonly branches: readonly [CrossViTBranch, CrossViTBranch];
  readonly stages: readonly CrossViTStage[];
  readonly heads: readonly CrossViTHead[];

  constructor(parts: CrossViTParts) {
    const where = "CrossViT";
    checkOptions(where, parts, ["branches", "stages", "heads"], "parts");
    const { branches, stages, heads } = parts;
    checkList(where, "branches", branches, "two branches");
    checkList(where, "stages", stages, "records { encoders, fusions }");
    checkList(where, "heads", heads, "records { W, b }");
    checkInteger(where, "branches.length", branches.length, 2, 2);
    branches.forEach((branch, b) => checkCrossViTEnds(where, `branches[${b}]`, branch));
    checkInteger(where, "heads.length", heads.length, 1, 2);
    heads.forEach((head, h) => checkOptions(where, head, ["W", "b"], `heads[${h}]`));
    const [d, e] = [branches[0].cls.cols, branches[1].cls.cols];
    heads.forEach(({ b }, h) => checkMatrix(where, `heads[${h}].b`, b));
    const classes = heads[0]?.b.cols ?? 0;
    stages.forEach((stage, k) => checkCrossViTStage(where, `stages[${k}]`, stage));
    heads.forEach(({ W, b }, h) => {
      const width = heads.length === 1 ? d + e : h === 0 ? d : e;
      checkShapes(where, { [`heads[${h}].W`]: [W, width, classes], [`heads[${h}].b`]: [b, 1, classes] });
    });
    this.branches = branches;
    this.stages = stages;
    this.heads = heads;
  }

  /**
   * Fresh weights as the released code draws them: N(0, 0.02²) for W, [CLS] and positions, biases 0, a
   * convolution's default for patches. The order is: the beginnings of both branches, stage after stage, the
   * heads.
   */
  static random(config: CrossViTConfig, random: Random): CrossViT {
    checkCrossViTConfig("CrossViT.random", config);
    const { channels, classes, branches, head = "averaged" } = config;
    const [small, large] = branches;
    const normal = gaussian(random);
    const branch = ({ image, patch, d_model }: CrossViTBranchConfig): CrossViTBranch => {
      const embedding = PatchEmbedding.random({ patch, channels, d_model }, random);
      const cls = normalWeights(1, d_model, normal);
      const positions = normalWeights(1 + patchesOf({ image, patch }), d_model, normal);
      return { image, embedding, cls, positions, norm: LayerNorm.initial({ d_model, eps: 1e-6 }) };
    };
    const [d, e] = [small.d_model, large.d_model];
    const widths = head === "joined" ? [d + e] : [d, e];
    return new CrossViT({
      branches: [branch(small), branch(large)],
      stages: Array.from({ length: config.stages }, (_, k) => randomCrossViTStage(config, k, normal)),
      heads: widths.map((width) => ({ W: normalWeights(width, classes, normal), b: matrix(1, classes) })),
    });
  }

  /**
   * The two class tokens c^s and c^l, (4), from which the heads make the logits. `onWeights` as in `forward`.
   */
  features(
    image: readonly Matrix[],
    options: { onWeights?: WeightsListener | undefined } = {},
  ): [Matrix, Matrix] {
    checkOptions("CrossViT.features", options, ["onWeights"]);
    const { onWeights } = options;
    checkListener("CrossViT.features", onWeights);
    const [small, large] = this.branches;
    checkImage("CrossViT.features", image, { channels: small.embedding.channels });
    let x: [Matrix, Matrix] = [this.embed(small, image), this.embed(large, image)];
    this.stages.forEach((stage, k) => {
      x = crossViTStage(stage, x, withPrefix(onWeights, `stages[${k}]`)); //  (3)
    });
    const read = (branch: CrossViTBranch, X: Matrix): Matrix => {
      return branch.norm.forward(sliceRows(X, 0, 1)); //                      (4) (1, d)
    };
    return [read(small, x[0]), read(large, x[1])];
  }

  /**
   * The logits of an image. `onWeights` is called with "stages[k].encoders[b][i].self" and
   * "stages[k].fusions[b][r]", and one matrix per head. A fusion's are (1, 1 + m), its keys f([CLS]), then
   * the patches.
   */
  forward(image: readonly Matrix[], options: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    const [c_s, c_l] = this.features(image, options);
    if (this.heads.length === 1) {
      const c = concatColumns([c_s, c_l]);
      return meanOf(this.heads.map(({ W, b }) => linear(c, W, b))); //  (6) (1, classes)
    }
    const each = this.heads.map(({ W, b }, h) => linear(h === 0 ? c_s : c_l, W, b));
    return meanOf(each); //                                             (5) (1, classes)
  }

  private embed(branch: CrossViTBranch, image: readonly Matrix[]): Matrix {
    const { image: side, embedding, cls, positions } = branch;
    const fit = (channel: Matrix): Matrix => {
      if (channel.rows === side && channel.cols === side) return channel;
      return resizeBicubic(channel, side, side); //                                  (1) (side, side)
    };
    return add(concatRows([cls, embedding.forward(image.map(fit))]), positions); //  (2) (1 + n, d)
  }
}

/**
 * Throws unless cls is (1, d) and positions are (1 + n, d), for the n patches and d features of the
 * embedding.
 */
function checkCrossViTEnds(where: string, name: string, branch: CrossViTBranch): void {
  checkOptions(where, branch, ["image", "embedding", "cls", "positions", "norm"], name);
  checkModules(where, branch, ["embedding", "norm"]);
  const { image, embedding, cls, positions } = branch;
  const [n, d] = [patchesOf({ image, patch: embedding.patch }), embedding.W.cols];
  checkShapes(where, { [`${name}.cls`]: [cls, 1, d], [`${name}.positions`]: [positions, 1 + n, d] });
}

/** A fresh stage: the blocks of both branches, each its feed-forward network first, then both fusions. */
function randomCrossViTStage(config: CrossViTConfig, k: number, normal: () => number): CrossViTStage {
  const { branches, readings = 1, projection = "norm-gelu-linear" } = config;
  const [small, large] = branches;
  const norm = (d_model: number): LayerNorm => LayerNorm.initial({ d_model, eps: 1e-6 });
  const block = ({ d_model, heads, d_hidden }: CrossViTBranchConfig): EncoderBlock => {
    const feedForward = normalFeedForward({ d_model, d_hidden, activation: "gelu" }, normal);
    const attention = normalMultiHead({ d_model, heads }, normal);
    const [norm1, norm2] = [norm(d_model), norm(d_model)];
    return new EncoderBlock({ norm1, attention, norm2, feedForward, order: "pre" });
  };
  const blocks = (branch: CrossViTBranchConfig): EncoderBlock[] =>
    Array.from({ length: stageDepth(branch, k) }, () => block(branch));
  const project = (d: number, e: number): TokenProjection => {
    const W = normalWeights(d, e, normal);
    return { norm: projection === "linear" ? undefined : norm(d), W, b: matrix(1, e) };
  };
  const fusion = (d: number, { d_model: e, heads }: CrossViTBranchConfig): ClassTokenAttention => {
    const reading = (): TokenReading => {
      return { norm: norm(e), attention: normalMultiHead({ d_model: e, heads }, normal) };
    };
    const f = project(d, e);
    const all = Array.from({ length: readings }, reading);
    return new ClassTokenAttention({ f, readings: all, g: project(e, d) });
  };
  return {
    encoders: [blocks(small), blocks(large)],
    fusions: [fusion(small.d_model, large), fusion(large.d_model, small)],
  };
}
