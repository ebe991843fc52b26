import type { TokenEncoderConfig, TokenEncoderCounts, TokenEncoderName } from "./token-encoder-counts.ts";
import { attentionCounts } from "./counts.ts";
import { checkInteger } from "../matrix.ts";
import { checkTokenEncoderConfig, tokenEncoderCounts, tokenEncoderSizes } from "./token-encoder-counts.ts";

/**
 * The configuration of a BERT (BERT の設定): the vocabulary of the uncased English models, 512 places, two
 * types.
 *
 * As released, GELU is the exact one and the norms' ε is 1e-12.
 * Errors: RangeError for another name.
 * Source: Devlin et al. 2019 §3, arXiv 1810.04805, and google-bert/bert-base-uncased; the smaller ones are
 * those of Turc et al. 2019, arXiv 1908.08962.
 */
export function bertConfig(name: TokenEncoderName): TokenEncoderConfig {
  const sizes = tokenEncoderSizes("bertConfig", name);
  const tables = { vocabulary: 30522, positions: 512, types: 2 };
  return { ...sizes, ...tables, activation: "gelu", eps: 1e-12, pooler: true };
}

/**
 * The cost of a BERT for T tokens (パラメータ数と積和演算), from its sizes alone.
 *
 *     attention of a block:  4(D² + D)        parameters
 *                            4T·D² + 2T²·D    multiply-adds
 *
 *     D = d_model
 *
 * No matrix is made: base has 109,482,240 parameters with its pooler.
 * Errors: RangeError unless the sizes are sound and T tokens have places.
 */
export function bertCounts(config: TokenEncoderConfig, T: number): TokenEncoderCounts {
  checkTokenEncoderConfig("bertCounts", config);
  checkInteger("bertCounts", "T", T, 0, config.positions);
  return tokenEncoderCounts(config, T, attentionCounts({ n_q: T, d_model: config.d_model }));
}
