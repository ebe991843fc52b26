import type { Activation } from "../layers/feed-forward.ts";
import type { Counts } from "./counts.ts";
import { checkBoolean, checkChoice, checkFinite, checkInteger, checkOptions } from "../matrix.ts";
import { checkDepth, feedForwardCounts, linearCounts, normCounts } from "./counts.ts";
import { sumCounts, tableCounts } from "./counts.ts";

/**
 * The sizes that encoders of tokens share: the rows of the three tables, the widths, the number of blocks,
 * and whether there is a pooler behind them.
 */
export interface TokenEncoderConfig {
  readonly vocabulary: number;
  readonly positions: number;
  readonly types: number;
  readonly d_model: number;
  readonly heads: number;
  readonly depth: number;
  readonly d_hidden: number;
  readonly activation: Activation;
  readonly eps: number;
  readonly pooler: boolean;
}

/** The cost of an encoder of tokens, part by part. */
export interface TokenEncoderCounts {
  readonly embedding: Counts;
  readonly blocks: Counts;
  readonly pooler: Counts;
  readonly total: Counts;
}

/**
 * "base" is as published. The others have the depths and widths of BERT's miniatures (Turc et al. 2019, arXiv
 * 1908.08962) and no published weights.
 */
export type TokenEncoderName = "tiny" | "mini" | "small" | "medium" | "base";

/** The widths and the depth of a named encoder. */
export interface TokenEncoderSizes {
  readonly d_model: number;
  readonly heads: number;
  readonly depth: number;
  readonly d_hidden: number;
}

/**
 * The sizes of an encoder by its name: heads of 64 features, four times as many hidden units as features.
 *
 * `where` is the caller's name, for errors. Errors: RangeError for another name.
 */
export function tokenEncoderSizes(where: string, name: TokenEncoderName): TokenEncoderSizes {
  const sizes = (depth: number, d_model: number): TokenEncoderSizes => {
    return { d_model, heads: d_model / 64, depth, d_hidden: 4 * d_model };
  };
  if (name === "tiny") return sizes(2, 128);
  if (name === "mini") return sizes(4, 256);
  if (name === "small") return sizes(4, 512);
  if (name === "medium") return sizes(8, 512);
  if (name === "base") return sizes(12, 768);
  throw new RangeError(`${where}: name must be one of tiny, mini, small, medium, base; got ${String(name)}`);
}

/**
 * The cost of an encoder of T tokens (パラメータ数と積和演算), from its sizes and the cost of one block's attention.
 *
 *     embedding:   (vocabulary + positions + types)·D + 2D         parameters, no multiply-adds
 *     block:       attention + 2·2D + 2D·d_hidden + d_hidden + D   parameters
 *     pooler:      D² + D                                          parameters, D² multiply-adds
 *
 *     D = d_model; 2D beside a matrix are the factor and the shift of a norm; d_hidden and D are biases
 *
 * `attention` is the cost of one block's if all are alike, or a list with that of each. No matrix is made.
 */
export function tokenEncoderCounts(
  config: TokenEncoderConfig,
  T: number,
  attention: Counts | readonly Counts[],
): TokenEncoderCounts {
  checkTokenEncoderNames("tokenEncoderCounts", config);
  checkDepth("tokenEncoderCounts", "config.depth", config.depth, 0);
  const { vocabulary, positions, types, d_model: D, depth, d_hidden } = config;
  const norm = normCounts(D);
  const tables = [tableCounts(vocabulary, D), tableCounts(positions, D), tableCounts(types, D)];
  const embedding = sumCounts([...tables, norm]);
  const feedForward = feedForwardCounts({ n: T, d_model: D, d_hidden });
  const each = "parameters" in attention ? Array.from({ length: depth }, () => attention) : attention;
  const blocks = sumCounts(each.map((own) => sumCounts([own, norm, feedForward, norm])));
  const pooler = config.pooler ? linearCounts({ n: 1, d_in: D, d_out: D }) : sumCounts([]);
  return { embedding, blocks, pooler, total: sumCounts([embedding, blocks, pooler]) };
}

/** The names of a `TokenEncoderConfig`. */
const TOKEN_ENCODER_NAMES: readonly string[] = ["vocabulary", "positions", "types", "d_model", "heads"].concat(
  ["depth", "d_hidden", "activation", "eps", "pooler"],
);

/** The names that a Longformer's and a BigBird's configuration have beside those. */
const TOKEN_ENCODER_OTHERS: readonly string[] = ["pad", "radius", "pattern", "seed"];

/** Throws unless a record has the names of some token encoder's configuration, and no others. */
export function checkTokenEncoderNames(where: string, config: object): void {
  checkOptions(where, config, TOKEN_ENCODER_NAMES.concat(TOKEN_ENCODER_OTHERS), "config");
}

/**
 * Throws unless every size is an integer in its range, heads divide the width, and ε is a number > 0, or for
 * a name that is neither of them nor one of `others`.
 */
export function checkTokenEncoderConfig(
  where: string,
  config: TokenEncoderConfig,
  others: readonly string[] = [],
): void {
  checkOptions(where, config, TOKEN_ENCODER_NAMES.concat(others), "config");
  for (const name of ["vocabulary", "positions", "types", "d_model", "heads", "d_hidden"] as const) {
    checkInteger(where, `config.${name}`, config[name], 1);
  }
  checkDepth(where, "config.depth", config.depth, 0);
  checkFinite(where, "config.eps", config.eps, 0);
  const { d_model, heads, activation, pooler } = config;
  if (d_model % heads !== 0) {
    throw new RangeError(`${where}: config.d_model must be a multiple of heads = ${heads}; got ${d_model}`);
  }
  checkChoice(where, "config.activation", activation, ["relu", "gelu", "gelu-tanh"]);
  checkBoolean(where, "config.pooler", pooler);
}
