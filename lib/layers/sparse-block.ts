import type { FeedForward } from "./feed-forward.ts";
import type { GraphWeights } from "../graph/neighbours.ts";
import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { add } from "../kernels/entrywise.ts";
import { checkModules, checkOptions } from "../matrix.ts";
import { checkListener } from "./weights-listener.ts";

/** Self-attention along a graph, Longformer's or BigBird's for example, with options of its own. */
export interface GraphAttention<Options> {
  /** The output (T, d_out) for the tokens X (T, D), and one map along the graph per head. */
  forward(X: Matrix, options?: Options): { output: Matrix; weights: readonly GraphWeights[] };
}

/** The parts of a sparse block, in the order of use. */
export interface SparseBlockParts<Attention> {
  readonly attention: Attention;
  readonly norm1: LayerNorm;
  readonly feedForward: FeedForward;
  readonly norm2: LayerNorm;
}

/**
 * Encoder block with sparse self-attention (疎な注意のエンコーダブロック), post-norm as in BERT.
 *
 *     Y = LN_1(X + Attention(X))     (1)
 *     Z = LN_2(Y + FFN(Y))           (2)
 *
 *     X (T, D)   →   Z (T, D)
 *     T tokens of D features; LN layer norm, FFN feed-forward
 *
 * Errors: RangeError unless X and the parts are D wide.
 * Source: Vaswani et al. 2017 §3.1, arXiv 1706.03762; BERT, Longformer and BigBird have this block.
 */
export class SparseBlock<Options, Attention extends GraphAttention<Options>> {
  readonly attention: Attention;
  readonly norm1: LayerNorm;
  readonly feedForward: FeedForward;
  readonly norm2: LayerNorm;

  constructor(parts: SparseBlockParts<Attention>) {
    checkOptions("SparseBlock", parts, ["attention", "norm1", "feedForward", "norm2"], "parts");
    checkModules("SparseBlock", parts, ["attention", "norm1", "feedForward", "norm2"]);
    const { attention, norm1, feedForward, norm2 } = parts;
    this.attention = attention;
    this.norm1 = norm1;
    this.feedForward = feedForward;
    this.norm2 = norm2;
  }

  /**
   * Z for X. `options` go to the attention as they are.
   * `onWeights` is called with "self" and one map along the graph per head.
   */
  forward(X: Matrix, options?: Options, onWeights?: WeightsListener<GraphWeights> | undefined): Matrix {
    checkListener("SparseBlock.forward", onWeights);
    const { output, weights } = this.attention.forward(X, options);
    if (onWeights !== undefined) onWeights("self", weights);
    const Y = this.norm1.forward(add(X, output)); //                    (1) (T, D)
    return this.norm2.forward(add(Y, this.feedForward.forward(Y))); //  (2) (T, D)
  }
}
