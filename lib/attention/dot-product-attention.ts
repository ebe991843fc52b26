import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkMatrix } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Dot-product attention (内積注意): query and key are simply multiplied, Softmax(query · Key) · Value. Luong's
 * `dot`, without a scale.
 *
 *     S[i,j] = q_i · k_j                           (1)
 *     A[i,·] = softmax(S[i,·])                     (2)
 *     o_i    = Σ_j A[i,j] v_j                      (3)
 *
 *     Q (n_q, d)   K (n_k, d)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, d features of a query and of a key, d_v of a value
 *
 * In the paper q_i is the decoder's current state h_t and k_j = v_j the encoder's h̄_s; its read-out h̃_t =
 * tanh(W_c [o_i ‖ q_i]) comes after. No keys, or none allowed: zeros. Cost: n_q·n_k·(d + d_v) multiply-adds.
 * Errors: RangeError unless K has Q's columns and V has K's rows.
 * Source: Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation" §3.1; arXiv
 * 1508.04025. D-ATT.
 */
export class DotProductAttention {
  /**
   * F alone, bound to this object, so that it can be handed on: `new HardAttention({ score: attention.score
   * })`.
   */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    checkMatrix("DotProductAttention.score", "Q", Q);
    checkMatrix("DotProductAttention.score", "K", K, { cols: Q.cols });
    return matmulTransposed(Q, K); //                          (1) (n_q, n_k)
  };

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K);
    checkMatrix("DotProductAttention.forward", "V", V, { rows: K.rows });
    const A = softmaxRows(maskScores(S, options)); //          (2) rows sum to 1
    return { output: mix(A, V), weights: A }; //               (3) (n_q, d_v)
  }
}
