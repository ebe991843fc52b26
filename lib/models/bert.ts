import type { Allow } from "../kernels/mask-scores.ts";
import type { EncoderBlock } from "../layers/encoder-block.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { TokenEncoderConfig } from "./token-encoder-counts.ts";
import type { TokenEncoderParts } from "./token-encoder.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { TokenEmbedding } from "../layers/token-embedding.ts";
import { TokenPooler } from "./token-pooler.ts";
import { checkModuleList, checkModules, checkOptions, gaussian, matrix, numbersOf } from "../matrix.ts";
import { checkTokenEncoderConfig } from "./token-encoder-counts.ts";
import { normalEncoderBlock, normalWeights } from "../layers/normal-weights.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";
import { checkFlags } from "../graph/algebra.ts";

/**
 * What is known of a text beside its tokens: which are real (all unless given), and their types (0 unless
 * given). `onWeights` is called with "blocks[l].self" and one matrix (T, T) per head.
 */
export interface BertText {
  readonly real?: readonly boolean[] | undefined;
  readonly types?: ArrayLike<number | bigint> | undefined;
  readonly onWeights?: WeightsListener | undefined;
}

/**
 * BERT (バート): an encoder of tokens in which every token attends to all tokens.
 *
 *     X_0 = Embedding(tokens)                       (1)
 *     X_l = EncoderBlock_l(X_(l−1)),  l = 1 … L     (2)
 *
 *     tokens: T numbers   →   X_L (T, D), one row for each token
 *     T tokens, D features, L blocks, which normalise after each part ("post")
 *
 * No token attends to padding, where `real` is false. Rows of padding hold nothing meaningful. `pooler` turns
 * X_L into one row for the whole text.
 * Cost: L(4TD² + 2T²D + 2TD·d_hidden) multiply-adds.
 * Errors: as its parts; RangeError unless `real` has T flags.
 * Source: Devlin et al. 2019, "BERT" §3, arXiv 1810.04805. Names as huggingface/transformers `BertModel`.
 */
export class Bert {
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly EncoderBlock[];
  readonly pooler: TokenPooler | undefined;

  constructor(parts: TokenEncoderParts<EncoderBlock>) {
    checkOptions("Bert", parts, ["embedding", "blocks", "pooler"], "parts");
    const { embedding, blocks, pooler } = parts;
    checkModules("Bert", parts, ["embedding"]);
    checkModuleList("Bert", "blocks", blocks);
    this.embedding = embedding;
    this.blocks = blocks;
    this.pooler = pooler;
  }

  /**
   * Fresh weights, drawn in the order of use: N(0, 0.02²), biases 0, norms 1 and 0. Source: as `Bert`, in the
   * released code.
   */
  static random(config: TokenEncoderConfig, random: Random): Bert {
    checkTokenEncoderConfig("Bert.random", config);
    const { d_model, eps, depth } = config;
    const normal = gaussian(random);
    const words = normalWeights(config.vocabulary, d_model, normal);
    const positions = normalWeights(config.positions, d_model, normal);
    const types = normalWeights(config.types, d_model, normal);
    const norm = LayerNorm.initial({ d_model, eps });
    const embedding = new TokenEmbedding({ words, positions, types, norm });
    const { heads, d_hidden, activation } = config;
    const widths = { d_model, heads, d_hidden, activation, eps, order: "post" } as const;
    const block = (): EncoderBlock => normalEncoderBlock(widths, normal);
    const blocks = Array.from({ length: depth }, block);
    if (!config.pooler) return new Bert({ embedding, blocks });
    const W = normalWeights(d_model, d_model, normal);
    return new Bert({ embedding, blocks, pooler: new TokenPooler({ W, b: matrix(1, d_model) }) });
  }

  /** X_L for the tokens of a text. */
  forward(tokens: ArrayLike<number | bigint>, text: BertText = {}): Matrix {
    checkOptions("Bert.forward", text, ["real", "types", "onWeights"]);
    const { real, types, onWeights } = text;
    checkListener("Bert.forward", onWeights);
    const T = numbersOf("Bert.forward", "tokens", tokens).length;
    const allow = realKeys("Bert.forward", real, T);

    const X_0 = this.embedding.forward(tokens, types); //         (1) (T, D)
    return this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { allow, onWeights: within }); //   (2) (T, D)
    }, X_0);
  }
}

/** The mask that allows real keys only. Throws unless there is a boolean for each of T tokens. */
function realKeys(where: string, real: readonly boolean[] | undefined, T: number): Allow | undefined {
  if (real === undefined) return undefined;
  checkFlags(where, "real", real, T);
  return (_i, j) => real[j] === true;
}
