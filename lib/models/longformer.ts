import type { GraphWeights } from "../graph/neighbours.ts";
import type { LongformerConfig } from "./longformer-counts.ts";
import type { LongformerOptions } from "../attention/longformer-attention.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { SparseBlock } from "../layers/sparse-block.ts";
import type { TokenEmbedding } from "../layers/token-embedding.ts";
import type { TokenEncoderParts } from "./token-encoder.ts";
import type { TokenPooler } from "./token-pooler.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { LongformerAttention } from "../attention/longformer-attention.ts";
import { blockRadius, checkLongformerConfig } from "./longformer-counts.ts";
import { checkModuleList, checkModules, checkOptions, gaussian, matrix } from "../matrix.ts";
import { fuseHeads } from "../attention/heads.ts";
import { normalHeads, normalWeights } from "../layers/normal-weights.ts";
import { randomTokenEncoder } from "./token-encoder.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/** A block of a Longformer. */
export type LongformerBlock = SparseBlock<LongformerOptions, LongformerAttention>;

/**
 * What is known of a text beside its tokens: the global tokens, which tokens are real (all unless given), and
 * their types (0 unless given).
 * `onWeights` is called with "blocks[l].self" and one map along the graph per head.
 */
export interface LongformerText extends LongformerOptions {
  readonly types?: ArrayLike<number | bigint> | undefined;
  readonly onWeights?: WeightsListener<GraphWeights> | undefined;
}

/**
 * Longformer (ロングフォーマー): an encoder of long texts, BERT's with a window and a few global tokens as attention.
 *
 *     X_0 = Embedding(tokens)                       (1)
 *     X_l = SparseBlock_l(X_(l−1)),  l = 1 … L      (2)
 *
 *     tokens: T numbers   →   X_L (T, D), one row for each token
 *     T tokens, D features, L blocks; each attends by `LongformerAttention`, with one window and one set of
 *     globals for all of them
 *
 * After l blocks a token depends on l·radius places to each side, and on all of them as soon as there is a
 * global token and l ≥ 2. T is any number up to the places of the embedding: nothing is padded to a multiple
 * of the window. Rows of padding hold nothing meaningful. `pooler` turns X_L into one row for the whole text.
 * Errors: as its parts, when tokens, types, globals and real do not fit.
 * Source: Beltagy et al. 2020, "Longformer" §5; arXiv 2004.05150. Names and rules as huggingface/transformers
 * `LongformerModel`. Study note, docs/global-and-sparse.md.
 */
export class Longformer {
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly LongformerBlock[];
  readonly pooler: TokenPooler | undefined;

  constructor(parts: TokenEncoderParts<LongformerBlock>) {
    checkOptions("Longformer", parts, ["embedding", "blocks", "pooler"], "parts");
    const { embedding, blocks, pooler } = parts;
    checkModules("Longformer", parts, ["embedding"]);
    checkModuleList("Longformer", "blocks", blocks);
    this.embedding = embedding;
    this.blocks = blocks;
    this.pooler = pooler;
  }

  /** Fresh weights as `randomTokenEncoder` draws them. Each global set starts as a copy of the local one. */
  static random(config: LongformerConfig, random: Random): Longformer {
    checkLongformerConfig("Longformer.random", config);
    const { d_model, pad } = config;
    const normal = gaussian(random);
    const attention = (l: number): LongformerAttention => {
      const locals = normalHeads({ d_model, heads: config.heads }, normal);
      const heads = locals.map((local) => ({ local, global: fuseHeads([local]) }));
      const W_O = normalWeights(d_model, d_model, normal);
      return new LongformerAttention({ heads, W_O, b_O: matrix(1, d_model), radius: blockRadius(config, l) });
    };
    return new Longformer(randomTokenEncoder(config, { normal, attention, pad }));
  }

  /** X_L for the tokens of a text. */
  forward(tokens: ArrayLike<number | bigint>, text: LongformerText = {}): Matrix {
    checkOptions("Longformer.forward", text, ["types", "globals", "real", "bias", "onWeights"]);
    const { types, globals, real, bias, onWeights } = text;
    checkListener("Longformer.forward", onWeights);
    const X_0 = this.embedding.forward(tokens, types); //     (1) (T, D)
    return this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { globals, real, bias }, within); // (2) (T, D)
    }, X_0);
  }
}
