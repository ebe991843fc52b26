import type { Activation } from "./feed-forward.ts";
import type { AttentionHead } from "../attention/heads.ts";
import type { Matrix } from "../matrix.ts";
import type { NormOrder } from "./encoder-block.ts";
import { EncoderBlock } from "./encoder-block.ts";
import { FeedForward } from "./feed-forward.ts";
import { LayerNorm } from "./layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { checkFunction, checkInteger, checkOptions, fromFunction, matrix } from "../matrix.ts";
import { splitHeads } from "../attention/heads.ts";

/** The width of some attention and how many heads share it. */
export interface NormalHeadWidths {
  readonly d_model: number;
  readonly heads: number;
}

/** The widths of a feed-forward network, and its activation. */
export interface NormalFeedForwardWidths {
  readonly d_model: number;
  readonly d_hidden: number;
  readonly activation: Activation;
}

/** The widths of an encoder block, its activation, and where and with which ε it normalises. */
export interface NormalBlockWidths extends NormalHeadWidths, NormalFeedForwardWidths {
  readonly eps: number;
  readonly order: NormOrder;
}

/**
 * A fresh table or projection (正規分布による初期化) as BERT, ViT and their successors draw them: N(0, 0.02²).
 *
 *     →   W (rows, cols)
 *
 * `normal` draws from N(0, 1).
 */
export function normalWeights(rows: number, cols: number, normal: () => number): Matrix {
  checkFunction("normalWeights", "normal", normal, "() => number");
  return fromFunction(rows, cols, () => 0.02 * normal());
}

/**
 * Fresh heads, together d_model wide: projections from `normalWeights`, biases 0.
 * W_Q of all heads is drawn first, then W_K, then W_V.
 */
export function normalHeads(sizes: NormalHeadWidths, normal: () => number): AttentionHead[] {
  checkOptions("normalHeads", sizes, ["d_model", "heads"], "sizes");
  const { d_model, heads } = sizes;
  const W_Q = normalWeights(d_model, d_model, normal);
  const W_K = normalWeights(d_model, d_model, normal);
  const W_V = normalWeights(d_model, d_model, normal);
  const [b_Q, b_K, b_V] = [matrix(1, d_model), matrix(1, d_model), matrix(1, d_model)];
  return splitHeads({ W_Q, W_K, W_V, b_Q, b_K, b_V }, heads);
}

/**
 * Fresh multi-head attention, d_model wide: projections from `normalWeights`, biases 0.
 * W_Q, W_K and W_V are drawn head after head, then W_O.
 */
export function normalMultiHead(sizes: NormalHeadWidths, normal: () => number): MultiHeadAttention {
  checkOptions("normalMultiHead", sizes, ["d_model", "heads"], "sizes");
  const { d_model, heads: h } = sizes;
  checkInteger("normalMultiHead", "d_model", d_model, 1);
  checkInteger("normalMultiHead", "heads", h, 1);
  const width = d_model / h;
  const heads = Array.from({ length: h }, () => {
    const W_Q = normalWeights(d_model, width, normal);
    const W_K = normalWeights(d_model, width, normal);
    const W_V = normalWeights(d_model, width, normal);
    return { W_Q, W_K, W_V, b_Q: matrix(1, width), b_K: matrix(1, width), b_V: matrix(1, width) };
  });
  const W_O = normalWeights(d_model, d_model, normal);
  return new MultiHeadAttention({ heads, W_O, b_O: matrix(1, d_model) });
}

/**
 * A fresh feed-forward network, d_model wide on both sides: W_1, then W_2, from `normalWeights`, biases 0.
 */
export function normalFeedForward(sizes: NormalFeedForwardWidths, normal: () => number): FeedForward {
  checkOptions("normalFeedForward", sizes, ["d_model", "d_hidden", "activation"], "sizes");
  const { d_model, d_hidden, activation } = sizes;
  const W_1 = normalWeights(d_model, d_hidden, normal);
  const W_2 = normalWeights(d_hidden, d_model, normal);
  return new FeedForward({ W_1, b_1: matrix(1, d_hidden), W_2, b_2: matrix(1, d_model), activation });
}

/**
 * A fresh encoder block: `normalMultiHead`, then `normalFeedForward`, norms 1 and 0.
 */
export function normalEncoderBlock(widths: NormalBlockWidths, normal: () => number): EncoderBlock {
  const names = ["d_model", "heads", "d_hidden", "activation", "eps", "order"];
  checkOptions("normalEncoderBlock", widths, names, "widths");
  const { d_model, heads, d_hidden, activation, eps, order } = widths;
  const attention = normalMultiHead({ d_model, heads }, normal);
  const feedForward = normalFeedForward({ d_model, d_hidden, activation }, normal);
  const [norm1, norm2] = [LayerNorm.initial({ d_model, eps }), LayerNorm.initial({ d_model, eps })];
  return new EncoderBlock({ norm1, attention, norm2, feedForward, order });
}
