import type { AttentionHead } from "../attention/heads.ts";
import type { FeedForward } from "./feed-forward.ts";
import type { GraphWeights } from "../graph/neighbours.ts";
import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { add } from "../kernels/entrywise.ts";
import { fromFunction, matrix } from "../matrix.ts";
import { splitHeads } from "../attention/heads.ts";

/** Self-attention along a graph: Longformer's or BigBird's, for example, with options of its own. */
export interface GraphAttention<Options> {
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
 *     X (T, D)   →   Z (T, D);   T tokens of D features; LN layer norm, FFN feed-forward
 *
 * Whatever the attention's `forward` takes beside X goes through; `onWeights` hears "self".
 * Errors: RangeError unless X and the parts are D wide.
 * Source: Vaswani et al. 2017 §3.1, arXiv 1706.03762, as BERT, Longformer and BigBird have it.
 */
export class SparseBlock<Options, Attention extends GraphAttention<Options>> {
  readonly attention: Attention;
  readonly norm1: LayerNorm;
  readonly feedForward: FeedForward;
  readonly norm2: LayerNorm;

  constructor({ attention, norm1, feedForward, norm2 }: SparseBlockParts<Attention>) {
    this.attention = attention;
    this.norm1 = norm1;
    this.feedForward = feedForward;
    this.norm2 = norm2;
  }

  forward(X: Matrix, options?: Options, onWeights?: WeightsListener<GraphWeights> | undefined): Matrix {
    const { output, weights } = this.attention.forward(X, options);
    if (onWeights !== undefined) onWeights("self", weights);
    const Y = this.norm1.forward(add(X, output)); //                        (1) (T, D)
    return this.norm2.forward(add(Y, this.feedForward.forward(Y))); //      (2) (T, D)
  }
}

/** A fresh table or projection as BERT draws them: N(0, 0.02²). `normal` draws from N(0, 1). */
export function normalWeights(rows: number, cols: number, normal: () => number): Matrix {
  return fromFunction(rows, cols, () => 0.02 * normal());
}

/** Fresh heads, together d_model wide: projections from `normalWeights`, biases zero. */
export function normalHeads(
  { d_model, heads }: { d_model: number; heads: number },
  normal: () => number,
): AttentionHead[] {
  const draw = (): Matrix => normalWeights(d_model, d_model, normal);
  return splitHeads(
    {
      W_Q: draw(),
      W_K: draw(),
      W_V: draw(),
      b_Q: matrix(1, d_model),
      b_K: matrix(1, d_model),
      b_V: matrix(1, d_model),
    },
    heads,
  );
}
