import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkInteger, checkOptions, checkShapes, fromFunction, uniform } from "../matrix.ts";
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
 *     W_a (d_q, d_k), which need not be square
 *     n_q queries i, n_k keys j; d_q features of a query, d_k of a key, d_v of a value
 *
 * With W_a = I this is the dot product; with W_a = W_Q W_Kᵀ it is the dot product of two projections. In the
 * paper q_i is the decoder's current state h_t, and k_j = v_j is the encoder's state h̄_s. The paper's
 * read-out h̃_t = tanh(W_c [o_i ‖ q_i]) comes after this. A query without keys, or without allowed ones, gets
 * zeros. Cost: n_q·d_q·d_k + n_q·n_k·(d_k + d_v) multiply-adds.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Luong et al. 2015 §3.1 (`general`), initial values as in §4.1; arXiv 1508.04025. Study note,
 * docs/attention.md.
 */
export class BilinearAttention {
  readonly W_a: Matrix;

  constructor(parts: { W_a: Matrix }) {
    checkOptions("BilinearAttention", parts, ["W_a"], "parts");
    const { W_a } = parts;
    checkShapes("BilinearAttention", { W_a: [W_a, "d_q", "d_k"] });
    this.W_a = W_a;
  }

  /** A fresh W_a (d_q, d_k) from U(−0.1, 0.1). */
  static random(widths: { d_q: number; d_k: number }, random: Random): BilinearAttention {
    const where = "BilinearAttention.random";
    checkOptions(where, widths, ["d_q", "d_k"], "widths");
    const { d_q, d_k } = widths;
    checkInteger(where, "d_q", d_q, 1);
    checkInteger(where, "d_k", d_k, 1);
    return new BilinearAttention({ W_a: fromFunction(d_q, d_k, uniform(0.1, random)) });
  }

  /** F alone: equation (1). It is bound to this object, so `new HardAttention({ score: x.score })` works. */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    const { W_a } = this;
    checkShapes("BilinearAttention.score", { Q: [Q, "n_q", W_a.rows], K: [K, "n_k", W_a.cols] });
    return matmulTransposed(matmul(Q, W_a), K); //        (1) (n_q, n_k)
  };

  /** Equations (1) to (3). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K); //                        (1) (n_q, n_k)
    checkShapes("BilinearAttention.forward", { V: [V, K.rows, "d_v"] });
    const A = softmaxRows(maskScores(S, options)); //     (2) (n_q, n_k), rows sum to 1
    return { output: mix(A, V), weights: A }; //          (3) (n_q, d_v)
  }
}
