import type { Activation } from "../layers/feed-forward.ts";
import type { Counts } from "./counts.ts";
import type { NormOrder } from "../layers/encoder-block.ts";
import { checkInteger } from "../matrix.ts";
import { checkOrder } from "../layers/encoder-block.ts";
import { decoderBlockCounts, encoderBlockCounts, linearCounts, normCounts, repeatCounts } from "./counts.ts";
import { sumCounts, tableCounts } from "./counts.ts";

/**
 * The sizes of an encoder–decoder that classifies images of height × width pixels.
 *
 * `reading`: "standard", whose encoder blocks have self-attention and a feed-forward network, or "literal",
 * D-CROSS's sentence to the letter: every block, the encoder's too, has self-attention, cross-attention and a
 * feed-forward network.
 */
export interface EncoderDecoderConfig {
  readonly reading: "standard" | "literal";
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly patch: number;
  readonly d_model: number;
  readonly heads: number;
  readonly d_hidden: number;
  readonly encoderBlocks: number;
  readonly decoderBlocks: number;
  readonly order: NormOrder;
  readonly activation: Activation;
  readonly classes: number;
}

/**
 * D-CROSS's sizes (文書の寸法): 12 + 12 blocks, D = 768, patches of 16 × 16, in the standard reading or the
 * literal one.
 *
 * The document leaves open what stands here beside them, and ViT-B/16 closes: 12 heads, 4D hidden units,
 * pre-norm, GELU, 224 × 224 × 3 pixels and 1000 classes.
 */
export function documentEncoderDecoder(reading: "standard" | "literal"): EncoderDecoderConfig {
  const sizes = {
    height: 224,
    width: 224,
    channels: 3,
    patch: 16,
    d_model: 768,
    heads: 12,
    d_hidden: 3072,
    encoderBlocks: 12,
    decoderBlocks: 12,
  };
  return { reading, ...sizes, order: "pre", activation: "gelu", classes: 1000 };
}

/**
 * The number of patches of an image. Errors: RangeError unless a patch divides both sides and every size is
 * one.
 */
export function patchCount(config: EncoderDecoderConfig): number {
  const { height, width, patch, reading } = config;
  for (const name of [
    "height",
    "width",
    "channels",
    "patch",
    "d_model",
    "heads",
    "d_hidden",
    "classes",
  ] as const)
    checkInteger("EncoderDecoder", name, config[name], 1);
  for (const name of ["encoderBlocks", "decoderBlocks"] as const) {
    checkInteger("EncoderDecoder", name, config[name], 0);
  }
  checkOrder("EncoderDecoder", config.order);
  if (reading !== "standard" && reading !== "literal") {
    throw new RangeError(`EncoderDecoder: reading must be "standard" or "literal"; got ${String(reading)}`);
  }
  if (height % patch !== 0 || width % patch !== 0) {
    throw new RangeError(
      `EncoderDecoder: height and width must be multiples of patch = ${patch}; got ${height} × ${width}`,
    );
  }
  return (height / patch) * (width / patch);
}

/**
 * What an encoder–decoder costs (パラメータ数と積和演算数), from its sizes alone: its blocks by themselves, and all of
 * it.
 *
 * `blocks` leaves out what surrounds them: patch embedding, positions, [CLS], the last norms and the
 * classifier.
 */
export function encoderDecoderCounts(config: EncoderDecoderConfig): {
  encoder: Counts;
  decoder: Counts;
  blocks: Counts;
  total: Counts;
} {
  const n = patchCount(config);
  const { channels, patch, d_model, d_hidden, classes } = config;
  const encoderBlock =
    config.reading === "standard"
      ? encoderBlockCounts({ n, d_model, d_hidden })
      : decoderBlockCounts({ n, n_memory: n, d_model, d_hidden });
  const encoder = repeatCounts(config.encoderBlocks, encoderBlock);
  const decoder = repeatCounts(
    config.decoderBlocks,
    decoderBlockCounts({ n: 1 + n, n_memory: n, d_model, d_hidden }),
  );
  const blocks = sumCounts([encoder, decoder]);
  const embedding = linearCounts({ n, d_in: channels * patch * patch, d_out: d_model });
  const norms = config.order === "pre" ? [normCounts(d_model), normCounts(d_model)] : [];
  const classifier = linearCounts({ n: 1, d_in: d_model, d_out: classes });
  return {
    encoder,
    decoder,
    blocks,
    total: sumCounts([embedding, tableCounts(1 + n, d_model), blocks, ...norms, classifier]),
  };
}
