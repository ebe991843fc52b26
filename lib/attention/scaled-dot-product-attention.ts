import type { Matrix } from "../matrix.ts";
import type { Normalize } from "./attention.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkFinite, checkFunction, checkInteger, checkOptions, checkShapes } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { scale } from "../kernels/entrywise.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/** What replaces the factor 1/√d_k, and the softmax. */
export interface ScaledDotProductOptions {
  readonly scale?: number | undefined;
  readonly normalize?: Normalize | undefined;
}

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
 * `scale` replaces 1/√d_k, and `normalize` the softmax of (3): sparsemax, or one of one's own. `bias` is
 * added to S'; where `allow` is false, S' is −∞. A query without keys, or without allowed ones, gets
 * zeros. Cost: n_q·n_k·(d_k + d_v) multiply-adds.
 * Errors: RangeError unless the shapes agree as above and d_k ≥ 1.
 * Source: Vaswani et al. 2017, "Attention Is All You Need" §3.2.1, Eq. 1; arXiv 1706.03762. Study notes,
 * docs/multi-head.md, steps 1–4, and docs/cross-attention.md.
 */
export class ScaledDotProductAttention {
  readonly scale: number | undefined;
  readonly normalize: Normalize;

  constructor(options: ScaledDotProductOptions = {}) {
    checkOptions("ScaledDotProductAttention", options, ["scale", "normalize"]);
    const { scale: factor, normalize = softmaxRows } = options;
    if (factor !== undefined) checkFinite("ScaledDotProductAttention", "scale", factor);
    checkFunction("ScaledDotProductAttention", "normalize", normalize, "(S) => Matrix");
    this.scale = factor;
    this.normalize = normalize;
  }

  /** F alone: (1) and (2). It is bound to this object, so `new HardAttention({ score: x.score })` works. */
  readonly score = (Q: Matrix, K: Matrix): Matrix => {
    const where = "ScaledDotProductAttention.score";
    const { d_k } = checkShapes(where, { Q: [Q, "n_q", "d_k"], K: [K, "n_k", "d_k"] });
    checkInteger(where, "Q.cols", d_k, 1); // because √0 would divide
    const S = matmulTransposed(Q, K); //                             (1) (n_q, n_k)
    return scale(S, this.scale ?? 1 / Math.sqrt(d_k)); //            (2) (n_q, n_k)
  };

  /** Equations (1) to (4). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S'. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const where = "ScaledDotProductAttention.forward";
    const { n_q, n_k, d_k } = checkShapes(where, {
      Q: [Q, "n_q", "d_k"],
      K: [K, "n_k", "d_k"],
      V: [V, "n_k", "d_v"],
    });
    checkInteger(where, "Q.cols", d_k, 1); // because √0 would divide

    const scaled = this.score(Q, K); //                              (2) (n_q, n_k)
    const A = this.normalize(maskScores(scaled, options)); //        (3) (n_q, n_k), rows sum to 1
    checkShapes(where, { "normalize(S')": [A, n_q, n_k] });
    return { output: mix(A, V), weights: A }; //                     (4) (n_q, d_v)
  }
}
