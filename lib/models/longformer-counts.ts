import type { Counts } from "./counts.ts";
import type { TokenEncoderConfig, TokenEncoderCounts, TokenEncoderName } from "./token-encoder-counts.ts";
import { checkInteger, checkList } from "../matrix.ts";
import { checkTokenEncoderConfig, checkTokenEncoderNames } from "./token-encoder-counts.ts";
import { tokenEncoderCounts, tokenEncoderSizes } from "./token-encoder-counts.ts";
import { globalIndices } from "../kernels/gather-global.ts";
import { linearCounts, sumCounts } from "./counts.ts";

/**
 * The sizes of a Longformer. `pad` is the number of the padding token, by which positions are counted; a
 * token sees `radius` others to each side: one number for all blocks, or a list with one for each.
 */
export interface LongformerConfig extends TokenEncoderConfig {
  readonly pad: number;
  readonly radius: number | readonly number[];
}

/** The radius of block l. */
export function blockRadius(config: LongformerConfig, l: number): number {
  checkTokenEncoderNames("blockRadius", config);
  const { radius } = config;
  if (typeof radius === "number") return radius;
  checkList("blockRadius", "config.radius", radius, "radii, one for each block, if it is no number");
  return radius[l] ?? 0;
}

/** Global tokens of a text: their indices, or a boolean for each token. */
type LongformerGlobals = readonly number[] | readonly boolean[];

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
  const tables = { vocabulary: 50265, positions: 4098, types: 1, pad: 1 };
  return { ...sizes, ...tables, radius: 256, activation: "gelu", eps: 1e-5, pooler: true };
}

/**
 * Throws as `checkTokenEncoderConfig`, and unless `pad` is a token and has a place, and `radius` is an
 * integer ≥ 0, or a list of `depth` of them.
 */
export function checkLongformerConfig(where: string, config: LongformerConfig): void {
  checkTokenEncoderConfig(where, config, ["pad", "radius"]);
  checkInteger(where, "config.pad", config.pad, 0, Math.min(config.vocabulary, config.positions) - 1);
  const { radius, depth } = config;
  if (Array.isArray(radius)) {
    checkInteger(where, "config.radius.length", radius.length, depth, depth);
  }
  else checkInteger(where, "config.radius", radius as number, 0);
  for (let l = 0; l < depth; l++) {
    checkInteger(where, `config.radius[${l}]`, blockRadius(config, l), 0);
  }
}

/**
 * The pairs of a query and a key that a Longformer head scores (スコアを計算する対).
 *
 *     without globals, T ≥ r:  T(2r + 1) − r(r + 1)
 *
 *     T tokens, r the radius
 *
 * A global query has T pairs, any other as many as its window and the globals outside it.
 * Errors: RangeError unless T and the radius are integers ≥ 0 and the globals are among the T.
 */
export function longformerPairs(T: number, radius: number, globals: LongformerGlobals = []): number {
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
 * The cost of a Longformer for T tokens (パラメータ数と積和演算), from its sizes alone.
 *
 *     attention of a block:  7(D² + D)                          parameters
 *                            4T·D² + (2T + G)·D² + 2D · pairs   multiply-adds
 *
 *     D = d_model, G global tokens; pairs from `longformerPairs`
 *
 * The parameters are W_Q, W_K, W_V, the three W' of the global set, W_O, and their biases. The middle term is
 * there only where there are globals. No matrix is made: base has 148,659,456 parameters.
 * Errors: RangeError unless the sizes are sound and the tokens have places.
 */
export function longformerCounts(
  config: LongformerConfig,
  T: number,
  globals: LongformerGlobals = [],
): TokenEncoderCounts {
  checkLongformerConfig("longformerCounts", config);
  checkInteger("longformerCounts", "T", T, 0, config.positions - config.pad - 1);
  const { d_model: D, depth } = config;
  const G = globalIndices("longformerCounts", globals, T).length;
  const map = (n: number): Counts => linearCounts({ n, d_in: D, d_out: D });
  const local = [map(T), map(T), map(T)];
  const keys = G === 0 ? 0 : T; // without globals the global set is there, and not used
  const global = [map(G), map(keys), map(keys)];
  const attentions = Array.from({ length: depth }, (_, l) => {
    const multiplyAdds = 2 * D * longformerPairs(T, blockRadius(config, l), globals);
    return sumCounts([...local, ...global, { parameters: 0, multiplyAdds }, map(T)]);
  });
  return tokenEncoderCounts(config, T, attentions);
}
