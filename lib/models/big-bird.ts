import type { BigBirdAttentionOptions } from "../attention/big-bird-attention.ts";
import type { BigBirdConfig } from "./big-bird-counts.ts";
import type { GraphWeights } from "../graph/neighbours.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { SparseBlock } from "../layers/sparse-block.ts";
import type { TokenEmbedding } from "../layers/token-embedding.ts";
import type { TokenEncoderParts } from "./token-encoder.ts";
import type { TokenPooler } from "./token-pooler.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { BigBirdAttention } from "../attention/big-bird-attention.ts";
import { blockPattern, checkBigBirdConfig } from "./big-bird-counts.ts";
import { checkModuleList, checkModules, checkOptions, gaussian, matrix } from "../matrix.ts";
import { normalHeads, normalWeights } from "../layers/normal-weights.ts";
import { randomTokenEncoder } from "./token-encoder.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/** What `BigBirdAttention` takes beside a text: which tokens are real, and a bias. */
export type BigBirdOptions = BigBirdAttentionOptions;

/** A block of a BigBird. */
export type BigBirdBlock = SparseBlock<BigBirdOptions, BigBirdAttention>;

/**
 * What is known of a text beside its tokens: which are real, and their types (0 unless given).
 * `onWeights` is called with "blocks[l].self" and one map along the graph per head.
 */
export interface BigBirdText extends BigBirdOptions {
  readonly types?: ArrayLike<number | bigint> | undefined;
  readonly onWeights?: WeightsListener<GraphWeights> | undefined;
}

/**
 * BigBird (ビッグバード): an encoder of long texts, BERT's along a graph of window, global and random blocks.
 *
 *     X_0 = Embedding(tokens)                       (1)
 *     X_l = SparseBlock_l(X_(l−1)),  l = 1 … L      (2)
 *
 *     tokens: T numbers   →   X_L (T, D), one row for each token
 *     T tokens, D features, L blocks; each attends by `BigBirdAttention`, with random blocks of its own
 *
 * Positions are t = 0, 1, …, those of padding too. T is any number up to the places of the embedding, and no
 * T turns the attention into dense attention. The `extra` tokens of the pattern (ETC) are the first of the
 * tokens. Rows of padding hold nothing meaningful. `pooler` turns X_L into one row for the whole text.
 * Errors: as its parts, when tokens, types and real do not fit.
 * Source: Zaheer et al. 2020, "Big Bird" §2 and App. E; arXiv 2007.14062. Names as huggingface/transformers
 * `BigBirdModel`. Study note, docs/global-and-sparse.md.
 */
export class BigBird {
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly BigBirdBlock[];
  readonly pooler: TokenPooler | undefined;

  constructor(parts: TokenEncoderParts<BigBirdBlock>) {
    checkOptions("BigBird", parts, ["embedding", "blocks", "pooler"], "parts");
    const { embedding, blocks, pooler } = parts;
    checkModules("BigBird", parts, ["embedding"]);
    checkModuleList("BigBird", "blocks", blocks);
    this.embedding = embedding;
    this.blocks = blocks;
    this.pooler = pooler;
  }

  /** Fresh weights as `randomTokenEncoder` draws them. Block l draws its random keys from `seed` + l. */
  static random(config: BigBirdConfig, random: Random): BigBird {
    checkBigBirdConfig("BigBird.random", config);
    const { d_model, seed = 0 } = config;
    const normal = gaussian(random);
    const attention = (l: number): BigBirdAttention => {
      const heads = normalHeads({ d_model, heads: config.heads }, normal);
      const [W_O, b_O] = [normalWeights(d_model, d_model, normal), matrix(1, d_model)];
      return new BigBirdAttention({ heads, W_O, b_O, pattern: blockPattern(config, l), seed: seed + l });
    };
    return new BigBird(randomTokenEncoder(config, { normal, attention }));
  }

  /** X_L for the tokens of a text. */
  forward(tokens: ArrayLike<number | bigint>, text: BigBirdText = {}): Matrix {
    checkOptions("BigBird.forward", text, ["types", "real", "bias", "onWeights"]);
    const { types, real, bias, onWeights } = text;
    checkListener("BigBird.forward", onWeights);
    const X_0 = this.embedding.forward(tokens, types); //  (1) (T, D)
    return this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { real, bias }, within); //  (2) (T, D)
    }, X_0);
  }
}
