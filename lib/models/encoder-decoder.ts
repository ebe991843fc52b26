import type { Allow } from "../kernels/mask-scores.ts";
import type { EncoderDecoderConfig } from "./encoder-decoder-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { DecoderBlock } from "../layers/decoder-block.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { PatchEmbedding, checkImageGrid, checkPatchGrid } from "../layers/patch-embedding.ts";
import { add } from "../kernels/entrywise.ts";
import { checkModules, checkOptions, checkShapes, gaussian, matrix } from "../matrix.ts";
import { checkModuleList } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { normalWeights } from "../layers/normal-weights.ts";
import { patchCount } from "./encoder-decoder-counts.ts";
import { randomProjection } from "../attention/heads.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/**
 * A stack of encoder blocks (エンコーダ), the Transformer's.
 *
 *     E_l = EncoderBlock_l(E_(l−1)),  l = 1 … L     (1)
 *     M   = LN(E_L)                                 (2)
 *
 *     E_0 (n, D)   →   memory M (n, D)
 *     n positions of D features, L blocks
 *
 * Without `norm`, as behind post-norm blocks, M = E_L.
 * Errors: as `EncoderBlock`.
 * Source: Vaswani et al. 2017 §3.1, arXiv 1706.03762.
 */
export class StandardEncoder {
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm | undefined;

  constructor(parts: { blocks: readonly EncoderBlock[]; norm?: LayerNorm | undefined }) {
    checkOptions("StandardEncoder", parts, ["blocks", "norm"], "parts");
    checkModuleList("StandardEncoder", "blocks", parts.blocks);
    const { blocks, norm } = parts;
    this.blocks = blocks;
    this.norm = norm;
  }

  /** M for E_0. `onWeights` is called with "blocks[l].self" and one matrix per head. */
  forward(E_0: Matrix, onWeights?: WeightsListener | undefined): Matrix {
    checkListener("StandardEncoder.forward", onWeights);
    const E_L = this.blocks.reduce((E, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(E, { onWeights: within }); //  (1) (n, D)
    }, E_0);
    if (this.norm === undefined) return E_L;
    return this.norm.forward(E_L); //                     (2) (n, D)
  }
}

/**
 * The encoder of the study note taken at its word (文書どおりのエンコーダ): its blocks have cross-attention too.
 *
 *     E_l = DecoderBlock_l(E_(l−1), E_0),  l = 1 … L     (1)
 *     M   = LN(E_L)                                      (2)
 *
 *     E_0 (n, D)   →   memory M (n, D)
 *     n positions of D features, L blocks
 *
 * The note does not say which memory an encoder attends to. Here it is E_0, the embedded patches: this is our
 * reading, not the note's. Without `norm`, M = E_L.
 * Errors: as `DecoderBlock`.
 * Source: study note, docs/cross-attention.md, "12 layers of Transformer blocks", each with self-attention,
 * cross-attention and a feed-forward network.
 */
export class LiteralEncoder {
  readonly blocks: readonly DecoderBlock[];
  readonly norm: LayerNorm | undefined;

  constructor(parts: { blocks: readonly DecoderBlock[]; norm?: LayerNorm | undefined }) {
    checkOptions("LiteralEncoder", parts, ["blocks", "norm"], "parts");
    checkModuleList("LiteralEncoder", "blocks", parts.blocks);
    const { blocks, norm } = parts;
    this.blocks = blocks;
    this.norm = norm;
  }

  /**
   * M for E_0. `onWeights` is called with "blocks[l].self" and "blocks[l].cross", and one matrix per head.
   */
  forward(E_0: Matrix, onWeights?: WeightsListener | undefined): Matrix {
    checkListener("LiteralEncoder.forward", onWeights);
    const E_L = this.blocks.reduce((E, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(E, E_0, { onWeights: within }); //  (1) (n, D)
    }, E_0);
    if (this.norm === undefined) return E_L;
    return this.norm.forward(E_L); //                          (2) (n, D)
  }
}

/** The parts of an encoder–decoder. `norm` stands behind pre-norm blocks only. */
export interface EncoderDecoderParts {
  readonly grid: readonly number[];
  readonly embedding: PatchEmbedding;
  readonly positions: Matrix;
  readonly cls: Matrix;
  readonly encoder: StandardEncoder | LiteralEncoder;
  readonly decoder: readonly DecoderBlock[];
  readonly norm?: LayerNorm | undefined;
  readonly W_head: Matrix;
  readonly b_head?: Matrix | undefined;
}

/**
 * The encoder–decoder of the study note (エンコーダ・デコーダ): patches are encoded, decoded beside a [CLS], and the
 * [CLS] is classified.
 *
 *     E_0 = Embedding(image) + P                            (1)
 *     M   = Encoder(E_0)                                    (2)
 *     X_0 = [x_cls; E_0]                                    (3)
 *     X_l = DecoderBlock_l(X_(l−1), M),  l = 1 … L          (4)
 *     Y   = LN(X_L[0,·])                                    (5)
 *     logits = Y W_head + b_head                            (6)
 *
 *     image: C channels (H, W)   →   logits (1, classes)
 *     P = positions (n, D)   x_cls = cls (1, D)   W_head (D, classes)   b_head (1, classes) or absent
 *     n patches of p × p pixels, D features; P and x_cls are learned; M (n, D) the memory; row 0 of
 *     X_l (1 + n, D) is the [CLS]
 *
 * `encoder` is a `StandardEncoder` or a `LiteralEncoder`. Without `norm`, Y = X_L[0,·]. The note leaves open
 * where the decoder starts; here it starts from (3). The decoder is not causal: with the option allow:
 * causal() the [CLS], being first, sees no other position, and the image reaches it by cross-attention alone.
 * Errors: RangeError unless the image has n whole patches and the parts are D wide.
 * Source: study note, docs/cross-attention.md; Vaswani et al. 2017 §3, arXiv 1706.03762. ViT, CrossViT and
 * CAT classify without a decoder.
 */
