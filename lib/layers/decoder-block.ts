import type { Allow } from "../kernels/mask-scores.ts";
import type { BlockWidths, NormOrder } from "./encoder-block.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { FeedForward } from "./feed-forward.ts";
import { LayerNorm } from "./layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { checkOptions } from "../matrix.ts";
import { checkOrder } from "./encoder-block.ts";

/** The parts of a decoder block, in the order of use. */
export interface DecoderBlockParts {
  readonly norm1: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly cross: MultiHeadAttention;
  readonly norm3: LayerNorm;
  readonly feedForward: FeedForward;
  readonly order: NormOrder;
}

/**
 * Who may see whom among the positions (causal() for the past alone), who sees which memory row, and a
 * listener, which hears "self" and "cross".
 */
export interface DecoderBlockOptions {
  readonly allow?: Allow | undefined;
  readonly allowMemory?: Allow | undefined;
  readonly onWeights?: WeightsListener | undefined;
}

/**
 * Decoder block (デコーダブロック): self-attention, a look at the encoder's memory, and a feed-forward network.
 *
 *     "pre":   Y_1 = X + MultiHead_self(X', X', X'),  X' = LN_1(X)         (1)
 *              Y_2 = Y_1 + MultiHead_cross(LN_2(Y_1), M, M)                (2)
 *              Y_3 = Y_2 + FFN(LN_3(Y_2))                                  (3)
 *     "post":  Y_1 = LN_1(X + MultiHead_self(X, X, X))                     (4)
 *              Y_2 = LN_2(Y_1 + MultiHead_cross(Y_1, M, M))                (5)
 *              Y_3 = LN_3(Y_2 + FFN(Y_2))                                  (6)
 *
 *     X (n, D)   memory M (m, D_m)   →   Y_3 (n, D)
 *     n positions of D features; m things that the encoder saw, of D_m features; the memory is not normalised here
 *
 * `order` chooses between (1)–(3) and (4)–(6). Every position sees every other unless allow: causal() is
 * given, as a decoder that writes one word after the other needs it. Cost: 6nD² + 2mD·D_m + 2n²D + 2nmD +
 * 2nD·d_hidden multiply-adds.
 * Errors: RangeError for another order, or unless X, the memory and the parts agree in width.
 * Source: Vaswani et al. 2017 §3.1 and §3.2.3, arXiv 1706.03762; D-CROSS, whose every block is one of these.
 */
export class DecoderBlock {
  readonly norm1: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly cross: MultiHeadAttention;
  readonly norm3: LayerNorm;
  readonly feedForward: FeedForward;
  readonly order: NormOrder;

  constructor({ norm1, attention, norm2, cross, norm3, feedForward, order }: DecoderBlockParts) {
    checkOrder("DecoderBlock", order);
    this.norm1 = norm1;
    this.attention = attention;
    this.norm2 = norm2;
    this.cross = cross;
    this.norm3 = norm3;
    this.feedForward = feedForward;
    this.order = order;
  }

  /**
   * Fresh weights, drawn in the order of use: W from U(±√(6 / (d_in + d_out))), biases zero, norms 1 and 0.
   * The memory is `d_memory` wide, or d_model.
   */
  static random(
    {
      d_model,
      heads,
      d_hidden,
      activation,
      eps,
      order,
      d_memory = d_model,
    }: BlockWidths & { d_memory?: number | undefined },
    random: Random,
  ): DecoderBlock {
    const norm = (): LayerNorm => LayerNorm.initial({ d_model, eps });
    const attention = MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const cross = MultiHeadAttention.random(
      { d_model, heads, d_key: d_memory, d_value: d_memory, bias: true },
      random,
    );
    const feedForward = FeedForward.random({ d_model, d_hidden, activation }, random);
    return new DecoderBlock({
      norm1: norm(),
      attention,
      norm2: norm(),
      cross,
      norm3: norm(),
      feedForward,
      order,
    });
  }

  forward(X: Matrix, memory: Matrix, options: DecoderBlockOptions = {}): Matrix {
    checkOptions("DecoderBlock.forward", options, ["allow", "allowMemory", "onWeights"]);
    const { allow, allowMemory, onWeights } = options;
    const { norm1, norm2, norm3, feedForward } = this;
    const attend = (name: "attention" | "cross", Q: Matrix, K: Matrix, seen: Allow | undefined): Matrix => {
      const { output, weights } = this[name].forward(Q, K, K, { allow: seen });
      if (onWeights !== undefined) onWeights(name === "attention" ? "self" : "cross", weights);
      return output;
    };
    if (this.order === "pre") {
      const inner = norm1.forward(X);
      const Y_1 = add(X, attend("attention", inner, inner, allow)); //                     (1) (n, D)
      const Y_2 = add(Y_1, attend("cross", norm2.forward(Y_1), memory, allowMemory)); //   (2) (n, D)
      return add(Y_2, feedForward.forward(norm3.forward(Y_2))); //                         (3) (n, D)
    }
    const Y_1 = norm1.forward(add(X, attend("attention", X, X, allow))); //                (4) (n, D)
    const Y_2 = norm2.forward(add(Y_1, attend("cross", Y_1, memory, allowMemory))); //     (5) (n, D)
    return norm3.forward(add(Y_2, feedForward.forward(Y_2))); //                           (6) (n, D)
  }
}
