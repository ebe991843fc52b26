import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { DotProductAttention } from "../attention/dot-product-attention.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { maskedProduct } from "../kernels/masked-product.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { transpose } from "../kernels/transpose.ts";

/** What went into an attention by a score function: sources, mask and bias. */
export interface ScoredInputs extends ScoreOptions {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
}

/** The gradients of queries, keys and values, and of the scores (n_q, n_k), which are those of a bias. */
export interface ScoredGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
  readonly dBias: Matrix;
}

/**
 * Dot-product attention, backwards (内積注意の逆伝播): O = A V, A = softmax(Q Kᵀ).
 *
 *     dV = Aᵀ dO                                                        (1)
 *     dA = dO Vᵀ, only where A[i,j] ≠ 0                                 (2)
 *     dS = A ∘ (dA − rowsum(A ∘ dA))                                    (3)
 *     dQ = dS K                                                         (4)
 *     dK = dSᵀ Q                                                        (5)
 *
 *     Q (n_q, d)   K (n_k, d)   V (n_k, d_v)   dO (n_q, d_v)   →   dQ, dK, dV of their shapes, dBias = dS (n_q, n_k)
 *
 * Without 1/√d the scores grow with d; the softmax decides, and dS is nearly 0. What is masked gets exactly 0
 * and is never read. Cost: n_q·n_k·(3·d + 2·d_v) multiply-adds. Errors: RangeError unless the shapes agree as
 * above.
 * Source: Luong et al. 2015 §3.1, arXiv 1508.04025, differentiated; study note, docs/attention.md.
 */
export function dotProductGradient(inputs: ScoredInputs, dO: Matrix): ScoredGradient {
  checkOptions("dotProductGradient", inputs, ["Q", "K", "V", "allow", "bias"], "inputs");
  const { Q, K, V, allow, bias } = inputs;
  checkShapes("dotProductGradient", {
    Q: [Q, "n_q", "d"],
    K: [K, "n_k", "d"],
    V: [V, "n_k", "d_v"],
    dO: [dO, "n_q", "d_v"],
  });
  const { weights: A } = new DotProductAttention().forward(Q, K, V, { allow, bias });

  const dV = mix(transpose(A), dO); //             (1) (n_k, d_v)
  const dA = maskedProduct(dO, V, A); //           (2) (n_q, n_k)
  const dS = softmaxGradientRows(A, dA); //        (3) (n_q, n_k)
  const dQ = mix(dS, K); //                        (4) (n_q, d)
  const dK = mix(transpose(dS), Q); //             (5) (n_k, d)
  return { dQ, dK, dV, dBias: dS };
}
