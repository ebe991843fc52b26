import type { Allow } from "../kernels/mask-scores.ts";
import type { BlockWidths, NormOrder } from "./encoder-block.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { FeedForward } from "./feed-forward.ts";
import { LayerNorm } from "./layer-norm.ts";
import { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { checkChoice, checkModules, checkOptions } from "../matrix.ts";
import { checkListener } from "./weights-listener.ts";

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

/** The widths of a fresh decoder block: those of an encoder block, and the memory's, d_model unless given. */
export interface DecoderBlockWidths extends BlockWidths {
  readonly d_memory?: number | undefined;
}

/**
 * `allow`: who may attend to whom among the positions, causal() for the past alone. `allowMemory`: which
 * position may attend to which memory row.
 * `onWeights` is called with "self", then with "cross", and one matrix per head: (n, n) and (n, m).
 */
export interface DecoderBlockOptions {
  readonly allow?: Allow | undefined;
  readonly allowMemory?: Allow | undefined;
  readonly onWeights?: WeightsListener | undefined;
}

/**
 * Decoder block (デコーダブロック): self-attention, cross-attention to the encoder's memory, a feed-forward network.
 *
 *     "pre":   Y_1 = X + MultiHead_self(X', X', X'),  X' = LN_1(X)         (1)
 *              Y_2 = Y_1 + MultiHead_cross(LN_2(Y_1), M, M)                (2)
 *              Y_3 = Y_2 + FFN(LN_3(Y_2))                                  (3)
 *     "post":  Y_1 = LN_1(X + MultiHead_self(X, X, X))                     (4)
 *              Y_2 = LN_2(Y_1 + MultiHead_cross(Y_1, M, M))                (5)
 *              Y_3 = LN_3(Y_2 + FFN(Y_2))                                  (6)
 *
 *     X (n, D)   M = memory (m, D_m)   →   Y_3 (n, D)
 *     n positions of D features; m rows of the encoder's output, of D_m features; LN layer norm,
 *     FFN feed-forward
 *
 * `order` chooses between (1)–(3) and (4)–(6). The memory is not normalised here. Every position sees every
 * other unless `allow` says otherwise: a decoder that writes one word after the other needs causal().
 * Cost: 6nD² + 2mD·D_m + 2n²D + 2nmD + 2nD·d_hidden multiply-adds.
 * Errors: RangeError for another order, or unless X, the memory and the parts agree in width.
 * Source: Vaswani et al. 2017 §3.1 and §3.2.3, arXiv 1706.03762. Study note, docs/cross-attention.md, whose
 * blocks all have this form.
 */
export class DecoderBlock {
  readonly norm1: LayerNorm;
  readonly attention: MultiHeadAttention;
  readonly norm2: LayerNorm;
  readonly cross: MultiHeadAttention;
  readonly norm3: LayerNorm;
  readonly feedForward: FeedForward;
  readonly order: NormOrder;

  constructor(parts: DecoderBlockParts) {
    const names = ["norm1", "attention", "norm2", "cross", "norm3", "feedForward", "order"];
    checkOptions("DecoderBlock", parts, names, "parts");
    const { norm1, attention, norm2, cross, norm3, feedForward, order } = parts;
    checkModules("DecoderBlock", parts, ["norm1", "attention", "norm2", "cross", "norm3", "feedForward"]);
    checkChoice("DecoderBlock", "order", order, ["pre", "post"]);
    this.norm1 = norm1;
    this.attention = attention;
    this.norm2 = norm2;
    this.cross = cross;
    this.norm3 = norm3;
    this.feedForward = feedForward;
    this.order = order;
  }

  /** Fresh weights, drawn in the order of use: W from U(±√(6 / (d_in + d_out))), biases 0, norms 1 and 0. */
  static random(widths: DecoderBlockWidths, random: Random): DecoderBlock {
    const names = ["d_model", "heads", "d_hidden", "activation", "eps", "order", "d_memory"];
    checkOptions("DecoderBlock.random", widths, names, "widths");
    const { d_model, heads, d_hidden, activation, eps, order, d_memory = d_model } = widths;
    const norm = (): LayerNorm => LayerNorm.initial({ d_model, eps });
    const sources = { d_model, d_key: d_memory, d_value: d_memory };
    const attention = MultiHeadAttention.random({ d_model, heads, bias: true }, random);
    const cross = MultiHeadAttention.random({ ...sources, heads, bias: true }, random);
    const feedForward = FeedForward.random({ d_model, d_hidden, activation }, random);
    const [norm1, norm2, norm3] = [norm(), norm(), norm()];
    return new DecoderBlock({ norm1, attention, norm2, cross, norm3, feedForward, order });
  }

  /** Y_3 for X and the memory M. */
  forward(X: Matrix, memory: Matrix, options: DecoderBlockOptions = {}): Matrix {
    checkOptions("DecoderBlock.forward", options, ["allow", "allowMemory", "onWeights"]);
    checkListener("DecoderBlock.forward", options.onWeights);
    const { norm1, norm2, norm3, feedForward } = this;
    const attend = (Q: Matrix): Matrix => this.attend("self", Q, Q, options);
    const read = (Q: Matrix): Matrix => this.attend("cross", Q, memory, options);

    if (this.order === "pre") {
      const Y_1 = add(X, attend(norm1.forward(X))); //              (1) (n, D)
      const Y_2 = add(Y_1, read(norm2.forward(Y_1))); //            (2) (n, D)
      return add(Y_2, feedForward.forward(norm3.forward(Y_2))); //  (3) (n, D)
    }
    const Y_1 = norm1.forward(add(X, attend(X))); //                (4) (n, D)
    const Y_2 = norm2.forward(add(Y_1, read(Y_1))); //              (5) (n, D)
    return norm3.forward(add(Y_2, feedForward.forward(Y_2))); //    (6) (n, D)
  }

  private attend(name: "self" | "cross", Q: Matrix, K: Matrix, options: DecoderBlockOptions): Matrix {
    const [attention, allow] =
      name === "self" ? [this.attention, options.allow] : [this.cross, options.allowMemory];
    const { output, weights } = attention.forward(Q, K, K, { allow });
    if (options.onWeights !== undefined) options.onWeights(name, weights);
    return output;
  }
}