export class EncoderDecoder {
  readonly grid: readonly number[];
  readonly embedding: PatchEmbedding;
  readonly positions: Matrix;
  readonly cls: Matrix;
  readonly encoder: StandardEncoder | LiteralEncoder;
  readonly decoder: readonly DecoderBlock[];
  readonly norm: LayerNorm | undefined;
  readonly W_head: Matrix;
  readonly b_head: Matrix | undefined;

  constructor(parts: EncoderDecoderParts) {
    const names = ["grid", "embedding", "positions", "cls", "encoder", "decoder", "norm", "W_head", "b_head"];
    checkOptions("EncoderDecoder", parts, names, "parts");
    const { grid, embedding, positions, cls, encoder, decoder, norm, W_head, b_head } = parts;
    checkPatchGrid("EncoderDecoder", grid);
    checkModules("EncoderDecoder", parts, ["embedding", "encoder"]);
    checkModuleList("EncoderDecoder", "decoder", decoder);
    const n = grid.reduce((product, side) => product * side, 1);
    const D = embedding.W.cols;
    checkShapes("EncoderDecoder", {
      positions: [positions, n, D],
      cls: [cls, 1, D],
      W_head: [W_head, D, "classes"],
      "b_head?": [b_head, 1, "classes"],
    });
    this.grid = grid;
    this.embedding = embedding;
    this.positions = positions;
    this.cls = cls;
    this.encoder = encoder;
    this.decoder = decoder;
    this.norm = norm;
    this.W_head = W_head;
    this.b_head = b_head;
  }

  /**
   * Fresh weights, drawn in the order of use: positions and [CLS] from N(0, 0.02²), the rest as its own
   * classes draw it. The study note's sizes take 800 MB.
   */
  static random(config: EncoderDecoderConfig, random: Random): EncoderDecoder {
    const n = patchCount(config);
    const { reading, channels, patch, d_model, heads, d_hidden, activation, order, classes } = config;
    const grid = [config.height / patch, config.width / patch];
    const widths = { d_model, heads, d_hidden, activation, order };
    const normal = gaussian(random);
    const norm = (): LayerNorm | undefined => (order === "pre" ? LayerNorm.initial({ d_model }) : undefined);
    const encode = (): EncoderBlock => EncoderBlock.random(widths, random);
    const decode = (): DecoderBlock => DecoderBlock.random(widths, random);
    const standard = (length: number): StandardEncoder =>
      new StandardEncoder({ blocks: Array.from({ length }, encode), norm: norm() });
    const literal = (length: number): LiteralEncoder =>
      new LiteralEncoder({ blocks: Array.from({ length }, decode), norm: norm() });

    const embedding = PatchEmbedding.random({ channels, patch, d_model }, random);
    const positions = normalWeights(n, d_model, normal);
    const cls = normalWeights(1, d_model, normal);
    const encoder = reading === "standard" ? standard(config.encoderBlocks) : literal(config.encoderBlocks);
    const decoder = Array.from({ length: config.decoderBlocks }, decode);
    const W_head = randomProjection(d_model, classes, random);
    const head = { norm: norm(), W_head, b_head: matrix(1, classes) };
    return new EncoderDecoder({ grid, embedding, positions, cls, encoder, decoder, ...head });
  }

  /**
   * The logits of an image. `allow`: who may attend to whom in the decoder's self-attention.
   * `onWeights` is called with "encoder.blocks[l].self" (and "cross" by a literal encoder), "decoder[l].self"
   * and "decoder[l].cross", and one matrix per head.
   */
  forward(
    image: readonly Matrix[],
    options: { allow?: Allow | undefined; onWeights?: WeightsListener | undefined } = {},
  ): Matrix {
    checkOptions("EncoderDecoder.forward", options, ["allow", "onWeights"]);
    const { allow, onWeights } = options;
    checkListener("EncoderDecoder.forward", onWeights);
    checkImageGrid("EncoderDecoder.forward", image, this.embedding, this.grid);

    const embedded = this.embedding.forward(image);
    const E_0 = add(embedded, this.positions); //                              (1) (n, D)
    const M = this.encoder.forward(E_0, withPrefix(onWeights, "encoder")); //  (2) (n, D)
    const X_0 = concatRows([this.cls, E_0]); //                                (3) (1 + n, D)
    const X_L = this.decoder.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `decoder[${l}]`);
      return block.forward(X, M, { allow, onWeights: within }); //             (4) (1 + n, D)
    }, X_0);
    const first = sliceRows(X_L, 0, 1);
    const Y = this.norm === undefined ? first : this.norm.forward(first); //   (5) (1, D)
    return linear(Y, this.W_head, this.b_head); //                             (6) (1, classes)
  }
}
