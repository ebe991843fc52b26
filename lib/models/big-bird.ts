import type { BigBirdConfig } from "./big-bird-counts.ts";
import type { GraphWeights } from "../graph/neighbours.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { withPrefix } from "../layers/weights-listener.ts";
import type { Matrix, Random } from "../matrix.ts";
import { BigBirdAttention } from "../attention/big-bird-attention.ts";
import { FeedForward } from "../layers/feed-forward.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { SparseBlock, normalHeads, normalWeights } from "../layers/sparse-block.ts";
import { TokenEmbedding } from "../layers/token-embedding.ts";
import { TokenPooler } from "./token-pooler.ts";
import { checkBigBirdConfig } from "./big-bird-counts.ts";
import { checkOptions, gaussian, matrix } from "../matrix.ts";

/** Which tokens of a text are real, not padding: one boolean each, all unless given. */
export interface BigBirdOptions {
  readonly real?: readonly boolean[] | undefined;
}

/** A block of a BigBird. */
export type BigBirdBlock = SparseBlock<BigBirdOptions, BigBirdAttention>;

/** What one text brings beside its tokens: which are real, types (0 unless given), and a listener. */
export interface BigBirdText extends BigBirdOptions {
  readonly types?: readonly number[] | undefined;
  readonly onWeights?: WeightsListener<GraphWeights> | undefined;
}

/**
 * BigBird (ビッグバード): an encoder of long texts, BERT's along a graph of window, global and random blocks.
 *
 *     X_0 = Embedding(tokens)                       (1)
 *     X_l = SparseBlock_l(X_(l−1)),  l = 1 … L      (2)
 *
 *     tokens: T numbers   →   X_L (T, D), one row for each token
 *     T tokens, D features, L blocks, whose attention is `BigBirdAttention`, each with random blocks of its own
 *
 * Positions are t = 0, 1, …, padding's too. Any T up to the places of the embedding will do, and no T turns
 * it into dense attention. With the pattern's `extra` tokens (ETC) they are the first of the tokens. Rows of
 * padding hold nothing meaningful.
 * `onWeights` hears "blocks[l].self". `pooler` turns X_L into one row for the whole text.
 * Errors: as its parts, when tokens, types and real do not fit.
 * Source: Zaheer et al. 2020, "Big Bird" §2 and App. E; arXiv 2007.14062. Names as huggingface/transformers
 * `BigBirdModel`. D-GLOBAL.
 */
export class BigBird {
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly BigBirdBlock[];
  readonly pooler: TokenPooler | undefined;

  constructor({
    embedding,
    blocks,
    pooler,
  }: {
    embedding: TokenEmbedding;
    blocks: readonly BigBirdBlock[];
    pooler?: TokenPooler | undefined;
  }) {
    this.embedding = embedding;
    this.blocks = blocks;
    this.pooler = pooler;
  }

  /** Fresh weights, drawn in the order of use from N(0, 0.02²), biases zero, norms 1 and 0. */
  static random(config: BigBirdConfig, random: Random): BigBird {
    checkBigBirdConfig("BigBird.random", config);
    const {
      vocabulary,
      positions,
      types,
      d_model,
      d_hidden,
      depth,
      activation,
      eps,
      pattern,
      seed = 0,
    } = config;
    const normal = gaussian(random);
    const norm = (): LayerNorm => LayerNorm.initial({ d_model, eps });
    const draw = (rows: number, cols: number): Matrix => normalWeights(rows, cols, normal);
    const embedding = new TokenEmbedding({
      words: draw(vocabulary, d_model),
      positions: draw(positions, d_model),
      types: draw(types, d_model),
      norm: norm(),
    });
    const blocks = Array.from({ length: depth }, (_, l) => {
      const heads = normalHeads(config, normal);
      const attention = new BigBirdAttention({
        heads,
        W_O: draw(d_model, d_model),
        b_O: matrix(1, d_model),
        pattern,
        seed: seed + l,
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
    return new BigBird({
      embedding,
      blocks,
      pooler: config.pooler
        ? new TokenPooler({ W: draw(d_model, d_model), b: matrix(1, d_model) })
        : undefined,
    });
  }

  forward(tokens: readonly number[], text: BigBirdText = {}): Matrix {
    checkOptions("BigBird.forward", text, ["types", "real", "onWeights"]);
    const { types, real, onWeights } = text;
    const X_0 = this.embedding.forward(tokens, types); //                             (1) (T, D)
    return this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { real }, within); //                                   (2) (T, D)
    }, X_0);
  }
}
