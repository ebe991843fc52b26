import type { AdditiveAttention } from "../attention/additive-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { ScoredGradient, ScoredInputs } from "./dot-product-gradient.ts";
import { additiveScoresGradient } from "../kernels/additive-scores-gradient.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedProduct } from "../kernels/masked-product.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { transpose } from "../kernels/transpose.ts";

/** The gradients of an additive attention; those of its weights stand under their names. */
export interface AdditiveGradient extends ScoredGradient {
  readonly parameters: { readonly W_a: Matrix; readonly U_a: Matrix; readonly v_a: Matrix };
}

/**
 * Additive attention, backwards (加法注意の逆伝播): O = A V, A = softmax(S), S[i,j] = v_aᵀ tanh(P_i + R_j).
 *
 *     P = Q W_a,  R = K U_a                                             (1)
 *     dV = Aᵀ dO                                                        (2)
 *     dA = dO Vᵀ, only where A[i,j] ≠ 0                                 (3)
 *     dS = A ∘ (dA − rowsum(A ∘ dA))                                    (4)
 *     dP, dR, dv_a from dS through tanh                                 (5)
 *     dQ = dP W_aᵀ,  dW_a = Qᵀ dP                                       (6)
 *     dK = dR U_aᵀ,  dU_a = Kᵀ dR                                       (7)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   dO (n_q, d_v)   W_a (d_q, n')   U_a (d_k, n')   v_a (n', 1)
 *     →   dQ, dK, dV, dW_a, dU_a, dv_a of their shapes, dBias = dS (n_q, n_k)
 *
 * What is masked gets exactly 0 and is never read. Cost: the scores again, and n_q·n_k·n' hyperbolic tangents
 * more.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014, §A.1.2, arXiv 1409.0473, differentiated; study note, docs/attention.md.
 */
export function additiveGradient(
  attention: AdditiveAttention,
  inputs: ScoredInputs,
  dO: Matrix,
): AdditiveGradient {
  checkOptions("additiveGradient", inputs, ["Q", "K", "V", "allow", "bias"], "inputs");
  const { Q, K, V, allow, bias } = inputs;
  const { W_a, U_a, v_a } = attention;
  checkShapes("additiveGradient", {
    W_a: [W_a, "d_q", "n'"],
    U_a: [U_a, "d_k", "n'"],
    Q: [Q, "n_q", "d_q"],
    K: [K, "n_k", "d_k"],
    V: [V, "n_k", "d_v"],
    dO: [dO, "n_q", "d_v"],
  });
  const { weights: A } = attention.forward(Q, K, V, { allow, bias });
  const P = matmul(Q, W_a); //                                            (1) (n_q, n')
  const R = matmul(K, U_a); //                                            (1) (n_k, n')

  const dV = mix(transpose(A), dO); //                                    (2) (n_k, d_v)
  const dA = maskedProduct(dO, V, A); //                                  (3) (n_q, n_k)
  const dS = softmaxGradientRows(A, dA); //                               (4) (n_q, n_k)
  const { dP, dR, dv: dv_a } = additiveScoresGradient(P, R, v_a, dS); //  (5)
  const { dX: dQ, dW: dW_a } = linearGradient(Q, W_a, dP); //             (6) (n_q, d_q), (d_q, n')
  const { dX: dK, dW: dU_a } = linearGradient(K, U_a, dR); //             (7) (n_k, d_k), (d_k, n')
  return { dQ, dK, dV, dBias: dS, parameters: { W_a: dW_a, U_a: dU_a, v_a: dv_a } };
}
