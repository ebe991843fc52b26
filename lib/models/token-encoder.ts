import type { GraphAttention } from "../layers/sparse-block.ts";
import type { TokenEncoderConfig } from "./token-encoder-counts.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { SparseBlock } from "../layers/sparse-block.ts";
import { TokenEmbedding } from "../layers/token-embedding.ts";
import { TokenPooler } from "./token-pooler.ts";
import { checkDepth } from "./counts.ts";
import { checkFunction, checkOptions, matrix } from "../matrix.ts";
import { normalFeedForward, normalWeights } from "../layers/normal-weights.ts";
import { checkTokenEncoderNames } from "./token-encoder-counts.ts";

/** The parts of an encoder of tokens, in the order of use. */
export interface TokenEncoderParts<Block> {
  readonly embedding: TokenEmbedding;
  readonly blocks: readonly Block[];
  readonly pooler?: TokenPooler | undefined;
}

/**
 * The parts in which encoders of tokens differ: `attention(l)` makes the attention of block l, and draws from
 * the same `normal`, N(0, 1); `pad` is the number of the padding token, where positions are counted by it.
 */
export interface TokenEncoderDraws<Attention> {
  readonly normal: () => number;
  readonly attention: (l: number) => Attention;
  readonly pad?: number | undefined;
}

/**
 * Fresh parts of an encoder of tokens (トークン符号化器の初期化), drawn as in BERT: N(0, 0.02²), biases 0, norms 1 and 0.
 *
 * The order is that of use: the tables of words, positions and types; for each block its attention, W_1 and
 * W_2; W of the pooler, if there is one.
 * Source: Devlin et al. 2019, "BERT", arXiv 1810.04805, in the released code.
 */
export function randomTokenEncoder<Options, Attention extends GraphAttention<Options>>(
  config: TokenEncoderConfig,
  draws: TokenEncoderDraws<Attention>,
): TokenEncoderParts<SparseBlock<Options, Attention>> {
  checkTokenEncoderNames("randomTokenEncoder", config);
  checkOptions("randomTokenEncoder", draws, ["normal", "attention", "pad"], "draws");
  const { normal, attention, pad } = draws;
  checkFunction("randomTokenEncoder", "attention", attention, "(l) => attention of block l");
  checkDepth("randomTokenEncoder", "config.depth", config.depth, 0);
  const { vocabulary, d_model, d_hidden, activation, depth, eps } = config;
  const words = normalWeights(vocabulary, d_model, normal);
  const positions = normalWeights(config.positions, d_model, normal);
  const types = normalWeights(config.types, d_model, normal);
  const norm = (): LayerNorm => LayerNorm.initial({ d_model, eps });
  const block = (l: number): SparseBlock<Options, Attention> => {
    const own = attention(l);
    const feedForward = normalFeedForward({ d_model, d_hidden, activation }, normal);
    return new SparseBlock({ attention: own, feedForward, norm1: norm(), norm2: norm() });
  };
  const embedding = new TokenEmbedding({ words, positions, types, norm: norm(), pad });
  const blocks = Array.from({ length: depth }, (_, l) => block(l));
  if (!config.pooler) return { embedding, blocks };
  const W = normalWeights(d_model, d_model, normal);
  return { embedding, blocks, pooler: new TokenPooler({ W, b: matrix(1, d_model) }) };
}
