import type { BilinearAttention } from "../attention/bilinear-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { ScoredGradient, ScoredInputs } from "./dot-product-gradient.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedProduct } from "../kernels/masked-product.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { transpose } from "../kernels/transpose.ts";

/** The gradients of a bilinear attention; those of its weights stand under their names. */
export interface BilinearGradient extends ScoredGradient {
  readonly parameters: { readonly W_a: Matrix };
}

/**
 * Bilinear attention, backwards (双線形注意の逆伝播): O = A V, A = softmax(S), S = P Kᵀ with P = Q W_a.
 *
 *     dV = Aᵀ dO                                                        (1)
 *     dA = dO Vᵀ, only where A[i,j] ≠ 0                                 (2)
 *     dS = A ∘ (dA − rowsum(A ∘ dA))                                    (3)
 *     dP = dS K                                                         (4)
 *     dK = dSᵀ P                                                        (5)
 *     dQ = dP W_aᵀ,  dW_a = Qᵀ dP                                       (6)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   dO (n_q, d_v)   W_a (d_q, d_k)
 *     →   dQ, dK, dV and dW_a of their shapes, dBias = dS (n_q, n_k)
 *
 * What is masked gets exactly 0 and is never read. Errors: RangeError unless the shapes agree as above.
 * Source: Luong et al. 2015 §3.1, "general", arXiv 1508.04025, differentiated; study note, docs/attention.md.
 */
export function bilinearGradient(
  attention: BilinearAttention,
  inputs: ScoredInputs,
  dO: Matrix,
): BilinearGradient {
  checkOptions("bilinearGradient", inputs, ["Q", "K", "V", "allow", "bias"], "inputs");
  const { Q, K, V, allow, bias } = inputs;
  const { W_a } = attention;
  checkShapes("bilinearGradient", {
    W_a: [W_a, "d_q", "d_k"],
    Q: [Q, "n_q", "d_q"],
    K: [K, "n_k", "d_k"],
    V: [V, "n_k", "d_v"],
    dO: [dO, "n_q", "d_v"],
  });
  const { weights: A } = attention.forward(Q, K, V, { allow, bias });
  const P = matmul(Q, W_a);

  const dV = mix(transpose(A), dO); //                               (1) (n_k, d_v)
  const dA = maskedProduct(dO, V, A); //                             (2) (n_q, n_k)
  const dS = softmaxGradientRows(A, dA); //                          (3) (n_q, n_k)
  const dP = mix(dS, K); //                                          (4) (n_q, d_k)
  const dK = mix(transpose(dS), P); //                               (5) (n_k, d_k)
  const { dX: dQ, dW: dW_a } = linearGradient(Q, W_a, dP); //        (6) (n_q, d_q), (d_q, d_k)
  return { dQ, dK, dV, dBias: dS, parameters: { W_a: dW_a } };
}
