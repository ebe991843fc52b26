import type { AttentionHead, JoinedHeads } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { MultiHeadWidths } from "./multi-head-attention.ts";
import type { SeenKeys } from "../graph/key-blocks.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { StreamingAttention } from "./streaming-attention.ts";
import { checkInteger } from "../matrix.ts";
import { checkOutput, project } from "./heads.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";

/**
 * Multi-head attention without its maps (マップを作らないマルチヘッド・アテンション), for long texts: each head
 * is a `StreamingAttention`.
 *
 *     Q_i = Q W_i^Q + b_i^Q,  K_i = K W_i^K + b_i^K,  V_i = V W_i^V + b_i^V    (1)
 *     head_i = Attention(Q_i, K_i, V_i), block by block                        (2)
 *     output = Concat(head_1, …, head_h) W^O + b^O                             (3)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   →   output (n_q, d_out)
 *     W_i^Q (d_query, d_k)   W_i^K (d_key, d_k)   W_i^V (d_value, d_v)   W^O (h·d_v, d_out)
 *     n_q queries, n_k keys, h heads i = 1 … h; each d is a number of features
 *
 * The parameters are those of `MultiHeadAttention`, and so is the output, to within 2e-6 of its largest
 * value. All heads see the same keys: all, those up to i + `causal`, or those of `graph`.
 * Errors: RangeError unless the heads are alike and the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.2, arXiv 1706.03762; Dao et al. 2022, arXiv 2205.14135.
 */
export class StreamingMultiHeadAttention {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;

  constructor({ heads, W_O, b_O }: JoinedHeads) {
    checkOutput("StreamingMultiHeadAttention", { heads, W_O, b_O });
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
  }

  /** Fresh projections: those that `MultiHeadAttention.random` draws from the same source. */
  static random(widths: MultiHeadWidths, random: Random): StreamingMultiHeadAttention {
    return new StreamingMultiHeadAttention(MultiHeadAttention.random(widths, random));
  }

  /** Equations (1) to (3). There are no maps to return: `weightsOf` gives a row of one. */
  forward(Q: Matrix, K: Matrix, V: Matrix, seen: SeenKeys = {}): { output: Matrix } {
    const where = "StreamingMultiHeadAttention.forward";
    const attention = new StreamingAttention();

    const heads = this.heads.map((head) => {
      const { Q: Q_i, K: K_i, V: V_i } = project(where, head, { Q, K, V }); // (1)
      return attention.forward(Q_i, K_i, V_i, seen).output; //                 (2) (n_q, d_v)
    });
    return { output: linear(concatColumns(heads), this.W_O, this.b_O) }; //    (3) (n_q, d_out)
  }

  /** The weights (1, n_k) of query i in head m alone, as row i of that head's map would be. */
  weightsOf(i: number, m: number, Q: Matrix, K: Matrix, seen: SeenKeys = {}): Matrix {
    const where = "StreamingMultiHeadAttention.weightsOf";
    checkInteger(where, "m", m, 0, this.heads.length - 1);
    const [head] = this.heads.slice(m, m + 1) as [AttentionHead];
    const { W_Q, W_K, b_Q, b_K } = head;
    return new StreamingAttention().weightsOf(i, linear(Q, W_Q, b_Q), linear(K, W_K, b_K), seen);
  }
}
