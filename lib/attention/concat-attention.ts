import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkInteger, checkOptions, checkShapes, fromFunction, matrix, uniform } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { pairRows } from "../kernels/pair-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * The widths of a fresh concat attention: features of a query and of a key, and the units n' of the layer.
 */
export interface ConcatWidths {
  readonly d_q: number;
  readonly d_k: number;
  readonly units: number;
}

/**
 * Additive attention (加法注意), as the study note writes it: Softmax(FFN(concat(query, Key))) · Value. Luong's
 * `concat`.
 *
 *     h[i,j] = tanh([q_i ‖ k_j] W_a + b_a)         (1)
 *     S[i,j] = h[i,j] v_a                          (2)
 *     A[i,·] = softmax(S[i,·])                     (3)
 *     o_i    = Σ_j A[i,j] v_j                      (4)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     W_a (d_q + d_k, n'), the query's rows first   v_a (n', 1), which is not one of the values v_j
 *     b_a (1, n') or absent, as in both papers
 *     n_q queries i, n_k keys j, n' units of the layer; each d is a number of features
 *
 * When W_a is the W_a of `AdditiveAttention` above its U_a, both give the same scores; this form takes more
 * work and memory. A query without keys, or without allowed ones, gets zeros.
 * Cost: n_q·n_k·((d_q + d_k + 1)·n' + d_v) multiply-adds, n_q·n_k·n' tanh, and as many numbers held.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014 §3.1, arXiv 1409.0473; Luong et al. 2015 §3.1 (`concat`), initial values §4.1,
 * arXiv 1508.04025. Study note, docs/attention.md.
 */
export class ConcatAttention {
  readonly W_a: Matrix;
  readonly v_a: Matrix;
  readonly b_a: Matrix | undefined;

  constructor(parts: { W_a: Matrix; v_a: Matrix; b_a?: Matrix | undefined }) {
    checkOptions("ConcatAttention", parts, ["W_a", "v_a", "b_a"], "parts");
    const { W_a, v_a, b_a } = parts;
    checkShapes("ConcatAttention", {
      W_a: [W_a, "d_q + d_k", "n'"],
      v_a: [v_a, "n'", 1],
      "b_a?": [b_a, 1, "n'"],
    });
    this.W_a = W_a;
    this.v_a = v_a;
    this.b_a = b_a;
  }

  /** Fresh W_a and v_a from U(−0.1, 0.1), without b_a. */
  static random(widths: ConcatWidths, random: Random): ConcatAttention {
    const where = "ConcatAttention.random";
    checkOptions(where, widths, ["d_q", "d_k", "units"], "widths");
    const { d_q, d_k, units } = widths;
    checkInteger(where, "d_q", d_q, 1);
    checkInteger(where, "d_k", d_k, 1);
    checkInteger(where, "units", units, 1);
    const sample = uniform(0.1, random);
    const W_a = fromFunction(d_q + d_k, units, sample);
    const v_a = fromFunction(units, 1, sample);
    return new ConcatAttention({ W_a, v_a });
  }

  /** F alone: (1) and (2). It is bound to this object, so `new HardAttention({ score: x.score })` works. */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    const where = "ConcatAttention.score";
    const { n_q, n_k, d_q, d_k } = checkShapes(where, { Q: [Q, "n_q", "d_q"], K: [K, "n_k", "d_k"] });
    if (d_q + d_k !== this.W_a.rows) {
      const rule = `must have W_a.rows = ${this.W_a.rows} columns together`;
      throw new RangeError(`${where}: Q and K ${rule}; got ${d_q} + ${d_k}`);
    }

    const h = tanh(linear(pairRows(Q, K), this.W_a, this.b_a)); //    (1) (n_q·n_k, n')
    const S = matmul(h, this.v_a); //                                 (2) (n_q·n_k, 1)
    return matrix(n_q, n_k, S.data);
  };

  /** Equations (1) to (4). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const S = this.score(Q, K); //                                    (2) (n_q, n_k)
    checkShapes("ConcatAttention.forward", { V: [V, K.rows, "d_v"] });
    const A = softmaxRows(maskScores(S, options)); //                 (3) (n_q, n_k), rows sum to 1
    return { output: mix(A, V), weights: A }; //                      (4) (n_q, d_v)
  }
}
