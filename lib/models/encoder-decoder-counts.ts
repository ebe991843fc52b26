import type { Activation } from "../layers/feed-forward.ts";
import type { Counts } from "./counts.ts";
import type { NormOrder } from "../layers/encoder-block.ts";
import { checkChoice, checkInteger, checkOptions } from "../matrix.ts";
import { checkDepth, decoderBlockCounts, encoderBlockCounts, linearCounts, normCounts } from "./counts.ts";
import { repeatCounts, sumCounts, tableCounts } from "./counts.ts";

/**
 * The sizes of an encoder–decoder that classifies images of height × width pixels.
 *
 * `reading` chooses between two readings of the study note (docs/cross-attention.md). "standard": encoder
 * blocks have self-attention and a feed-forward network. "literal", the note's sentence to the letter: every
 * block, the encoder's too, has self-attention, cross-attention and a feed-forward network.
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

/** The cost of an encoder–decoder. `blocks` is the sum of `encoder` and `decoder`. */
export interface EncoderDecoderCounts {
  readonly encoder: Counts;
  readonly decoder: Counts;
  readonly blocks: Counts;
  readonly total: Counts;
}

/**
 * The study note's sizes (文書の寸法): 12 + 12 blocks, D = 768, patches of 16 × 16.
 *
 * The note leaves the other numbers open. Those here are ViT-B/16's: 12 heads, 4D hidden units, pre-norm,
 * GELU, 224 × 224 × 3 pixels and 1000 classes.
 * Source: study note, docs/cross-attention.md.
 */
export function documentEncoderDecoder(reading: "standard" | "literal"): EncoderDecoderConfig {
  const image = { height: 224, width: 224, channels: 3, patch: 16 };
  const widths = { d_model: 768, heads: 12, d_hidden: 3072 };
  const depths = { encoderBlocks: 12, decoderBlocks: 12 };
  return { reading, ...image, ...widths, ...depths, order: "pre", activation: "gelu", classes: 1000 };
}

/**
 * The number of patches of an image.
 *
 * Errors: RangeError unless a patch divides both sides, every size is one, and the words are among those that
 * there are.
 */
export function patchCount(config: EncoderDecoderConfig): number {
  const where = "EncoderDecoder";
  const sizes = ["height", "width", "channels", "patch", "d_model", "heads", "d_hidden", "classes"] as const;
  const others = ["reading", "encoderBlocks", "decoderBlocks", "order", "activation"];
  checkOptions(where, config, others.concat(sizes), "config");
  const { height, width, patch } = config;
  for (const name of sizes) checkInteger(where, name, config[name], 1);
  for (const name of ["encoderBlocks", "decoderBlocks"] as const) {
    checkDepth(where, name, config[name], 0);
  }
  checkChoice(where, "order", config.order, ["pre", "post"]);
  checkChoice(where, "reading", config.reading, ["standard", "literal"]);
  checkChoice(where, "activation", config.activation, ["relu", "gelu", "gelu-tanh"]);
  if (config.d_model % config.heads !== 0) {
    throw new RangeError(`${where}: d_model must be a multiple of heads = ${config.heads}; got ${config.d_model}`);
  }
  if (height % patch !== 0 || width % patch !== 0) {
    const rule = `must be multiples of patch = ${patch}`;
    throw new RangeError(`${where}: height and width ${rule}; got ${height} × ${width}`);
  }
  return (height / patch) * (width / patch);
}

/**
 * The cost of an encoder–decoder (パラメータ数と積和演算数), from its sizes alone.
 *
 * `blocks` leaves out what surrounds them: patch embedding, positions, [CLS], the last norms and the
 * classifier.
 * Errors: as `patchCount`.
 */
export function encoderDecoderCounts(config: EncoderDecoderConfig): EncoderDecoderCounts {
  const n = patchCount(config);
  const { reading, channels, patch, d_model, d_hidden, classes } = config;
  const standard = encoderBlockCounts({ n, d_model, d_hidden });
  const literal = decoderBlockCounts({ n, n_memory: n, d_model, d_hidden });
  const decoderBlock = decoderBlockCounts({ n: 1 + n, n_memory: n, d_model, d_hidden });
  const encoder = repeatCounts(config.encoderBlocks, reading === "standard" ? standard : literal);
  const decoder = repeatCounts(config.decoderBlocks, decoderBlock);
  const blocks = sumCounts([encoder, decoder]);
  const embedding = linearCounts({ n, d_in: channels * patch * patch, d_out: d_model });
  const positions = tableCounts(1 + n, d_model); // and [CLS]
  const norms = config.order === "pre" ? [normCounts(d_model), normCounts(d_model)] : [];
  const classifier = linearCounts({ n: 1, d_in: d_model, d_out: classes });
  const total = sumCounts([embedding, positions, blocks, ...norms, classifier]);
  return { encoder, decoder, blocks, total };
}
