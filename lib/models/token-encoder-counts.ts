import type { Activation } from "../layers/feed-forward.ts";
import type { Counts } from "./counts.ts";
import { checkFinite, checkInteger } from "../matrix.ts";
import { feedForwardCounts, linearCounts, normCounts, repeatCounts, sumCounts } from "./counts.ts";
import { tableCounts } from "./counts.ts";

/**
 * The sizes that encoders of tokens share: rows of the three tables, widths, how many blocks, and whether a
 * pooler stands behind them.
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

/** What an encoder of tokens costs, part by part. */
export interface TokenEncoderCounts {
  readonly embedding: Counts;
  readonly blocks: Counts;
  readonly pooler: Counts;
  readonly total: Counts;
}

/**
 * "base" as published; the others have the depths and widths of BERT's miniatures (Turc et al. 2019, arXiv
 * 1908.08962) and no published weights.
 */
export type TokenEncoderName = "tiny" | "mini" | "small" | "medium" | "base";

/**
 * d_model, heads, depth and d_hidden by name: heads of 64 features, four times as many hidden units as
 * features.
 */
export function tokenEncoderSizes(
  where: string,
  name: TokenEncoderName,
): { d_model: number; heads: number; depth: number; d_hidden: number } {
  const sizes = (
    depth: number,
    d_model: number,
  ): { d_model: number; heads: number; depth: number; d_hidden: number } => {
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
 * What an encoder costs (パラメータ数と積和演算), from its sizes and what the attention of one block costs: no matrix is
 * made.
 *
 *     embedding:   (vocabulary + positions + types)·D + 2D       parameters, no multiply-adds
 *     block:       attention + 2·2D + 2D·d_hidden + d_hidden + D   parameters
 *     pooler:      D² + D                                        parameters, D² multiply-adds
 *
 *     D = d_model; the two D beside a matrix are a norm's factor and shift, d_hidden and D are biases
 */
export function tokenEncoderCounts(
  config: TokenEncoderConfig,
  T: number,
  attention: Counts,
): TokenEncoderCounts {
  const { vocabulary, positions, types, d_model: D, depth, d_hidden } = config;
  const embedding = sumCounts([
    tableCounts(vocabulary, D),
    tableCounts(positions, D),
    tableCounts(types, D),
    normCounts(D),
  ]);
  const blocks = repeatCounts(
    depth,
    sumCounts([attention, normCounts(D), feedForwardCounts({ n: T, d_model: D, d_hidden }), normCounts(D)]),
  );
  const pooler = config.pooler ? linearCounts({ n: 1, d_in: D, d_out: D }) : sumCounts([]);
  return { embedding, blocks, pooler, total: sumCounts([embedding, blocks, pooler]) };
}

/** Throws unless every size is an integer in its range, heads divide the width, and ε is a number > 0. */
export function checkTokenEncoderConfig(where: string, config: TokenEncoderConfig): void {
  for (const name of ["vocabulary", "positions", "types", "d_model", "heads", "d_hidden"] as const) {
    checkInteger(where, `config.${name}`, config[name], 1);
  }
  checkInteger(where, "config.depth", config.depth, 0);
  checkFinite(where, "config.eps", config.eps, 0);
  const { d_model, heads, activation, pooler } = config;
  if (d_model % heads !== 0) {
    throw new RangeError(`${where}: config.d_model must be a multiple of heads = ${heads}; got ${d_model}`);
  }
  if (activation !== "relu" && activation !== "gelu" && activation !== "gelu-tanh") {
    throw new RangeError(
      `${where}: config.activation must be "relu", "gelu" or "gelu-tanh"; got ${String(activation)}`,
    );
  }
  if (typeof pooler !== "boolean") {
    throw new TypeError(`${where}: config.pooler must be a boolean; got ${typeof pooler}`);
  }
}
