import type { AttentionHead } from "../attention/heads.ts";
import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import type { SelfAttention } from "../attention/self-attention.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { headGradient } from "./head-gradient.ts";
import { projectSelf } from "../attention/heads.ts";
import { scaledDotProductGradient } from "./scaled-dot-product-gradient.ts";
import { sumOf } from "../kernels/sums.ts";

/** The gradients of a self-attention: of its source, of a bias on the scores, of its weights. */
export interface SelfAttentionGradient {
  readonly dX: Matrix;
  readonly dBias: Matrix;
  readonly parameters: { readonly head: AttentionHead };
}

/**
 * Self-attention, backwards (自己注意の逆伝播): one source, three ways back to it.
 *
 *     Q = X W_Q + b_Q,  K = X W_K + b_K,  V = X W_V + b_V               (1)
 *     dQ, dK, dV from dO, as in `scaledDotProductGradient`              (2)
 *     dX_Q = dQ W_Qᵀ,  dX_K = dK W_Kᵀ,  dX_V = dV W_Vᵀ, and the weights', as in `headGradient`   (3)
 *     dX = dX_Q + dX_K + dX_V                                           (4)
 *
 *     X (n, d)   dO (n, d_v)   →   dX (n, d), dBias (n, n), weights and biases of the shapes in `SelfAttention`
 *     n positions; d features of the source, d_v of a value
 *
 * A position learns as a query from what it read, and as a key and a value from those that read it.
 * Cost: about three times the forward pass. Errors: RangeError unless the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.3, arXiv 1706.03762, differentiated; study note, docs/attention.md.
 */
export function selfAttentionGradient(
  { head }: SelfAttention,
  X: Matrix,
  dO: Matrix,
  options: ScoreOptions = {},
): SelfAttentionGradient {
  const where = "selfAttentionGradient";
  checkOptions(where, options, ["allow", "bias"]);
  checkShapes(where, { X: [X, "n", head.W_Q.rows], dO: [dO, "n", head.W_V.cols] });
  const { Q, K, V } = projectSelf(where, head, X); //                             (1) (n, d_k), (n, d_v)
  const back = scaledDotProductGradient({ Q, K, V, ...options }, dO); //          (2)
  const toX = headGradient(head, { Q: X, K: X, V: X }, back); //                  (3) (n, d)
  const dX = sumOf([toX.dQ, toX.dK, toX.dV]); //                                  (4) (n, d)
  return { dX, dBias: back.dBias, parameters: { head: toX.parameters } };
}
