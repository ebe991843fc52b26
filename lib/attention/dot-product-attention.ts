import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkShapes } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Dot-product attention (内積注意), Softmax(query · Key) · Value: Luong's `dot`, without a scale.
 *
 *     S[i,j] = q_i · k_j                           (1)
 *     A[i,·] = softmax(S[i,·])                     (2)
 *     o_i    = Σ_j A[i,j] v_j                      (3)
 *
 *     Q (n_q, d)   K (n_k, d)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, d features of a query and of a key, d_v of a value
 *
 * In the paper q_i is the decoder's current state h_t, and k_j = v_j is the encoder's state h̄_s. The paper's
 * read-out h̃_t = tanh(W_c [o_i ‖ q_i]) comes after this. A query without keys, or without allowed ones, gets
 * zeros. Cost: n_q·n_k·(d + d_v) multiply-adds.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation" §3.1; arXiv
 * 1508.04025. Study note, docs/attention.md.
 */
export class DotProductAttention {
  /** F alone: equation (1). It is bound to this object, so `new HardAttention({ score: x.score })` works. */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    checkShapes("DotProductAttention.score", { Q: [Q, "n_q", "d"], K: [K, "n_k", "d"] });
    return matmulTransposed(Q, K); //                     (1) (n_q, n_k)
  };

  /** Equations (1) to (3). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K); //                        (1) (n_q, n_k)
    checkShapes("DotProductAttention.forward", { V: [V, K.rows, "d_v"] });
    const A = softmaxRows(maskScores(S, options)); //     (2) (n_q, n_k), rows sum to 1
    return { output: mix(A, V), weights: A }; //          (3) (n_q, d_v)
  }
}
