import type { GraphWeights } from "../graph/neighbours.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { withPrefix } from "../layers/weights-listener.ts";
import type { LongformerConfig } from "./longformer-counts.ts";
import type { LongformerOptions } from "../attention/longformer-attention.ts";
import type { Matrix, Random } from "../matrix.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { LongformerAttention } from "../attention/longformer-attention.ts";
import { SparseBlock, normalHeads, normalWeights } from "../layers/sparse-block.ts";
import { TokenEmbedding } from "../layers/token-embedding.ts";
import { TokenPooler } from "./token-pooler.ts";
import { checkLongformerConfig } from "./longformer-counts.ts";
import { checkOptions, gaussian, matrix } from "../matrix.ts";
import { fuseHeads } from "../attention/heads.ts";

/** A block of a Longformer. */
export type LongformerBlock = SparseBlock<LongformerOptions, LongformerAttention>;

/**
 * What one text brings beside its tokens: global tokens, which tokens are real (all unless given), types (0
 * unless given), and a listener.
 */
export interface LongformerText extends LongformerOptions {
  readonly types?: readonly number[] | undefined;
  readonly onWeights?: WeightsListener<GraphWeights> | undefined;
}

/**
 * Longformer (ロングフォーマー): an encoder of long texts, BERT's with a window in place of dense attention, and a
 * few global tokens.
 *
 *     X_0 = Embedding(tokens)                       (1)
 *     X_l = SparseBlock_l(X_(l−1)),  l = 1 … L      (2)
 *
 *     tokens: T numbers   →   X_L (T, D), one row for each token
 *     T tokens, D features, L blocks, whose attention is `LongformerAttention`: one window and one set of globals for all of them
 *
 * After l blocks a token has heard l·radius places to each side, and everything as soon as there is a global
 * token and l ≥ 2. Any T up to the places of the embedding will do: nothing is padded to a multiple of the
 * window. Rows of padding hold nothing meaningful.
 * `onWeights` hears "blocks[l].self". `pooler` turns X_L into one row for the whole text.
 * Errors: as its parts, when tokens, types, globals and real do not fit.
 * Source: Beltagy et al. 2020, "Longformer" §5; arXiv 2004.05150. Names and rules as huggingface/transformers
 * `LongformerModel`. D-GLOBAL.
 */
export class Longformer {
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly LongformerBlock[];
  readonly pooler: TokenPooler | undefined;

  constructor({
    embedding,
    blocks,
    pooler,
  }: {
    embedding: TokenEmbedding;
    blocks: readonly LongformerBlock[];
    pooler?: TokenPooler | undefined;
  }) {
    this.embedding = embedding;
    this.blocks = blocks;
    this.pooler = pooler;
  }

  /**
   * Fresh weights, drawn in the order of use from N(0, 0.02²), biases zero, norms 1 and 0; each global set
   * starts as a copy of the local one.
   */
  static random(config: LongformerConfig, random: Random): Longformer {
    checkLongformerConfig("Longformer.random", config);
    const { vocabulary, positions, types, d_model, d_hidden, depth, activation, eps, pad, radius } = config;
    const normal = gaussian(random);
    const norm = (): LayerNorm => LayerNorm.initial({ d_model, eps });
    const draw = (rows: number, cols: number): Matrix => normalWeights(rows, cols, normal);
    const embedding = new TokenEmbedding({
      words: draw(vocabulary, d_model),
      positions: draw(positions, d_model),
      types: draw(types, d_model),
      norm: norm(),
      pad,
    });
    const blocks = Array.from({ length: depth }, () => {
      const heads = normalHeads(config, normal).map((local) => ({ local, global: fuseHeads([local]) }));
      const attention = new LongformerAttention({
        heads,
        W_O: draw(d_model, d_model),
        b_O: matrix(1, d_model),
        radius,
      });
      const [W_1, W_2] = [draw(d_model, d_hidden), draw(d_hidden, d_model)];
      const feedForward = new FeedForward({
        W_1,
        b_1: matrix(1, d_hidden),
        W_2,
        b_2: matrix(1, d_model),
        activation,
      });
      return new SparseBlock({ attention, norm1: norm(), feedForward, norm2: norm() });
    });
    return new Longformer({
      embedding,
      blocks,
      pooler: config.pooler
        ? new TokenPooler({ W: draw(d_model, d_model), b: matrix(1, d_model) })
        : undefined,
    });
  }

  forward(tokens: readonly number[], text: LongformerText = {}): Matrix {
    checkOptions("Longformer.forward", text, ["types", "globals", "real", "onWeights"]);
    const { types, globals, real, onWeights } = text;
    const X_0 = this.embedding.forward(tokens, types); //                             (1) (T, D)
    return this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { globals, real }, within); //                          (2) (T, D)
    }, X_0);
  }
}
