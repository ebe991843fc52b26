import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { checkHead, projectSelf, randomHead } from "./heads.ts";
import { checkInteger, checkOptions, checkShapes } from "../matrix.ts";

/** The widths of a fresh self-attention. Defaults: d_v is d_k; no bias. */
export interface SelfAttentionWidths {
  readonly d_model: number;
  readonly d_k: number;
  readonly d_v?: number | undefined;
  readonly bias?: boolean | undefined;
}

/**
 * Self-attention (自己注意): queries, keys and values come from the same source, each through its own projection.
 *
 *     Q = X W_Q + b_Q,  K = X W_K + b_K,  V = X W_V + b_V          (1)
 *     O = softmax(Q Kᵀ / √d_k) V                                   (2)
 *
 *     X (n, d)   →   output O (n, d_v), weights A (n, n)
 *     W_Q (d, d_k)   W_K (d, d_k)   W_V (d, d_v); each bias b is one row, or absent
 *     n positions; d features of the source, d_k of a query and of a key, d_v of a value
 *
 * A convolution sees a fixed width; self-attention sees a source of any length. A position that may attend to
 * none gets zeros. Cost: n·d·(2·d_k + d_v) + n²·(d_k + d_v) multiply-adds.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.3, arXiv 1706.03762; study note, docs/attention.md, "all from the layer
 * below".
 */
export class SelfAttention {
  readonly head: AttentionHead;

  constructor(head: AttentionHead) {
    const where = "SelfAttention";
    checkHead(where, "head", head);
    const { W_Q, W_K, W_V } = head;
    checkShapes(where, { "head.W_K": [W_K, W_Q.rows, "d_k"], "head.W_V": [W_V, W_Q.rows, "d_v"] });
    this.head = head;
  }

  /** Fresh projections from `randomHead`. The biases, if any, are zeros. */
  static random(widths: SelfAttentionWidths, random: Random): SelfAttention {
    checkOptions("SelfAttention.random", widths, ["d_model", "d_k", "d_v", "bias"], "widths");
    const { d_model, d_k, d_v, bias } = widths;
    checkInteger("SelfAttention.random", "d_model", d_model, 1);
    return new SelfAttention(randomHead({ d_query: d_model, d_k, d_v, bias }, random));
  }

  /** Equations (1) and (2). `allow` hides keys from queries; `bias` (n, n) is added to the scores. */
  forward(X: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const { Q, K, V } = projectSelf("SelfAttention.forward", this.head, X); //    (1) (n, d_k), (n, d_v)
    return new ScaledDotProductAttention().forward(Q, K, V, options); //          (2) (n, d_v)
  }
}
