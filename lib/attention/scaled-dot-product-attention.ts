import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkFinite, checkInteger, checkMatrix, checkOptions } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { scale } from "../kernels/entrywise.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Scaled dot-product attention (スケール化内積注意): each query takes the values of the keys that it resembles.
 *
 *     S[i,j]  = q_i · k_j                          (1)
 *     S'[i,j] = S[i,j] / √d_k                      (2)
 *     A[i,·]  = softmax(S'[i,·])                   (3)
 *     o_i     = Σ_j A[i,j] v_j                     (4)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, d_k and d_v features of a key and of a value
 *
 * `scale` replaces 1/√d_k. A bias is added to S', and cells that are not allowed are −∞ in it. No keys, or
 * none allowed: zeros.
 * Cost: n_q·n_k·(d_k + d_v) multiply-adds. Errors: RangeError unless K has Q's columns, at least one, and V
 * has K's rows.
 * Source: Vaswani et al. 2017, "Attention Is All You Need" §3.2.1, Eq. 1; arXiv 1706.03762. D-MHA, steps 1–4;
 * D-CROSS.
 */
export class ScaledDotProductAttention {
  readonly scale: number | undefined;

  constructor(options: { scale?: number | undefined } = {}) {
    checkOptions("ScaledDotProductAttention", options, ["scale"]);
    if (options.scale !== undefined) checkFinite("ScaledDotProductAttention", "scale", options.scale);
    this.scale = options.scale;
  }

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    checkMatrix("ScaledDotProductAttention.forward", "Q", Q);
    checkInteger("ScaledDotProductAttention.forward", "Q.cols", Q.cols, 1); // √0 would divide
    checkMatrix("ScaledDotProductAttention.forward", "K", K, { cols: Q.cols });
    checkMatrix("ScaledDotProductAttention.forward", "V", V, { rows: K.rows });
    const S = matmulTransposed(Q, K); //                                     (1) (n_q, n_k)
    const scaled = scale(S, this.scale ?? 1 / Math.sqrt(K.cols)); //         (2) (n_q, n_k)
    const A = softmaxRows(maskScores(scaled, options)); //                   (3) rows sum to 1
    return { output: mix(A, V), weights: A }; //                             (4) (n_q, d_v)
  }
}
