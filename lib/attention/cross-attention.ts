import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { checkHead, project, randomHead } from "./heads.ts";
import { checkInteger, checkOptions, checkShapes } from "../matrix.ts";

/**
 * The widths of a fresh cross-attention: of the query side, of the memory and of the projections.
 * Defaults: d_v is d_k; no bias.
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
 * memory of keys and values from another.
 *
 *     Q = X W_Q + b_Q                                              (1)
 *     K = M W_K + b_K,  V = M W_V + b_V                            (2)
 *     CrossAttention(Q, K, V) = softmax(Q Kᵀ / √d_k) V             (3)
 *
 *     X = query (n_q, d_x)   M = memory (n_k, d_m)   →   output (n_q, d_v), weights (n_q, n_k)
 *     W_Q (d_x, d_k)   W_K (d_m, d_k)   W_V (d_m, d_v); each bias b is one row, or absent
 *     n_q states of the decoder, n_k states of the encoder; d_x features of the first, d_m of the second,
 *     d_k of a projected query and key, d_v of a projected value
 *
 * The number of queries is the length of the output. When the two sides are exchanged, the axes of the
 * weights are exchanged too. An empty memory gives zeros.
 * Cost: n_q·d_x·d_k + n_k·d_m·(d_k + d_v) + n_q·n_k·(d_k + d_v) multiply-adds, which is linear in n_k for a
 * fixed n_q.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.3, "encoder-decoder attention", arXiv 1706.03762; study notes,
 * docs/cross-attention.md and docs/attention.md.
 */
export class CrossAttention {
  readonly head: AttentionHead;

  constructor(head: AttentionHead) {
    const where = "CrossAttention";
    checkHead(where, "head", head);
    const { W_K, W_V } = head;
    checkShapes(where, { "head.W_K": [W_K, "d_m", "d_k"], "head.W_V": [W_V, "d_m", "d_v"] });
    this.head = head;
  }

  /** Fresh projections from `randomHead`. The biases, if any, are zeros. */
  static random(widths: CrossAttentionWidths, random: Random): CrossAttention {
    const where = "CrossAttention.random";
    checkOptions(where, widths, ["d_query", "d_memory", "d_k", "d_v", "bias"], "widths");
    const { d_query, d_memory, d_k, d_v, bias } = widths;
    checkInteger(where, "d_memory", d_memory, 1);
    const head = { d_query, d_key: d_memory, d_value: d_memory, d_k, d_v, bias };
    return new CrossAttention(randomHead(head, random));
  }

  /**
   * Equations (1) to (3). `allow` hides the memory from queries; `bias` (n_q, n_k) is added to the scores.
   */
  forward(query: Matrix, memory: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const where = "CrossAttention.forward";
    const { W_Q, W_K } = this.head;
    checkShapes(where, { query: [query, "n_q", W_Q.rows], memory: [memory, "n_k", W_K.rows] });

    const { Q, K, V } = project(where, this.head, {
      Q: query, //                                                         (1) (n_q, d_k)
      K: memory, //                                                        (2) (n_k, d_k)
      V: memory, //                                                        (2) (n_k, d_v)
    });
    return new ScaledDotProductAttention().forward(Q, K, V, options); //   (3) (n_q, d_v)
  }
}
