import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { additiveScores } from "../kernels/additive-scores.ts";
import { checkInteger, checkOptions, checkShapes, fromFunction, gaussian, matrix } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * The widths of a fresh additive attention: features of a query and of a key, and the units n' of the layer.
 */
export interface AdditiveWidths {
  readonly d_q: number;
  readonly d_k: number;
  readonly units: number;
}

/**
 * Additive attention (加法注意), split form: query and key are projected apart and meet in one tanh layer.
 *
 *     P = Q W_a,  R = K U_a                        (1)
 *     S[i,j] = v_aᵀ tanh(P[i,·] + R[j,·])          (2)
 *     A[i,·] = softmax(S[i,·])                     (3)
 *     o_i    = Σ_j A[i,j] v_j                      (4)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     W_a (d_q, n')   U_a (d_k, n')   v_a (n', 1), which is not one of the values v_j
 *     n_q queries i, n_k keys j, n' units of the layer; each d is a number of features
 *
 * `ConcatAttention`, with W_a above U_a in one matrix, computes the same function; here R is computed once
 * for all queries. In the paper q_i is the decoder's previous state s_{i−1}, and k_j = v_j = h_j is the
 * encoder's state of both directions. A query without keys, or without allowed ones, gets zeros.
 * Cost: n_q·d_q·n' + n_k·d_k·n' + n_q·n_k·(n' + d_v) multiply-adds and n_q·n_k·n' tanh.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014 §3.1 and App. A.1.2, initial values App. B.1; arXiv 1409.0473. Study note,
 * docs/attention.md.
 */
export class AdditiveAttention {
  readonly W_a: Matrix;
  readonly U_a: Matrix;
  readonly v_a: Matrix;

  constructor(parts: { W_a: Matrix; U_a: Matrix; v_a: Matrix }) {
    checkOptions("AdditiveAttention", parts, ["W_a", "U_a", "v_a"], "parts");
    const { W_a, U_a, v_a } = parts;
    checkShapes("AdditiveAttention", {
      W_a: [W_a, "d_q", "n'"],
      U_a: [U_a, "d_k", "n'"],
      v_a: [v_a, "n'", 1],
    });
    this.W_a = W_a;
    this.U_a = U_a;
    this.v_a = v_a;
  }

  /** Fresh W_a and U_a from N(0, 0.001²), and v_a = 0, so that attention starts exactly uniform. */
  static random(widths: AdditiveWidths, random: Random): AdditiveAttention {
    const where = "AdditiveAttention.random";
    checkOptions(where, widths, ["d_q", "d_k", "units"], "widths");
    const { d_q, d_k, units } = widths;
    checkInteger(where, "d_q", d_q, 1);
    checkInteger(where, "d_k", d_k, 1);
    checkInteger(where, "units", units, 1);
    const normal = gaussian(random);
    const W_a = fromFunction(d_q, units, () => 0.001 * normal());
    const U_a = fromFunction(d_k, units, () => 0.001 * normal());
    return new AdditiveAttention({ W_a, U_a, v_a: matrix(units, 1) });
  }

  /** F alone: (1) and (2). It is bound to this object, so `new HardAttention({ score: x.score })` works. */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    const { W_a, U_a, v_a } = this;
    checkShapes("AdditiveAttention.score", { Q: [Q, "n_q", W_a.rows], K: [K, "n_k", U_a.rows] });
    const P = matmul(Q, W_a); //                          (1) (n_q, n')
    const R = matmul(K, U_a); //                          (1) (n_k, n')
    return additiveScores(P, R, v_a); //                  (2) (n_q, n_k)
  };

  /** Equations (1) to (4). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K); //                        (2) (n_q, n_k)
    checkShapes("AdditiveAttention.forward", { V: [V, K.rows, "d_v"] });
    const A = softmaxRows(maskScores(S, options)); //     (3) (n_q, n_k), rows sum to 1
    return { output: mix(A, V), weights: A }; //          (4) (n_q, d_v)
  }
}
