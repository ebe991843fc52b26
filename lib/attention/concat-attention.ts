import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkInteger, checkMatrix, fromFunction, matrix, uniform } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { pairRows } from "../kernels/pair-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * Additive attention (加法注意), as D-ATT writes it: Softmax(FFN(concat(query, Key))) · Value. Luong's `concat`.
 *
 *     h[i,j] = tanh([q_i ‖ k_j] W_a + b_a)         (1)
 *     S[i,j] = h[i,j] v_a                          (2)
 *     A[i,·] = softmax(S[i,·])                     (3)
 *     o_i    = Σ_j A[i,j] v_j                      (4)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, n' units of the layer; W_a (d_q + d_k, n'), the query's rows first, v_a (n', 1), not to be confused with
 *     the values v_j; b_a (1, n') or absent, as in both papers
 *
 * The rows of W_a are `AdditiveAttention`'s W_a over its U_a: then both give the same scores, this one with
 * more work and memory. No keys, or none allowed: zeros. Cost: n_q·n_k·((d_q + d_k + 1)·n' + d_v)
 * multiply-adds, n_q·n_k·n' tanh, and as many numbers held.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014 §3.1, arXiv 1409.0473; Luong et al. 2015 §3.1 (`concat`), §4.1: U(−0.1, 0.1);
 * arXiv 1508.04025. D-ATT.
 */
export class ConcatAttention {
  readonly W_a: Matrix;
  readonly v_a: Matrix;
  readonly b_a: Matrix | undefined;

  constructor({ W_a, v_a, b_a }: { W_a: Matrix; v_a: Matrix; b_a?: Matrix | undefined }) {
    checkMatrix("ConcatAttention", "W_a", W_a);
    checkMatrix("ConcatAttention", "v_a", v_a, { rows: W_a.cols, cols: 1 });
    if (b_a !== undefined) checkMatrix("ConcatAttention", "b_a", b_a, { rows: 1, cols: W_a.cols });
    this.W_a = W_a;
    this.v_a = v_a;
    this.b_a = b_a;
  }

  static random(
    { d_q, d_k, units }: { d_q: number; d_k: number; units: number },
    random: Random,
  ): ConcatAttention {
    checkInteger("ConcatAttention.random", "d_q", d_q, 1);
    checkInteger("ConcatAttention.random", "d_k", d_k, 1);
    checkInteger("ConcatAttention.random", "units", units, 1);
    const sample = uniform(0.1, random);
    return new ConcatAttention({
      W_a: fromFunction(d_q + d_k, units, sample),
      v_a: fromFunction(units, 1, sample),
    });
  }

  /**
   * F alone, bound to this object, so that it can be handed on: `new HardAttention({ score: attention.score
   * })`.
   */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    checkMatrix("ConcatAttention.score", "Q", Q);
    checkMatrix("ConcatAttention.score", "K", K);
    const d = this.W_a.rows;
    if (Q.cols + K.cols !== d) {
      throw new RangeError(
        `ConcatAttention.score: Q and K must have W_a.rows = ${d} columns together; got ${Q.cols} + ` +
          `${K.cols}`,
      );
    }
    const h = tanh(linear(pairRows(Q, K), this.W_a, this.b_a)); // (1) (n_q·n_k, n')
    const S = matmul(h, this.v_a); //                              (2) (n_q·n_k, 1)
    return matrix(Q.rows, K.rows, S.data);
  };

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K);
    checkMatrix("ConcatAttention.forward", "V", V, { rows: K.rows });
    const A = softmaxRows(maskScores(S, options)); //              (3) rows sum to 1
    return { output: mix(A, V), weights: A }; //                   (4) (n_q, d_v)
  }
}
