import type { EncoderBlock } from "../layers/encoder-block.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { ViTConfig } from "./vit-counts.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { TokenPooler } from "./token-pooler.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { checkImage } from "../kernels/unfold-patches.ts";
import { checkInteger, checkModules, checkOptions, checkShapes, gaussian, matrix } from "../matrix.ts";
import { checkList } from "../matrix.ts";
import { checkModuleList } from "../matrix.ts";
import { checkViTConfig } from "./vit-counts.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { normalEncoderBlock, normalWeights } from "../layers/normal-weights.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/** The classifier of a ViT. */
export interface ViTHead {
  readonly W: Matrix;
  readonly b: Matrix;
}

/**
 * The parts of a ViT, and the size [H, W] of its images. DeiT has a `distillation` token (1, D), and
 * sometimes a classifier of that token; a model without a task may have a `pooler`.
 */
export interface ViTParts {
  readonly image: readonly [number, number];
  readonly embedding: PatchEmbedding;
  readonly cls: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm;
  readonly head?: ViTHead | undefined;
  readonly distillation?: Matrix | undefined;
  readonly distillationHead?: ViTHead | undefined;
  readonly pooler?: TokenPooler | undefined;
}

/**
 * Vision Transformer (ビジョン・トランスフォーマー, ViT): an image as a sequence of patches, with a class token before
 * them.
 *
 *     X_0 = [cls ‖ PatchEmbedding(image)] + P                    (1)
 *     X_l = EncoderBlock_l(X_(l−1)),  l = 1 … L                  (2)
 *     Y = LN(X_L)                                                (3)
 *     logits = Y[0,·] W + b                                      (4)
 *
 * DeiT (蒸留トークン) has a second token, which learns from a teacher, and often a classifier of that token:
 *
 *     X_0 = [cls ‖ dist ‖ PatchEmbedding(image)] + P             (5)
 *     logits = 1/2 ((Y[0,·] W + b) + (Y[1,·] W_dist + b_dist))   (6)
 *
 *     image: C channels (H, W)   →   Y (t + n, D), logits (1, classes)
 *     cls, distillation (1, D)   positions (t + n, D)   head.W, distillationHead.W (D, classes)
 *     head.b, distillationHead.b (1, classes)
 *     n patches, row by row, D features, L blocks, which normalise before each part ("pre"); P is
 *     `positions`; ‖ sets rows under one another; t = 1 token, or 2 with dist, which is `distillation`;
 *     W_dist and b_dist are those of `distillationHead`
 *
 * A `pooler` is kept beside the model: `model.pooler.forward(Y)` is one vector for the picture.
 * Positions belong to one grid of patches: an image of another size is refused, also where its number of
 * patches fits.
 * Cost: n·C·p²·D + L(4(t+n)D² + 2(t+n)²D + 2(t+n)D·d_hidden) + D·classes multiply-adds for patches of p × p.
 * Errors: RangeError unless the shapes agree as above and patches fill the image, and for a classifier of the
 * distillation token without that token or the other classifier; RangeError from `logits` without a head.
 * Source: Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words" §3.1, Eq. 1–4, arXiv 2010.11929; for (5)
 * and (6) Touvron et al. 2021, "DeiT" §4, arXiv 2012.12877. Names as huggingface/transformers
 * `ViTForImageClassification` and `DeiTForImageClassificationWithTeacher`, or timm `VisionTransformer`.
 */
export class ViT {
  readonly image: readonly [number, number];
  readonly embedding: PatchEmbedding;
  readonly cls: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm;
  readonly head: ViTHead | undefined;
  readonly distillation: Matrix | undefined;
  readonly distillationHead: ViTHead | undefined;
  readonly pooler: TokenPooler | undefined;

  constructor(parts: ViTParts) {
    const names = ["image", "embedding", "cls", "positions", "blocks", "norm", "head"];
    const more = ["distillation", "distillationHead", "pooler"];
    checkOptions("ViT", parts, names.concat(more), "parts");
    const { image, embedding, cls, positions, blocks, norm, head } = parts;
    const { distillation, distillationHead, pooler } = parts;
    checkModules("ViT", parts, ["embedding", "norm"]);
    checkModuleList("ViT", "blocks", blocks);
    checkList("ViT", "image", image, "two numbers, [height, width]");
    const [n, D] = [vitPatches("ViT", image, embedding.patch), embedding.W.cols];
    const t = distillation === undefined ? 1 : 2;
    checkShapes("ViT", {
      cls: [cls, 1, D],
      "distillation?": [distillation, 1, D],
      positions: [positions, t + n, D],
      "head.W?": [head?.W, D, "classes"],
      "head.b?": [head?.b, 1, "classes"],
      "distillationHead.W?": [distillationHead?.W, D, "classes"],
      "distillationHead.b?": [distillationHead?.b, 1, "classes"],
    });
    if (pooler !== undefined) checkModules("ViT", parts, ["pooler"]);
    if (distillationHead !== undefined && (distillation === undefined || head === undefined)) {
      const rule = "must come with distillation and head";
      throw new RangeError(`ViT: distillationHead ${rule}; got it without one of them`);
    }
    this.image = image;
    this.embedding = embedding;
    this.cls = cls;
    this.positions = positions;
    this.blocks = blocks;
    this.norm = norm;
    this.head = head;
    this.distillation = distillation;
    this.distillationHead = distillationHead;
    this.pooler = pooler;
  }

