import type { Counts } from "./counts.ts";
import type { TokenEncoderConfig, TokenEncoderCounts, TokenEncoderName } from "./token-encoder-counts.ts";
import { checkInteger } from "../matrix.ts";
import { checkTokenEncoderConfig, tokenEncoderCounts, tokenEncoderSizes } from "./token-encoder-counts.ts";
import { globalIndices } from "../kernels/gather-global.ts";
import { linearCounts, sumCounts } from "./counts.ts";

/**
 * A Longformer by its sizes: `pad` is the number of the padding token, by which positions are counted; a
 * token sees `radius` others to each side.
 */
export interface LongformerConfig extends TokenEncoderConfig {
  readonly pad: number;
  readonly radius: number;
}

/**
 * The configuration of a Longformer (Longformer の設定): RoBERTa's vocabulary, 4,096 places after the padding's,
 * a window of 512 = 2 · radius.
 *
 * Errors: RangeError for another name.
 * Source: Beltagy et al. 2020 §5, arXiv 2004.05150, and allenai/longformer-base-4096, whose window of 512
 * leaves the token itself out: 513 keys.
 */
export function longformerConfig(name: TokenEncoderName): LongformerConfig {
  const sizes = tokenEncoderSizes("longformerConfig", name);
  return {
    ...sizes,
    vocabulary: 50265,
    positions: 4098,
    types: 1,
    pad: 1,
    radius: 256,
    activation: "gelu",
    eps: 1e-5,
    pooler: true,
  };
}

/**
 * Throws as `checkTokenEncoderConfig`, and unless `pad` is a token and has a place, and `radius` is an
 * integer ≥ 0.
 */
export function checkLongformerConfig(where: string, config: LongformerConfig): void {
  checkTokenEncoderConfig(where, config);
  checkInteger(where, "config.pad", config.pad, 0, Math.min(config.vocabulary, config.positions) - 1);
  checkInteger(where, "config.radius", config.radius, 0);
}

/**
 * Pairs of a query and a key that a Longformer head scores (スコアを計算する対): T for each global query, window ∪
 * globals for the others.
 *
 *     without globals, T ≥ r:  T(2r + 1) − r(r + 1)
 */
export function longformerPairs(
  T: number,
  radius: number,
  globals: readonly number[] | readonly boolean[] = [],
): number {
  checkInteger("longformerPairs", "T", T, 0);
  checkInteger("longformerPairs", "radius", radius, 0);
  const places = globalIndices("longformerPairs", globals, T);
  const isGlobal = new Set(places);
  let pairs = places.length * T;
  for (let i = 0; i < T; i++) {
    if (isGlobal.has(i)) continue;
    const [first, last] = [Math.max(0, i - radius), Math.min(T - 1, i + radius)];
    pairs += last - first + 1 + places.filter((g) => g < first || g > last).length;
  }
  return pairs;
}

/**
 * What a Longformer costs for T tokens (パラメータ数と積和演算), from its sizes alone: base's 148,659,456 parameters
 * take no room.
 *
 *     attention of a block:  7(D² + D)                            parameters: W^Q, W^K, W^V, W'^Q, W'^K, W'^V, W^O and their biases
 *                            4T·D² + (2T + G)·D² + 2D · pairs     multiply-adds; the middle term only where there are globals
 *
 *     D = d_model, G global tokens; pairs from `longformerPairs`
 *
 * Errors: RangeError unless the sizes are sound, and the tokens have places.
 */
export function longformerCounts(
  config: LongformerConfig,
  T: number,
  globals: readonly number[] | readonly boolean[] = [],
): TokenEncoderCounts {
  checkLongformerConfig("longformerCounts", config);
  checkInteger("longformerCounts", "T", T, 0, config.positions - config.pad - 1);
  const { d_model: D, radius } = config;
  const G = globalIndices("longformerCounts", globals, T).length;
  const map = (n: number): Counts => linearCounts({ n, d_in: D, d_out: D });
  const primed = G === 0 ? 0 : T; // without globals the second set is there, and not used
  const pairs = { parameters: 0, multiplyAdds: 2 * D * longformerPairs(T, radius, globals) };
  return tokenEncoderCounts(
    config,
    T,
    sumCounts([map(T), map(T), map(T), map(G), map(primed), map(primed), pairs, map(T)]),
  );
}
