import type { Allow } from "../kernels/mask-scores.ts";
import type { EncoderDecoderConfig } from "./encoder-decoder-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { DecoderBlock } from "../layers/decoder-block.ts";
import { EncoderBlock } from "../layers/encoder-block.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { PatchEmbedding } from "../layers/patch-embedding.ts";
import { add } from "../kernels/entrywise.ts";
import { checkMatrix, fromFunction, gaussian, matrix } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { patchCount } from "./encoder-decoder-counts.ts";
import { randomProjection } from "../attention/heads.ts";
import { withPrefix } from "../layers/weights-listener.ts";

/**
 * A stack of encoder blocks (エンコーダ), the Transformer's.
 *
 *     E_l = EncoderBlock_l(E_(l−1)),  l = 1 … L     (1)
 *     M   = LN(E_L)                                 (2)
 *
 *     E_0 (n, D)   →   memory M (n, D);   without `norm`, as behind post-norm blocks, M = E_L
 *
 * Source: Vaswani et al. 2017 §3.1, arXiv 1706.03762.
 */
export class StandardEncoder {
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm | undefined;

  constructor({ blocks, norm }: { blocks: readonly EncoderBlock[]; norm?: LayerNorm | undefined }) {
    this.blocks = blocks;
    this.norm = norm;
  }

  forward(E_0: Matrix, onWeights?: WeightsListener | undefined): Matrix {
    const E_L = this.blocks.reduce(
      (E, block, l) => block.forward(E, { onWeights: withPrefix(onWeights, `blocks[${l}]`) }),
      E_0,
    ); // (1)
    return this.norm === undefined ? E_L : this.norm.forward(E_L); //                 (2)
  }
}

/**
 * The encoder of D-CROSS taken at its word (文書どおりのエンコーダ): its blocks have cross-attention too.
 *
 *     E_l = DecoderBlock_l(E_(l−1), E_0),  l = 1 … L     (1)
 *     M   = LN(E_L)                                      (2)
 *
 *     E_0 (n, D)   →   memory M (n, D);   without `norm` M = E_L
 *
 * The document does not say where an encoder would find a memory. Here it is E_0, the embedded patches: our
 * reading, not the document's.
 * Source: D-CROSS, "12 layers of Transformer blocks", each with self-attention, cross-attention and a
 * feed-forward network.
 */
export class LiteralEncoder {
  readonly blocks: readonly DecoderBlock[];
  readonly norm: LayerNorm | undefined;

  constructor({ blocks, norm }: { blocks: readonly DecoderBlock[]; norm?: LayerNorm | undefined }) {
    this.blocks = blocks;
    this.norm = norm;
  }

  forward(E_0: Matrix, onWeights?: WeightsListener | undefined): Matrix {
    const E_L = this.blocks.reduce(
      (E, block, l) => block.forward(E, E_0, { onWeights: withPrefix(onWeights, `blocks[${l}]`) }),
      E_0,
    ); // (1)
    return this.norm === undefined ? E_L : this.norm.forward(E_L); //                 (2)
  }
}

