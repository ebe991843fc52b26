import type { Counts } from "./counts.ts";
import { checkFinite, checkInteger, checkOptions } from "../matrix.ts";
import { checkDepth, encoderBlockCounts, normCounts, repeatCounts, sumCounts, tableCounts } from "./counts.ts";

/**
 * The sizes of a GPT-2: rows of the tables of words and positions, widths, number of blocks, and the norms'
 * ε.
 */
export interface Gpt2Config {
  readonly vocabulary: number;
  readonly positions: number;
  readonly d_model: number;
  readonly heads: number;
  readonly depth: number;
  readonly d_hidden: number;
  readonly eps: number;
}

/** The published sizes, by the names of their files. */
export type Gpt2Name = "gpt2" | "gpt2-medium" | "gpt2-large" | "gpt2-xl";

/** The cost of a GPT-2, part by part; `head` is that of the logits, which have no weights of their own. */
export interface Gpt2Counts {
  readonly embedding: Counts;
  readonly blocks: Counts;
  readonly head: Counts;
  readonly total: Counts;
}

/**
 * The configuration of a published GPT-2 (GPT-2 の設定).
 *
 * Errors: RangeError for another name.
 * Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" §2.3, Table 2.
 */
export function gpt2Config(name: Gpt2Name): Gpt2Config {
  const sizes = (depth: number, d_model: number): Gpt2Config => {
    const tables = { vocabulary: 50257, positions: 1024 };
    return { ...tables, d_model, heads: d_model / 64, depth, d_hidden: 4 * d_model, eps: 1e-5 };
  };
  if (name === "gpt2") return sizes(12, 768);
  if (name === "gpt2-medium") return sizes(24, 1024);
  if (name === "gpt2-large") return sizes(36, 1280);
  if (name === "gpt2-xl") return sizes(48, 1600);
  const rule = "must be one of gpt2, gpt2-medium, gpt2-large, gpt2-xl";
  throw new RangeError(`gpt2Config: name ${rule}; got ${String(name)}`);
}

/**
 * The cost of a GPT-2 for T tokens (パラメータ数と積和演算), from its sizes alone.
 *
 *     embedding:   (vocabulary + positions)·D                      parameters, no multiply-adds
 *     block:       4(D² + D) + 2·2D + 2D·d_hidden + d_hidden + D   parameters
 *                  4T·D² + 2T²·D + 2T·D·d_hidden                   multiply-adds
 *     head:        2D parameters of the last norm, T·D·vocabulary multiply-adds
 *
 *     D = d_model
 *
 * All T² scores of a head are counted, as they are computed: the mask comes after them. No matrix is made:
 * gpt2 has 124,439,808 parameters.
 * Errors: RangeError unless the sizes are sound and T tokens have places.
 */
export function gpt2Counts(config: Gpt2Config, T: number): Gpt2Counts {
  checkGpt2Config("gpt2Counts", config);
  checkInteger("gpt2Counts", "T", T, 0, config.positions);
  const { vocabulary, positions, d_model, depth, d_hidden } = config;
  const embedding = sumCounts([tableCounts(vocabulary, d_model), tableCounts(positions, d_model)]);
  const blocks = repeatCounts(depth, encoderBlockCounts({ n: T, d_model, d_hidden }));
  const logits = { parameters: 0, multiplyAdds: T * d_model * vocabulary };
  const head = sumCounts([normCounts(d_model), logits]);
  return { embedding, blocks, head, total: sumCounts([embedding, blocks, head]) };
}

/** Throws unless every size is an integer in its range, heads divide the width, and ε is a number > 0. */
export function checkGpt2Config(where: string, config: Gpt2Config): void {
  const names = ["vocabulary", "positions", "d_model", "heads", "depth", "d_hidden", "eps"];
  checkOptions(where, config, names, "config");
  for (const name of ["vocabulary", "positions", "d_model", "heads", "d_hidden"] as const) {
    checkInteger(where, `config.${name}`, config[name], 1);
  }
  checkDepth(where, "config.depth", config.depth, 0);
  checkFinite(where, "config.eps", config.eps, 0);
  const { d_model, heads } = config;
  if (d_model % heads === 0) return;
  throw new RangeError(`${where}: config.d_model must be a multiple of heads = ${heads}; got ${d_model}`);
}
