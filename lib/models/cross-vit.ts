import type { CrossViTBranchConfig, CrossViTConfig } from "./cross-vit-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { TokenProjection, TokenReading } from "../attention/class-token-attention.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { ClassTokenAttention } from "../attention/class-token-attention.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { add, meanOf } from "../kernels/entrywise.ts";
import { checkCrossViTConfig, patchesOf } from "./cross-vit-counts.ts";
import { checkImage } from "../kernels/unfold-patches.ts";
import { checkInteger, checkMatrix, fromFunction, gaussian, matrix } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { resizeBicubic } from "../kernels/resize-bicubic.ts";
import { withPrefix } from "../layers/weights-listener.ts";

/**
 * How a branch begins and ends: its view of the image, its [CLS] (1, d), its learned positions (1 + n, d),
 * and the norm of what comes out.
 */
export interface CrossViTBranch {
  readonly image: number;
  readonly embedding: PatchEmbedding;
  readonly cls: Matrix;
  readonly positions: Matrix;
  readonly norm: LayerNorm;
}

/** A stage: each branch's blocks, then each branch's fusion, which reads the other. */
export interface CrossViTStage {
  readonly encoders: readonly [readonly EncoderBlock[], readonly EncoderBlock[]];
  readonly fusions: readonly [ClassTokenAttention, ClassTokenAttention];
}

/** A map from a class token to logits: W (d, classes), b (1, classes). */
export interface CrossViTHead {
  readonly W: Matrix;
  readonly b: Matrix;
}

/** The parts of a CrossViT: two heads whose logits are averaged, or one that reads both [CLS] joined. */
export interface CrossViTParts {
  readonly branches: readonly [CrossViTBranch, CrossViTBranch];
  readonly stages: readonly CrossViTStage[];
  readonly heads: readonly CrossViTHead[];
}

/**
 * One stage of CrossViT (CrossViT の一段): each branch by itself, then each reads the other, both as they were
 * before either has read.
 *
 *     x^b = Block_M(… Block_1(x^b)),  for both branches b           (1)
 *     z^s = Fusion^s(x^s, x^l),  z^l = Fusion^l(x^l, x^s)           (2)
 *
 *     x^s (1 + n, d)   x^l (1 + m, e)   →   z^s, z^l of the same shapes; s the branch of small patches, l of large ones
 *     M pre-norm blocks, another number in each branch; Fusion is `ClassTokenAttention`
 *
 * Source: as `CrossViT`; `MultiScaleBlock` of the code.
 */
export function crossViTStage(
  { encoders, fusions }: CrossViTStage,
  x: readonly [Matrix, Matrix],
  onWeights?: WeightsListener | undefined,
): [Matrix, Matrix] {
  const encode = (b: 0 | 1): Matrix =>
    encoders[b].reduce((X, block, m) => {
      return block.forward(X, { onWeights: withPrefix(onWeights, `encoders[${b}][${m}]`) }); //         (1)
    }, x[b]);
  const fuse = (b: 0 | 1, own: Matrix, other: Matrix): Matrix => {
    const { output, weights } = fusions[b].forward(own, other); //                             (2)
    if (onWeights !== undefined) weights.forEach((heads, r) => onWeights(`fusions[${b}][${r}]`, heads));
    return output;
  };
  const [x_s, x_l] = [encode(0), encode(1)];
  return [fuse(0, x_s, x_l), fuse(1, x_l, x_s)];
}

/**
 * CrossViT: an image is looked at in small and in large patches, by two branches whose [CLS] tokens tell each
 * other what they saw.
 *
 *     image^b    = Resize(image), bicubic, to the side that branch b wants           (1)
 *     x^b        = [cls^b ‖ PatchEmbedding^b(image^b)] + P^b                         (2)
 *     x^s, x^l   = Stage_K(… Stage_1(x^s, x^l))                                      (3)
 *     c^b        = LN^b(x^b)_cls                                                     (4)
 *     "averaged":  logits = 1/2 Σ_b (c^b W^b + b^b)                                  (5)
 *     "joined":    logits = [c^s, c^l] W + b                                         (6)
 *
 *     image: C channels (H, W)   →   logits (1, classes); features c^s (1, d), c^l (1, e)
 *     branches b = s (small patches, narrow) and l (large ones, wide); P^b (1 + n, d) learned; K stages, `crossViTStage`; ‖ sets rows under
 *     one another, [ , ] side by side
 *
 * Two heads are (5), the released code; one head is (6), D-CROSS, which joins the features. An image of the
 * wanted side is not resized.
 * `onWeights` hears "stages[k].encoders[b][i].self" and "stages[k].fusions[b][r]", whose maps are (1, 1 + m):
 * the keys are f([CLS]), then patches.
 * Cost: `crossViTCounts`. Errors: RangeError unless widths and numbers of patches agree.
 * Source: Chen, Fan and Panda 2021, "CrossViT" §3, Fig. 2, arXiv 2103.14899; IBM/CrossViT
 * `models/crossvit.py`. D-CROSS.
 */
export class CrossViT {
  readonly branches: readonly [CrossViTBranch, CrossViTBranch];
  readonly stages: readonly CrossViTStage[];
  readonly heads: readonly CrossViTHead[];

