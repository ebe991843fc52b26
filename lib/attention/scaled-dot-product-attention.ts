import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkFinite, checkInteger, checkOptions, checkShapes } from "../matrix.ts";
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
 *     n_q queries i, n_k keys j, d_k features of a query and of a key, d_v of a value
 *
 * `scale` replaces 1/√d_k. `bias` is added to S'; where `allow` is false, S' is −∞. A query without keys, or
 * without allowed ones, gets zeros. Cost: n_q·n_k·(d_k + d_v) multiply-adds.
 * Errors: RangeError unless the shapes agree as above and d_k ≥ 1.
 * Source: Vaswani et al. 2017, "Attention Is All You Need" §3.2.1, Eq. 1; arXiv 1706.03762. Study notes,
 * docs/multi-head.md, steps 1–4, and docs/cross-attention.md.
 */
export class ScaledDotProductAttention {
  readonly scale: number | undefined;

  constructor(options: { scale?: number | undefined } = {}) {
    checkOptions("ScaledDotProductAttention", options, ["scale"]);
    if (options.scale !== undefined) checkFinite("ScaledDotProductAttention", "scale", options.scale);
    this.scale = options.scale;
  }

  /** Equations (1) to (4). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S'. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const where = "ScaledDotProductAttention.forward";
    const { d_k } = checkShapes(where, { Q: [Q, "n_q", "d_k"], K: [K, "n_k", "d_k"], V: [V, "n_k", "d_v"] });
    checkInteger(where, "Q.cols", d_k, 1); // because √0 would divide

    const S = matmulTransposed(Q, K); //                             (1) (n_q, n_k)
    const scaled = scale(S, this.scale ?? 1 / Math.sqrt(d_k)); //    (2) (n_q, n_k)
    const A = softmaxRows(maskScores(scaled, options)); //           (3) (n_q, n_k), rows sum to 1
    return { output: mix(A, V), weights: A }; //                     (4) (n_q, d_v)
  }
}
