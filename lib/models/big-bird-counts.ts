import type { BigBirdPattern } from "../attention/big-bird-attention.ts";
import type { TokenEncoderConfig, TokenEncoderCounts, TokenEncoderName } from "./token-encoder-counts.ts";
import { bigBirdGraph, checkBigBirdPattern } from "../attention/big-bird-attention.ts";
import { checkInteger, checkOptions, randomGenerator } from "../matrix.ts";
import { checkTokenEncoderConfig, checkTokenEncoderNames } from "./token-encoder-counts.ts";
import { tokenEncoderCounts, tokenEncoderSizes } from "./token-encoder-counts.ts";
import { linearCounts, sumCounts } from "./counts.ts";

/**
 * The sizes of a BigBird. `pattern` is that of `bigBirdGraph`, or a list of one for each block; block l draws
 * its random blocks from `seed` + l (0 unless given).
 */
export interface BigBirdConfig extends TokenEncoderConfig {
  readonly pattern?: BigBirdPattern | readonly BigBirdPattern[] | undefined;
  readonly seed?: number | undefined;
}

/** The pattern of block l: its own, if the configuration lists them, or that of all. */
export function blockPattern(config: BigBirdConfig, l: number): BigBirdPattern {
  checkTokenEncoderNames("blockPattern", config);
  const { pattern = {} } = config;
  return (Array.isArray(pattern) ? pattern[l] : pattern) as BigBirdPattern;
}

/**
 * The configuration of a BigBird (BigBird の設定): 4,096 places, blocks of 64, three random ones, the first and
 * the last global.
 *
 * As released, GELU is the one by a hyperbolic tangent, and the norms' ε is 1e-12.
 * Errors: RangeError for another name.
 * Source: Zaheer et al. 2020 App. E, arXiv 2007.14062, and google/bigbird-roberta-base.
 */
export function bigBirdConfig(name: TokenEncoderName): BigBirdConfig {
  const sizes = tokenEncoderSizes("bigBirdConfig", name);
  const tables = { vocabulary: 50358, positions: 4096, types: 2 };
  return { ...sizes, ...tables, activation: "gelu-tanh", eps: 1e-12, pooler: true };
}

/**
 * Throws as `checkTokenEncoderConfig`, and unless every block's seed is one. The numbers of the pattern are
 * checked where they are used.
 */
export function checkBigBirdConfig(where: string, config: BigBirdConfig): void {
  checkTokenEncoderConfig(where, config, ["pattern", "seed"]);
  const { pattern, depth } = config;
  if (Array.isArray(pattern)) checkInteger(where, "config.pattern.length", pattern.length, depth, depth);
  else if (pattern !== undefined) checkBigBirdPattern(where, pattern as BigBirdPattern);
  for (let l = 0; l < depth; l++) checkBigBirdPattern(where, blockPattern(config, l));
  checkInteger(where, "config.seed", config.seed ?? 0, 0, 4294967295 - config.depth);
}

/**
 * The pairs of a query and a key that a BigBird head scores (スコアを計算する対), whatever the draw.
 *
 *     2bT + 2b²(4 + r) + (n_b − 4)b²(5 + r)
 *
 *     for (T − g) / b = n_b ≥ 5 + r blocks, the first and the last of them global, radius 1, and no extra
 *     tokens (g = 0); T tokens, b tokens a block, r random blocks
 *
 * Blocks are counted, not tokens, so that the cost is next to nothing.
 * Errors: RangeError unless b divides T − g: elsewhere the number depends on the draw.
 */
export function bigBirdPairs(T: number, pattern: BigBirdPattern = {}): number {
  checkOptions("bigBirdPairs", pattern, ["block", "radius", "globals", "random", "extra"], "pattern");
  const { block = 64, extra = 0 } = pattern;
  checkInteger("bigBirdPairs", "pattern.extra", extra, 0);
  checkInteger("bigBirdPairs", "T", T, extra);
  checkInteger("bigBirdPairs", "pattern.block", block, 1);
  const tokens = T - extra;
  if (tokens % block !== 0) {
    const rule = `hold whole blocks of ${block} beside ${extra} extra tokens`;
    throw new RangeError(`bigBirdPairs: T must ${rule}; got ${T}`);
  }
  const ofBlocks = { ...pattern, block: 1, extra: 0 };
  const blocks = bigBirdGraph(tokens / block, ofBlocks, randomGenerator(0)).key.length;
  return blocks * block * block + extra * T + tokens * extra;
}

/**
 * The cost of a BigBird for T tokens (パラメータ数と積和演算), from its sizes alone.
 *
 *     attention of a block:  4(D² + D)            parameters, as in dense attention
 *                            4T·D² + 2D · pairs   multiply-adds
 *
 *     D = d_model; pairs from `bigBirdPairs`
 *
 * Extra tokens (ETC) are among the T. No matrix is made: base has 127,468,800 parameters.
 * Errors: as `bigBirdPairs`, and RangeError unless T tokens have places.
 */
export function bigBirdCounts(config: BigBirdConfig, T: number): TokenEncoderCounts {
  checkBigBirdConfig("bigBirdCounts", config);
  checkInteger("bigBirdCounts", "T", T, 0, config.positions);
  const { d_model: D, depth } = config;
  const map = linearCounts({ n: T, d_in: D, d_out: D });
  const attentions = Array.from({ length: depth }, (_, l) => {
    const pairs = { parameters: 0, multiplyAdds: 2 * D * bigBirdPairs(T, blockPattern(config, l)) };
    return sumCounts([map, map, map, pairs, map]);
  });
  return tokenEncoderCounts(config, T, attentions);
}