/** The parts of an encoder–decoder. `norm` stands behind pre-norm blocks only. */
export interface EncoderDecoderParts {
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
 * The encoder–decoder of D-CROSS (エンコーダ・デコーダ): an image's patches are encoded, decoded beside a [CLS], and
 * the [CLS] is classified.
 *
 *     E_0 = Embedding(image) + P                            (1)
 *     M   = Encoder(E_0)                                    (2)
 *     X_0 = [x_cls; E_0]                                    (3)
 *     X_l = DecoderBlock_l(X_(l−1), M),  l = 1 … L          (4)
 *     Y   = LN(X_L[0,·])                                    (5)
 *     logits = Y W_head + b_head                            (6)
 *
 *     image: C channels (H, W)   →   logits (1, classes)
 *     n patches of p × p pixels, D features; positions P (n, D) and [CLS] x_cls (1, D) are learned; memory M (n, D); X_l (1 + n, D), row 0 the
 *     [CLS]; W_head (D, classes), b_head (1, classes) or absent; without `norm`, Y = X_L[0,·]
 *
 * `encoder` is a `StandardEncoder` or a `LiteralEncoder`. The document leaves open what the decoder starts
 * from; here it is (3). The decoder is not causal: with the option allow: causal() the [CLS], being first,
 * sees no other position and learns of the image by cross-attention alone. `onWeights` hears
 * "encoder.blocks[l].self" and "decoder[l].self" and "decoder[l].cross", the literal encoder's "cross" too.
 * Errors: RangeError unless the image has n whole patches and the parts are D wide.
 * Source: D-CROSS; Vaswani et al. 2017 §3, arXiv 1706.03762. ViT, CrossViT and CAT classify without a
 * decoder.
 */
export class EncoderDecoder {
  readonly embedding: PatchEmbedding;
  readonly positions: Matrix;
  readonly cls: Matrix;
  readonly encoder: StandardEncoder | LiteralEncoder;
  readonly decoder: readonly DecoderBlock[];
  readonly norm: LayerNorm | undefined;
  readonly W_head: Matrix;
  readonly b_head: Matrix | undefined;

  constructor({ embedding, positions, cls, encoder, decoder, norm, W_head, b_head }: EncoderDecoderParts) {
    const D = embedding.W.cols;
    checkMatrix("EncoderDecoder", "positions", positions, { cols: D });
    checkMatrix("EncoderDecoder", "cls", cls, { rows: 1, cols: D });
    checkMatrix("EncoderDecoder", "W_head", W_head, { rows: D });
    if (b_head !== undefined) checkMatrix("EncoderDecoder", "b_head", b_head, { rows: 1, cols: W_head.cols });
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
   * classes draw it. D-CROSS's sizes take 800 MB.
   */
  static random(config: EncoderDecoderConfig, random: Random): EncoderDecoder {
    const n = patchCount(config);
    const { channels, patch, d_model, order, classes } = config;
    const norm = (): LayerNorm | undefined => (order === "pre" ? LayerNorm.initial({ d_model }) : undefined);
    const decode = (): DecoderBlock => DecoderBlock.random(config, random);
    const normal = gaussian(random);
    const learned = (rows: number): Matrix => fromFunction(rows, d_model, () => 0.02 * normal());
    const embedding = PatchEmbedding.random({ channels, patch, d_model }, random);
    const [positions, cls] = [learned(n), learned(1)];
    const length = config.encoderBlocks;
    const encoder =
      config.reading === "standard"
        ? new StandardEncoder({
            blocks: Array.from({ length }, () => EncoderBlock.random(config, random)),
            norm: norm(),
          })
        : new LiteralEncoder({ blocks: Array.from({ length }, decode), norm: norm() });
    const decoder = Array.from({ length: config.decoderBlocks }, decode);
    const W_head = randomProjection(d_model, classes, random);
    return new EncoderDecoder({
      embedding,
      positions,
      cls,
      encoder,
      decoder,
      norm: norm(),
      W_head,
      b_head: matrix(1, classes),
    });
  }

  forward(
    image: readonly Matrix[],
    { allow, onWeights }: { allow?: Allow | undefined; onWeights?: WeightsListener | undefined } = {},
  ): Matrix {
    const embedded = this.embedding.forward(image);
    checkMatrix("EncoderDecoder.forward", "the image's patches", embedded, { rows: this.positions.rows });
    const E_0 = add(embedded, this.positions); //                                     (1) (n, D)
    const M = this.encoder.forward(E_0, withPrefix(onWeights, "encoder")); //         (2) (n, D)
    const X_0 = concatRows([this.cls, E_0]); //                                       (3) (1 + n, D)
    const X_L = this.decoder.reduce(
      (X, block, l) => block.forward(X, M, { allow, onWeights: withPrefix(onWeights, `decoder[${l}]`) }),
      X_0,
    ); // (4)
    const first = sliceRows(X_L, 0, 1);
    const Y = this.norm === undefined ? first : this.norm.forward(first); //          (5) (1, D)
    return linear(Y, this.W_head, this.b_head); //                                    (6) (1, classes)
  }
}
