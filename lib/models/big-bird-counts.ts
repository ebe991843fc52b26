import type { BigBirdPattern } from "../attention/big-bird-attention.ts";
import type { Counts } from "./counts.ts";
import type { TokenEncoderConfig, TokenEncoderCounts, TokenEncoderName } from "./token-encoder-counts.ts";
import { bigBirdGraph } from "../attention/big-bird-attention.ts";
import { checkInteger, randomGenerator } from "../matrix.ts";
import { checkTokenEncoderConfig, tokenEncoderCounts, tokenEncoderSizes } from "./token-encoder-counts.ts";
import { linearCounts, sumCounts } from "./counts.ts";

/**
 * A BigBird by its sizes. `pattern` is what `bigBirdGraph` takes; block l draws its random blocks from `seed`
 * + l (0 unless given).
 */
export interface BigBirdConfig extends TokenEncoderConfig {
  readonly pattern?: BigBirdPattern | undefined;
  readonly seed?: number | undefined;
}

/**
 * The configuration of a BigBird (BigBird の設定): 4,096 places, blocks of 64, three random ones, the first and
 * the last global.
 *
 * GELU is the one by a hyperbolic tangent, and the norms' ε 1e-12, as released. Errors: RangeError for
 * another name.
 * Source: Zaheer et al. 2020 App. E, arXiv 2007.14062, and google/bigbird-roberta-base.
 */
export function bigBirdConfig(name: TokenEncoderName): BigBirdConfig {
  const sizes = tokenEncoderSizes("bigBirdConfig", name);
  return {
    ...sizes,
    vocabulary: 50358,
    positions: 4096,
    types: 2,
    activation: "gelu-tanh",
    eps: 1e-12,
    pooler: true,
  };
}

/**
 * Throws as `checkTokenEncoderConfig`, and unless every block's seed is one. Numbers of the pattern are
 * checked where it is used.
 */
export function checkBigBirdConfig(where: string, config: BigBirdConfig): void {
  checkTokenEncoderConfig(where, config);
  checkInteger(where, "config.seed", config.seed ?? 0, 0, 4294967295 - config.depth);
}

/**
 * Pairs of a query and a key that a BigBird head scores (スコアを計算する対), whatever the draw.
 *
 *     (T − g) / b = n_b ≥ 5 + r blocks, first and last global, radius 1:  2bT + 2b²(4 + r) + (n_b − 4)b²(5 + r), without extra tokens (g = 0)
 *
 * Blocks are counted, not tokens, so that it costs next to nothing. Errors: RangeError unless b divides T −
 * g: elsewhere the draw decides.
 */
export function bigBirdPairs(T: number, pattern: BigBirdPattern = {}): number {
  const { block = 64, extra = 0 } = pattern;
  checkInteger("bigBirdPairs", "pattern.extra", extra, 0);
  checkInteger("bigBirdPairs", "T", T, extra);
  checkInteger("bigBirdPairs", "pattern.block", block, 1);
  const tokens = T - extra;
  if (tokens % block !== 0) {
    throw new RangeError(
      `bigBirdPairs: T must hold whole blocks of ${block} beside ${extra} extra tokens; got ${T}`,
    );
  }
  const blocks = bigBirdGraph(tokens / block, { ...pattern, block: 1, extra: 0 }, randomGenerator(0)).key
    .length;
  return blocks * block * block + extra * T + tokens * extra;
}

/**
 * What a BigBird costs for T tokens (パラメータ数と積和演算), from its sizes alone: base's 127,468,800 parameters take
 * no room.
 *
 *     attention of a block:  4(D² + D)                parameters, as dense attention has them
 *                            4T·D² + 2D · pairs       multiply-adds
 *
 *     D = d_model; pairs from `bigBirdPairs`. Extra tokens (ETC) are among the T. Errors: as `bigBirdPairs`, and unless T tokens have places.
 */
export function bigBirdCounts(config: BigBirdConfig, T: number): TokenEncoderCounts {
  checkBigBirdConfig("bigBirdCounts", config);
  checkInteger("bigBirdCounts", "T", T, 0, config.positions);
  const { d_model: D, pattern } = config;
  const map: Counts = linearCounts({ n: T, d_in: D, d_out: D });
  const pairs = { parameters: 0, multiplyAdds: 2 * D * bigBirdPairs(T, pattern) };
  return tokenEncoderCounts(config, T, sumCounts([map, map, map, pairs, map]));
}
