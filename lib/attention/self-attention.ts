import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { checkHead, randomHead } from "./heads.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";

/** The widths of a fresh self-attention; d_v is d_k unless given. */
export interface SelfAttentionWidths {
  readonly d_model: number;
  readonly d_k: number;
  readonly d_v?: number | undefined;
  readonly bias?: boolean | undefined;
}

/**
 * Self-attention (自己注意): queries, keys and values all come from the same source, each through its own
 * projection.
 *
 *     Q = X W_Q + b_Q,  K = X W_K + b_K,  V = X W_V + b_V          (1)
 *     O = softmax(Q Kᵀ / √d_k) V                                   (2)
 *
 *     X (n, d)   W_Q, W_K (d, d_k)   W_V (d, d_v)   →   output O (n, d_v), weights A (n, n)
 *     n positions; d features of the source, d_k of a key, d_v of a value; the biases b are one row, or absent
 *
 * Where a convolution sees a fixed width, this sees a source of any length. Nothing allowed: zeros.
 * Cost: n·d·(2·d_k + d_v) + n²·(d_k + d_v) multiply-adds.
 * Errors: RangeError unless X has as many columns as each W has rows.
 * Source: Vaswani et al. 2017 §3.2.3, arXiv 1706.03762; D-ATT, "all from the layer below".
 */
export class SelfAttention {
  readonly head: AttentionHead;

  constructor(head: AttentionHead) {
    checkHead("SelfAttention", "head", head);
    checkMatrix("SelfAttention", "head.W_K", head.W_K, { rows: head.W_Q.rows });
    checkMatrix("SelfAttention", "head.W_V", head.W_V, { rows: head.W_Q.rows });
    this.head = head;
  }

  static random({ d_model, d_k, d_v, bias }: SelfAttentionWidths, random: Random): SelfAttention {
    checkInteger("SelfAttention.random", "d_model", d_model, 1);
    return new SelfAttention(randomHead({ d_query: d_model, d_k, d_v, bias }, random));
  }

  forward(X: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = this.head;
    checkMatrix("SelfAttention.forward", "X", X, { cols: W_Q.rows });
    const Q = linear(X, W_Q, b_Q); //                                            (1) (n, d_k)
    const K = linear(X, W_K, b_K); //                                            (1) (n, d_k)
    const V = linear(X, W_V, b_V); //                                            (1) (n, d_v)
    return new ScaledDotProductAttention().forward(Q, K, V, options); //         (2) (n, d_v)
  }
}
