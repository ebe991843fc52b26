import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { additiveScores } from "../kernels/additive-scores.ts";
import { checkInteger, checkMatrix, fromFunction, gaussian, matrix } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Additive attention (加法注意), split form: query and key are projected apart and meet in one tanh layer.
 *
 *     P = Q W_a,  R = K U_a                        (1)
 *     S[i,j] = v_aᵀ tanh(P[i,·] + R[j,·])          (2)
 *     A[i,·] = softmax(S[i,·])                     (3)
 *     o_i    = Σ_j A[i,j] v_j                      (4)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, n' units of the layer; W_a (d_q, n')   U_a (d_k, n')   v_a (n', 1), not to be confused with the values v_j
 *
 * The same function as `ConcatAttention` with W_a over U_a in one matrix, but R is computed once for all
 * queries. In the paper q_i is the decoder's previous state s_{i−1}, and k_j = v_j = h_j the encoder's states
 * of both directions. No keys, or none allowed: zeros. Cost: n_q·d_q·n' + n_k·d_k·n' + n_q·n_k·(n' + d_v)
 * multiply-adds and n_q·n_k·n' tanh.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014 §3.1 and App. A.1.2; initial values App. B.1: weights from N(0, 0.001²), v_a =
 * 0, so that attention starts exactly uniform; arXiv 1409.0473. D-ATT.
 */
export class AdditiveAttention {
  readonly W_a: Matrix;
  readonly U_a: Matrix;
  readonly v_a: Matrix;

  constructor({ W_a, U_a, v_a }: { W_a: Matrix; U_a: Matrix; v_a: Matrix }) {
    checkMatrix("AdditiveAttention", "W_a", W_a);
    checkMatrix("AdditiveAttention", "U_a", U_a, { cols: W_a.cols });
    checkMatrix("AdditiveAttention", "v_a", v_a, { rows: W_a.cols, cols: 1 });
    this.W_a = W_a;
    this.U_a = U_a;
    this.v_a = v_a;
  }

  static random(
    { d_q, d_k, units }: { d_q: number; d_k: number; units: number },
    random: Random,
  ): AdditiveAttention {
    checkInteger("AdditiveAttention.random", "d_q", d_q, 1);
    checkInteger("AdditiveAttention.random", "d_k", d_k, 1);
    checkInteger("AdditiveAttention.random", "units", units, 1);
    const normal = gaussian(random);
    const W_a = fromFunction(d_q, units, () => 0.001 * normal());
    const U_a = fromFunction(d_k, units, () => 0.001 * normal());
    return new AdditiveAttention({ W_a, U_a, v_a: matrix(units, 1) });
  }

  /**
   * F alone, bound to this object, so that it can be handed on: `new HardAttention({ score: attention.score
   * })`.
   */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    checkMatrix("AdditiveAttention.score", "Q", Q, { cols: this.W_a.rows });
    checkMatrix("AdditiveAttention.score", "K", K, { cols: this.U_a.rows });
    const P = matmul(Q, this.W_a); //                          (1) (n_q, n')
    const R = matmul(K, this.U_a); //                          (1) (n_k, n')
    return additiveScores(P, R, this.v_a); //                  (2) (n_q, n_k)
  };

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K);
    checkMatrix("AdditiveAttention.forward", "V", V, { rows: K.rows });
    const A = softmaxRows(maskScores(S, options)); //          (3) rows sum to 1
    return { output: mix(A, V), weights: A }; //               (4) (n_q, d_v)
  }
}
