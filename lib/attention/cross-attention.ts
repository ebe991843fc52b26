import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { checkHead, randomHead } from "./heads.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";

/**
 * The widths of a fresh cross-attention: of the query side, of the memory, and of the projections; d_v is d_k
 * unless given.
 */
export interface CrossAttentionWidths {
  readonly d_query: number;
  readonly d_memory: number;
  readonly d_k: number;
  readonly d_v?: number | undefined;
  readonly bias?: boolean | undefined;
}

/**
 * Cross-attention (クロスアテンション), source-target attention (ソースターゲット注意): the queries come from one place, the
 * memory from another.
 *
 *     Q = X W_Q + b_Q                                              (1)
 *     K = M W_K + b_K,  V = M W_V + b_V                            (2)
 *     CrossAttention(Q, K, V) = softmax(Q Kᵀ / √d_k) V             (3)
 *
 *     query X (n_q, d_x)   memory M (n_k, d_m)   →   output (n_q, d_v), weights (n_q, n_k)
 *     X the decoder's n_q states of d_x features, M the encoder's n_k states of d_m; W_Q (d_x, d_k), W_K (d_m, d_k), W_V (d_m, d_v);
 *     d_k and d_v features of a projected key and value; the biases b are one row, or absent
 *
 * The query side asks and sets the length of the output; exchanging the two exchanges the axes of the
 * weights. No memory: zeros.
 * Cost: n_q·d_x·d_k + n_k·d_m·(d_k + d_v) + n_q·n_k·(d_k + d_v) multiply-adds: linear in n_k while n_q is
 * fixed.
 * Errors: RangeError unless `query` fits W_Q and `memory` fits W_K and W_V.
 * Source: Vaswani et al. 2017 §3.2.3, "encoder-decoder attention", arXiv 1706.03762; D-CROSS, D-ATT.
 */
export class CrossAttention {
  readonly head: AttentionHead;

  constructor(head: AttentionHead) {
    checkHead("CrossAttention", "head", head);
    checkMatrix("CrossAttention", "head.W_V", head.W_V, { rows: head.W_K.rows });
    this.head = head;
  }

  static random({ d_query, d_memory, d_k, d_v, bias }: CrossAttentionWidths, random: Random): CrossAttention {
    checkInteger("CrossAttention.random", "d_memory", d_memory, 1);
    return new CrossAttention(
      randomHead({ d_query, d_key: d_memory, d_value: d_memory, d_k, d_v, bias }, random),
    );
  }

  forward(query: Matrix, memory: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = this.head;
    checkMatrix("CrossAttention.forward", "query", query, { cols: W_Q.rows });
    checkMatrix("CrossAttention.forward", "memory", memory, { cols: W_K.rows });
    const Q = linear(query, W_Q, b_Q); //                                        (1) (n_q, d_k)
    const K = linear(memory, W_K, b_K); //                                       (2) (n_k, d_k)
    const V = linear(memory, W_V, b_V); //                                       (2) (n_k, d_v)
    return new ScaledDotProductAttention().forward(Q, K, V, options); //         (3) (n_q, d_v)
  }
}