  constructor({ branches, stages, heads }: CrossViTParts) {
    checkInteger("CrossViT", "branches.length", branches.length, 2, 2);
    branches.forEach(({ image, embedding, cls, positions }, b) => {
      const n = patchesOf({ image, patch: embedding.patch });
      checkMatrix("CrossViT", `branches[${b}].cls`, cls, { rows: 1, cols: embedding.W.cols });
      checkMatrix("CrossViT", `branches[${b}].positions`, positions, { rows: 1 + n, cols: embedding.W.cols });
    });
    checkInteger("CrossViT", "heads.length", heads.length, 1, 2);
    const widths = branches.map(({ cls }) => cls.cols);
    const expected = heads.length === 2 ? widths : [widths.reduce((sum, d) => sum + d)];
    heads.forEach(({ W, b }, h) => {
      checkMatrix("CrossViT", `heads[${h}].W`, W, { rows: expected[h], cols: heads[0]?.b.cols });
      checkMatrix("CrossViT", `heads[${h}].b`, b, { rows: 1, cols: W.cols });
    });
    this.branches = branches;
    this.stages = stages;
    this.heads = heads;
  }

  /**
   * Fresh weights as the released code draws them: N(0, 0.02²) for W, [CLS] and positions, biases zero, a
   * convolution's default for patches.
   */
  static random(config: CrossViTConfig, random: Random): CrossViT {
    checkCrossViTConfig("CrossViT.random", config);
    const normal = gaussian(random);
    const draw = (rows: number, cols: number): Matrix => fromFunction(rows, cols, () => 0.02 * normal());
    const norm = (d_model: number): LayerNorm => LayerNorm.initial({ d_model, eps: 1e-6 });
    const {
      channels,
      classes,
      stages,
      branches: [small, large],
      readings = 1,
      projection = "norm-gelu-linear",
      head = "averaged",
    } = config;
    const attention = (d: number, h: number): MultiHeadAttention => {
      const [W, b] = [(): Matrix => draw(d, d / h), (): Matrix => matrix(1, d / h)];
      const all = Array.from({ length: h }, () => ({
        W_Q: W(),
        W_K: W(),
        W_V: W(),
        b_Q: b(),
        b_K: b(),
        b_V: b(),
      }));
      return new MultiHeadAttention({ heads: all, W_O: draw(d, d), b_O: matrix(1, d) });
    };
    const branch = ({ image, patch, d_model }: CrossViTBranchConfig): CrossViTBranch => {
      const embedding = PatchEmbedding.random({ patch, channels, d_model }, random);
      return {
        image,
        embedding,
        cls: draw(1, d_model),
        positions: draw(1 + patchesOf({ image, patch }), d_model),
        norm: norm(d_model),
      };
    };
    const block = ({ d_model: d, heads, d_hidden }: CrossViTBranchConfig): EncoderBlock => {
      const feedForward = new FeedForward({
        W_1: draw(d, d_hidden),
        b_1: matrix(1, d_hidden),
        W_2: draw(d_hidden, d),
        b_2: matrix(1, d),
        activation: "gelu",
      });
      return new EncoderBlock({
        norm1: norm(d),
        attention: attention(d, heads),
        norm2: norm(d),
        feedForward,
        order: "pre",
      });
    };
    const blocks = (of: CrossViTBranchConfig): EncoderBlock[] =>
      Array.from({ length: of.depth }, () => block(of));
    const project = (d: number, e: number): TokenProjection => ({
      norm: projection === "linear" ? undefined : norm(d),
      W: draw(d, e),
      b: matrix(1, e),
    });
    const fusion = (d: number, { d_model: e, heads }: CrossViTBranchConfig): ClassTokenAttention => {
      const reading = (): TokenReading => ({ norm: norm(e), attention: attention(e, heads) });
      return new ClassTokenAttention({
        f: project(d, e),
        readings: Array.from({ length: readings }, reading),
        g: project(e, d),
      });
    };
    const stage = (): CrossViTStage => ({
      encoders: [blocks(small), blocks(large)],
      fusions: [fusion(small.d_model, large), fusion(large.d_model, small)],
    });
    const widths = head === "joined" ? [small.d_model + large.d_model] : [small.d_model, large.d_model];
    return new CrossViT({
      branches: [branch(small), branch(large)],
      stages: Array.from({ length: stages }, stage),
      heads: widths.map((d) => ({ W: draw(d, classes), b: matrix(1, classes) })),
    });
  }

  /** The two class tokens, (4): what the heads read. */
  features(
    image: readonly Matrix[],
    options: { onWeights?: WeightsListener | undefined } = {},
  ): [Matrix, Matrix] {
    const [small, large] = this.branches;
    checkImage("CrossViT.features", image, { channels: small.embedding.channels });
    let x: [Matrix, Matrix] = [this.embed(small, image), this.embed(large, image)];
    this.stages.forEach((stage, k) => {
      x = crossViTStage(stage, x, withPrefix(options.onWeights, `stages[${k}]`)); //              (3)
    });
    const read = ({ norm }: CrossViTBranch, X: Matrix): Matrix => norm.forward(sliceRows(X, 0, 1)); // (4)
    return [read(small, x[0]), read(large, x[1])];
  }

  forward(image: readonly Matrix[], options: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    const c = this.features(image, options);
    if (this.heads.length === 2) {
      return meanOf(this.heads.map(({ W, b }, branch) => linear(c[branch === 0 ? 0 : 1], W, b))); // (5) (1, classes)
    }
    return meanOf(this.heads.map(({ W, b }) => linear(concatColumns(c), W, b))); //   (6)
  }

  private embed(
    { image: side, embedding, cls, positions }: CrossViTBranch,
    image: readonly Matrix[],
  ): Matrix {
    const seen = image.map((channel) =>
      channel.rows === side && channel.cols === side ? channel : resizeBicubic(channel, side, side),
    ); // (1)
    return add(concatRows([cls, embedding.forward(seen)]), positions); //                      (2) (1 + n, d)
  }
}
