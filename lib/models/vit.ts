import type { EncoderBlock } from "../layers/encoder-block.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { ViTConfig } from "./vit-counts.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { add } from "../kernels/entrywise.ts";
import { checkImage } from "../kernels/unfold-patches.ts";
import { checkInteger, checkOptions, checkShapes, gaussian, matrix } from "../matrix.ts";
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

/** The parts of a ViT, and the size [H, W] of its images. */
export interface ViTParts {
  readonly image: readonly [number, number];
  readonly embedding: PatchEmbedding;
  readonly cls: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm;
  readonly head?: ViTHead | undefined;
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
 *     image: C channels (H, W)   →   Y (1 + n, D), logits (1, classes)
 *     cls (1, D)   positions (1 + n, D)   head.W (D, classes)   head.b (1, classes)
 *     n patches, row by row, D features, L blocks, which normalise before each part ("pre"); P is
 *     `positions`; ‖ sets rows under one another
 *
 * Positions belong to one grid of patches: an image of another size is refused, also where its number of
 * patches fits.
 * Cost: n·C·p²·D + L(4(1+n)D² + 2(1+n)²D + 2(1+n)D·d_hidden) + D·classes multiply-adds for patches of p × p.
 * Errors: RangeError unless the shapes agree as above and patches fill the image; RangeError from `logits`
 * without a head.
 * Source: Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words" §3.1, Eq. 1–4, arXiv 2010.11929. Names as
 * huggingface/transformers `ViTForImageClassification` or timm `VisionTransformer`.
 */
export class ViT {
  readonly image: readonly [number, number];
  readonly embedding: PatchEmbedding;
  readonly cls: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm;
  readonly head: ViTHead | undefined;

  constructor(parts: ViTParts) {
    const names = ["image", "embedding", "cls", "positions", "blocks", "norm", "head"];
    checkOptions("ViT", parts, names, "parts");
    const { image, embedding, cls, positions, blocks, norm, head } = parts;
    const [n, D] = [vitPatches("ViT", image, embedding.patch), embedding.W.cols];
    checkShapes("ViT", {
      cls: [cls, 1, D],
      positions: [positions, 1 + n, D],
      "head.W?": [head?.W, D, "classes"],
      "head.b?": [head?.b, 1, "classes"],
    });
    this.image = image;
    this.embedding = embedding;
    this.cls = cls;
    this.positions = positions;
    this.blocks = blocks;
    this.norm = norm;
    this.head = head;
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
    const positions = normalWeights(1 + vitPatches("ViT.random", image, patch), d_model, normal);
    const { heads, d_hidden } = config;
    const widths = { d_model, heads, d_hidden, eps, activation: "gelu", order: "pre" } as const;
    const blocks = Array.from({ length: depth }, () => normalEncoderBlock(widths, normal));
    const W = normalWeights(d_model, classes, normal);
    const head = classes === 0 ? undefined : { W, b: matrix(1, classes) };
    const norm = LayerNorm.initial({ d_model, eps });
    return new ViT({ image, embedding, cls, positions, blocks, norm, head });
  }

  /**
   * Y for an image: row 0 is the class token's, the others are the patches'. `onWeights` is called with
   * "blocks[l].self" and one matrix (1 + n, 1 + n) per head.
   */
  forward(image: readonly Matrix[], options: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    checkOptions("ViT.forward", options, ["onWeights"]);
    const { onWeights } = options;
    checkListener("ViT.forward", onWeights);
    this.checkSize("ViT.forward", image);

    const patches = this.embedding.forward(image);
    const X_0 = add(concatRows([this.cls, patches]), this.positions); //  (1) (1 + n, D)
    const X_L = this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { onWeights: within }); //                  (2) (1 + n, D)
    }, X_0);
    return this.norm.forward(X_L); //                                     (3) (1 + n, D)
  }

  /** The logits of the classes, from Y (1 + n, D). */
  logits(Y: Matrix): Matrix {
    const { head, positions } = this;
    checkShapes("ViT.logits", { Y: [Y, positions.rows, positions.cols] });
    if (head === undefined) throw new RangeError("ViT.logits: the model must have a head; got none");
    return linear(sliceRows(Y, 0, 1), head.W, head.b); //                 (4) (1, classes)
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
