import type { Activation, OwnActivation } from "./feed-forward.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { MultiHeadOptions } from "../attention/multi-head-attention.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { FeedForward } from "./feed-forward.ts";
import { LayerNorm } from "./layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { checkChoice, checkModules, checkOptions } from "../matrix.ts";
import { checkListener } from "./weights-listener.ts";

/**
 * Where a block normalises.
 * "pre": the input of each part. "post": the sum of the residual path and the part's output.
 */
export type NormOrder = "pre" | "post";

/** The parts of an encoder block, in the order of use. */
export interface EncoderBlockParts {
  readonly norm1: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly feedForward: FeedForward;
  readonly order: NormOrder;
}

/**
 * The widths of a fresh block.
 * Defaults: d_hidden is 4 · d_model, the activation is "relu", eps is 1e-5.
 */
export interface BlockWidths {
  readonly d_model: number;
  readonly heads: number;
  readonly d_hidden?: number | undefined;
  readonly activation?: Activation | OwnActivation | undefined;
  readonly eps?: number | undefined;
  readonly order: NormOrder;
}

/**
 * `allow`: who may attend to whom, causal() for the past alone. `bias`: a matrix (n, n) for each head.
 * `onWeights` is called with "self" and one matrix (n, n) per head.
 */
export interface EncoderBlockOptions extends MultiHeadOptions {
  readonly onWeights?: WeightsListener | undefined;
}

/**
 * Encoder block (エンコーダブロック): self-attention and a feed-forward network, each beside a residual path.
 *
 *     "pre":   Y = X + MultiHead(X', X', X'),  X' = LN_1(X)        (1)
 *              Z = Y + FFN(LN_2(Y))                                (2)
 *     "post":  Y = LN_1(X + MultiHead(X, X, X))                    (3)
 *              Z = LN_2(Y + FFN(Y))                                (4)
 *
 *     X (n, D)   →   Z (n, D)
 *     n positions, D features; LN layer norm, FFN feed-forward
 *
 * `order` chooses between (1), (2) and (3), (4). Pre-norm leaves the residual path untouched, so a stack of
 * such blocks needs one more norm at its end. Post-norm's output is normalised already. With the option
 * allow: causal() the block is that of a decoder-only model.
 * Cost: 4nD² + 2n²D + 2nD·d_hidden multiply-adds.
 * Errors: RangeError for another order, or unless X and the parts are D wide.
 * Source: post: Vaswani et al. 2017 §3.1, arXiv 1706.03762. Pre: ViT, CrossViT, CAT; Xiong et al. 2020 §3,
 * arXiv 2002.04745, compare the two.
 */
export class EncoderBlock {
  readonly norm1: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly feedForward: FeedForward;
  readonly order: NormOrder;

  constructor(parts: EncoderBlockParts) {
    checkOptions("EncoderBlock", parts, ["norm1", "attention", "norm2", "feedForward", "order"], "parts");
    const { norm1, attention, norm2, feedForward, order } = parts;
    checkModules("EncoderBlock", parts, ["norm1", "attention", "norm2", "feedForward"]);
    checkChoice("EncoderBlock", "order", order, ["pre", "post"]);
    this.norm1 = norm1;
    this.attention = attention;
    this.norm2 = norm2;
    this.feedForward = feedForward;
    this.order = order;
  }

  /** Fresh weights, drawn in the order of use: W from U(±√(6 / (d_in + d_out))), biases 0, norms 1 and 0. */
  static random(widths: BlockWidths, random: Random): EncoderBlock {
    const names = ["d_model", "heads", "d_hidden", "activation", "eps", "order"];
    checkOptions("EncoderBlock.random", widths, names, "widths");
    const { d_model, heads, d_hidden, activation, eps, order } = widths;
    const attention = MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const feedForward = FeedForward.random({ d_model, d_hidden, activation }, random);
    const norm1 = LayerNorm.initial({ d_model, eps });
    const norm2 = LayerNorm.initial({ d_model, eps });
    return new EncoderBlock({ norm1, attention, norm2, feedForward, order });
  }

  /** Z for X. */
  forward(X: Matrix, options: EncoderBlockOptions = {}): Matrix {
    checkOptions("EncoderBlock.forward", options, ["allow", "bias", "onWeights"]);
    checkListener("EncoderBlock.forward", options.onWeights);
    const { norm1, norm2, feedForward } = this;

    if (this.order === "pre") {
      const Y = add(X, this.attend(norm1.forward(X), options)); //  (1) (n, D)
      return add(Y, feedForward.forward(norm2.forward(Y))); //      (2) (n, D)
    }
    const Y = norm1.forward(add(X, this.attend(X, options))); //    (3) (n, D)
    return norm2.forward(add(Y, feedForward.forward(Y))); //        (4) (n, D)
  }

  private attend(X: Matrix, { allow, bias, onWeights }: EncoderBlockOptions): Matrix {
    const { output, weights } = this.attention.forward(X, X, X, { allow, bias });
    if (onWeights !== undefined) onWeights("self", weights);
    return output;
  }
}