  /**
   * Fresh weights, drawn in the order of use: a convolution's default for patches, N(0, 0.02²) for the rest,
   * biases 0, norms 1 and 0.
   */
  static random(config: ViTConfig, random: Random): ViT {
    checkViTConfig("ViT.random", config);
    const { height, width, channels, patch, d_model, depth, classes, eps } = config;
    const image = [height, width] as const;
    const normal = gaussian(random);
    const embedding = PatchEmbedding.random({ patch, channels, d_model }, random);
    const cls = normalWeights(1, d_model, normal);
    const { distillation: kind, pooler: pooled } = config;
    const distillation = kind === undefined ? undefined : normalWeights(1, d_model, normal);
    const tokens = kind === undefined ? 1 : 2;
    const positions = normalWeights(tokens + vitPatches("ViT.random", image, patch), d_model, normal);
    const { heads, d_hidden } = config;
    const widths = { d_model, heads, d_hidden, eps, activation: "gelu", order: "pre" } as const;
    const blocks = Array.from({ length: depth }, () => normalEncoderBlock(widths, normal));
    const classifier = (): ViTHead => ({ W: normalWeights(d_model, classes, normal), b: matrix(1, classes) });
    const head = classes === 0 ? undefined : classifier();
    const distillationHead = kind === "classifier" ? classifier() : undefined;
    const norm = LayerNorm.initial({ d_model, eps });
    const b = matrix(1, d_model);
    const pooler = pooled === true ? new TokenPooler({ W: normalWeights(d_model, d_model, normal), b }) : undefined;
    const ends = { norm, head, distillation, distillationHead, pooler };
    return new ViT({ image, embedding, cls, positions, blocks, ...ends });
  }

  /**
   * Y for an image: row 0 is the class token's, row 1 the distillation token's if there is one, the others
   * are the patches'. `onWeights` is called with "blocks[l].self" and one matrix (t + n, t + n) per head.
   */
  forward(image: readonly Matrix[], options: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    checkOptions("ViT.forward", options, ["onWeights"]);
    const { onWeights } = options;
    checkListener("ViT.forward", onWeights);
    this.checkSize("ViT.forward", image);

    const patches = this.embedding.forward(image);
    const { cls, distillation: dist, positions: P } = this;
    const X_0 =
      dist === undefined
        ? add(concatRows([cls, patches]), P) //                           (1) (1 + n, D)
        : add(concatRows([cls, dist, patches]), P); //                    (5) (2 + n, D)
    const X_L = this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { onWeights: within }); //                  (2) (t + n, D)
    }, X_0);
    return this.norm.forward(X_L); //                                     (3) (t + n, D)
  }

  /** The logits of the classes, from Y (t + n, D). */
  logits(Y: Matrix): Matrix {
    const { head, distillationHead: other, positions } = this;
    checkShapes("ViT.logits", { Y: [Y, positions.rows, positions.cols] });
    if (head === undefined) throw new RangeError("ViT.logits: the model must have a head; got none");
    const first = linear(sliceRows(Y, 0, 1), head.W, head.b); //          (4) (1, classes)
    if (other === undefined) return first;
    return meanOf([first, linear(sliceRows(Y, 1, 2), other.W, other.b)]); // (6) (1, classes)
  }

  private checkSize(where: string, image: readonly Matrix[]): void {
    const [rows, cols] = this.image;
    checkImage(where, image, { channels: this.embedding.channels });
    image.forEach((channel, c) => checkShapes(where, { [`image[${c}]`]: [channel, rows, cols] }));
  }
}

/** How many patches fill an image. Throws unless they fill it. */
function vitPatches(where: string, image: readonly [number, number], patch: number): number {
  const [H, W] = image;
  checkInteger(where, "image[0]", H, patch);
  checkInteger(where, "image[1]", W, patch);
  if (H % patch !== 0 || W % patch !== 0) {
    throw new RangeError(`${where}: image must be filled by patches of ${patch} × ${patch}; got ${H} × ${W}`);
  }
  return (H / patch) * (W / patch);
}
