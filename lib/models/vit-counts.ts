import type { Counts } from "./counts.ts";
import { checkBoolean, checkChoice, checkFinite, checkInteger, checkOptions } from "../matrix.ts";
import { checkDepth, encoderBlockCounts, linearCounts, normCounts } from "./counts.ts";
import { repeatCounts, sumCounts, tableCounts } from "./counts.ts";

/**
 * The sizes of a ViT: images of height × width pixels, patches of `patch` × `patch`; classes 0 is no
 * classifier.
 *
 * `distillation` is DeiT's second token: "token" alone, or "classifier" for the token with a classifier of
 * its own. `pooler` is whether there is a `TokenPooler`. Without them neither is there.
 */
export interface ViTConfig {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly patch: number;
  readonly d_model: number;
  readonly heads: number;
  readonly depth: number;
  readonly d_hidden: number;
  readonly classes: number;
  readonly eps: number;
  readonly distillation?: "token" | "classifier" | undefined;
  readonly pooler?: boolean | undefined;
}

/** The sizes of the paper: Base, Large and Huge. Ti and S are those of DeiT. */
export type ViTName = "Ti" | "S" | "B" | "L" | "H";

/** The cost of a ViT, part by part. The last norm is among the blocks. */
export interface ViTCounts {
  readonly embedding: Counts;
  readonly blocks: Counts;
  readonly head: Counts;
  readonly pooler: Counts;
  readonly total: Counts;
}

/**
 * The configuration of a ViT on images of 224 × 224 pixels in patches of 16 × 16 (14 × 14 for H), with 1,000
 * classes (ViT の設定).
 *
 * The norms' ε is 1e-12, as huggingface/transformers has it; timm has 1e-6.
 * Errors: RangeError for another name.
 * Source: Dosovitskiy et al. 2020, Table 1, arXiv 2010.11929; Touvron et al. 2021, "DeiT", Table 1, arXiv
 * 2012.12877.
 */
export function vitConfig(name: ViTName): ViTConfig {
  const sizes = (depth: number, d_model: number, heads: number, patch: number = 16): ViTConfig => {
    const image = { height: 224, width: 224, channels: 3, patch, classes: 1000 };
    return { ...image, d_model, heads, depth, d_hidden: 4 * d_model, eps: 1e-12 };
  };
  if (name === "Ti") return sizes(12, 192, 3);
  if (name === "S") return sizes(12, 384, 6);
  if (name === "B") return sizes(12, 768, 12);
  if (name === "L") return sizes(24, 1024, 16);
  if (name === "H") return sizes(32, 1280, 16, 14);
  throw new RangeError(`vitConfig: name must be one of Ti, S, B, L, H; got ${String(name)}`);
}

/**
 * The cost of a ViT (パラメータ数と積和演算), from its sizes alone.
 *
 *     embedding:   C·p²·D + D + t·D + (t + n)·D                    parameters, n·C·p²·D multiply-adds
 *     block:       4(D² + D) + 2·2D + 2D·d_hidden + d_hidden + D   parameters
 *                  4(t + n)·D² + 2(t + n)²·D + 2(t + n)·D·d_hidden multiply-adds
 *     head:        D·classes + classes                             parameters, D·classes multiply-adds
 *     pooler:      D² + D                                          parameters, D² multiply-adds
 *
 *     D = d_model, C channels, p = patch, n = height·width / p² patches; 2D for the last norm
 *     t = 1 token before the patches, 2 with one for distillation; a classifier of that token is a second head
 *
 * No matrix is made: B has 85,798,656 parameters without its head, 87,338,192 as DeiT with both tokens'
 * heads.
 * Errors: RangeError unless the sizes are sound.
 */
export function vitCounts(config: ViTConfig): ViTCounts {
  checkViTConfig("vitCounts", config);
  const { height, width, channels, patch, d_model: D, depth, d_hidden, classes, distillation } = config;
  const n = (height / patch) * (width / patch);
  const t = distillation === undefined ? 1 : 2;
  const map = linearCounts({ n, d_in: channels * patch * patch, d_out: D });
  const embedding = sumCounts([map, tableCounts(t, D), tableCounts(t + n, D)]);
  const block = encoderBlockCounts({ n: t + n, d_model: D, d_hidden });
  const blocks = sumCounts([repeatCounts(depth, block), normCounts(D)]);
  const classify = (): Counts => linearCounts({ n: 1, d_in: D, d_out: classes });
  const head = classes === 0 ? sumCounts([]) : repeatCounts(distillation === "classifier" ? 2 : 1, classify());
  const pooler = config.pooler === true ? linearCounts({ n: 1, d_in: D, d_out: D }) : sumCounts([]);
  return { embedding, blocks, head, pooler, total: sumCounts([embedding, blocks, head, pooler]) };
}

/**
 * Throws unless every size is an integer in its range, patches fill the image, heads divide the width, and a
 * classifier of the distillation token has classes.
 */
export function checkViTConfig(where: string, config: ViTConfig): void {
  const names = ["height", "width", "channels", "patch", "d_model", "heads", "d_hidden"] as const;
  checkOptions(where, config, [...names, "depth", "classes", "eps", "distillation", "pooler"], "config");
  for (const name of names) checkInteger(where, `config.${name}`, config[name], 1);
  checkDepth(where, "config.depth", config.depth, 0);
  checkInteger(where, "config.classes", config.classes, 0);
  checkFinite(where, "config.eps", config.eps, 0);
  const { height, width, patch, d_model, heads, classes, distillation, pooler = false } = config;
  checkBoolean(where, "config.pooler", pooler);
  if (distillation !== undefined) checkChoice(where, "config.distillation", distillation, ["token", "classifier"]);
  if (distillation === "classifier") checkInteger(where, "config.classes", classes, 1);
  for (const [name, side] of [
    ["height", height],
    ["width", width],
  ] as const) {
    if (side % patch === 0) continue;
    throw new RangeError(`${where}: config.${name} must be a multiple of patch = ${patch}; got ${side}`);
  }
  if (d_model % heads === 0) return;
  throw new RangeError(`${where}: config.d_model must be a multiple of heads = ${heads}; got ${d_model}`);
}
