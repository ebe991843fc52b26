import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkInteger, checkMatrix, fromFunction, uniform } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul, matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Bilinear attention (双線形注意): a learned matrix stands between query and key, Luong's `general`.
 *
 *     S[i,j] = q_iᵀ W_a k_j                        (1)
 *     A[i,·] = softmax(S[i,·])                     (2)
 *     o_i    = Σ_j A[i,j] v_j                      (3)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, d_q, d_k and d_v features; W_a (d_q, d_k), which may be rectangular
 *
 * W_a = I is the dot product; W_a = W_Q W_Kᵀ is the dot product of two projections.
 * In the paper q_i is the decoder's current state h_t and k_j = v_j the encoder's h̄_s; its read-out h̃_t =
 * tanh(W_c [o_i ‖ q_i]) comes after. No keys, or none allowed: zeros. Cost: n_q·d_q·d_k + n_q·n_k·(d_k + d_v)
 * multiply-adds.
 * Errors: RangeError unless Q has W_a's rows as columns, K has W_a's columns, and V has K's rows.
 * Source: Luong et al. 2015 §3.1 (`general`), parameters from U(−0.1, 0.1) as in §4.1; arXiv 1508.04025.
 * D-ATT.
 */
export class BilinearAttention {
  readonly W_a: Matrix;

  constructor({ W_a }: { W_a: Matrix }) {
    checkMatrix("BilinearAttention", "W_a", W_a);
    this.W_a = W_a;
  }

  static random({ d_q, d_k }: { d_q: number; d_k: number }, random: Random): BilinearAttention {
    checkInteger("BilinearAttention.random", "d_q", d_q, 1);
    checkInteger("BilinearAttention.random", "d_k", d_k, 1);
    return new BilinearAttention({ W_a: fromFunction(d_q, d_k, uniform(0.1, random)) });
  }

  /**
   * F alone, bound to this object, so that it can be handed on: `new HardAttention({ score: attention.score
   * })`.
   */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    checkMatrix("BilinearAttention.score", "Q", Q, { cols: this.W_a.rows });
    checkMatrix("BilinearAttention.score", "K", K, { cols: this.W_a.cols });
    return matmulTransposed(matmul(Q, this.W_a), K); //        (1) (n_q, n_k)
  };

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K);
    checkMatrix("BilinearAttention.forward", "V", V, { rows: K.rows });
    const A = softmaxRows(maskScores(S, options)); //          (2) rows sum to 1
    return { output: mix(A, V), weights: A }; //               (3) (n_q, d_v)
  }
}
