import type { ConcatAttention } from "../attention/concat-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { ScoredGradient, ScoredInputs } from "./dot-product-gradient.ts";
import { checkOptions, checkShapes, matrix } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedMultiply, maskedProduct } from "../kernels/masked-product.ts";
import { mix } from "../kernels/mix.ts";
import { pairRows, pairRowsGradient } from "../kernels/pair-rows.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { tanh } from "../kernels/activations.ts";
import { tanhSlope } from "../kernels/slopes.ts";
import { transpose } from "../kernels/transpose.ts";

/** The gradients of a concat attention; those of its weights stand under their names. */
export interface ConcatGradient extends ScoredGradient {
  readonly parameters: { readonly W_a: Matrix; readonly v_a: Matrix; readonly b_a: Matrix | undefined };
}

/**
 * Concat attention, backwards (連結による加法注意の逆伝播): O = A V, A = softmax(S), S[i,j] = tanh(U[i,j]) v_a.
 *
 *     C[i,j] = [q_i ‖ k_j],  U = C W_a + b_a,  h = tanh(U)              (1)
 *     dV = Aᵀ dO                                                        (2)
 *     dA = dO Vᵀ, only where A[i,j] ≠ 0                                 (3)
 *     dS = A ∘ (dA − rowsum(A ∘ dA))                                    (4)
 *     dh = dS v_aᵀ,  dv_a = hᵀ dS                                       (5)
 *     dU = dh ∘ (1 − h²)                                                (6)
 *     dC = dU W_aᵀ,  dW_a = Cᵀ dU,  db_a = Σ_i,j dU[i,j]                (7)
 *     [dq_i ‖ ·] = Σ_j dC[i,j],  [· ‖ dk_j] = Σ_i dC[i,j]               (8)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   dO (n_q, d_v)
 *     W_a (d_q + d_k, n')   v_a (n', 1)   b_a (1, n')   →   dQ, dK, dV, dW_a, dv_a, db_a of their shapes,
 *     dBias = dS (n_q, n_k); in (5) to (8) a pair i, j is a row: C (n_q·n_k, d_q + d_k), U and h (n_q·n_k, n')
 *
 * What is masked gets exactly 0 and is never read. Where h is near ±1, 1 − h² is near 0: a saturated pair
 * teaches W_a nothing. Cost: about three times the forward pass, and as many numbers held.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Luong et al. 2015 §3.1 (`concat`), arXiv 1508.04025, differentiated; study note, docs/attention.md.
 */
export function concatGradient(
  attention: ConcatAttention,
  inputs: ScoredInputs,
  dO: Matrix,
): ConcatGradient {
  checkOptions("concatGradient", inputs, ["Q", "K", "V", "allow", "bias"], "inputs");
  const { Q, K, V, allow, bias } = inputs;
  const { W_a, v_a, b_a } = attention;
  const { n_q, n_k, d_q } = checkShapes("concatGradient", {
    Q: [Q, "n_q", "d_q"],
    K: [K, "n_k", "d_k"],
    V: [V, "n_k", "d_v"],
    dO: [dO, "n_q", "d_v"],
  });
  const { weights: A } = attention.forward(Q, K, V, { allow, bias });
  const C = pairRows(Q, K); //                                 (1) (n_q·n_k, d_q + d_k)
  const h = tanh(linear(C, W_a, b_a)); //                      (1) (n_q·n_k, n')

  const dV = mix(transpose(A), dO); //                         (2) (n_k, d_v)
  const dA = maskedProduct(dO, V, A); //                       (3) (n_q, n_k)
  const dS = softmaxGradientRows(A, dA); //                    (4) (n_q, n_k)
  const pairs = matrix(n_q * n_k, 1, dS.data);
  const toLayer = linearGradient(h, v_a, pairs); //            (5) (n_q·n_k, n'), (n', 1)
  const dU = maskedMultiply(toLayer.dX, tanhSlope(h)); //      (6) (n_q·n_k, n')
  const toPairs = linearGradient(C, W_a, dU); //               (7) (n_q·n_k, d_q + d_k)
  const { dQ, dK } = pairRowsGradient(toPairs.dX, { n_q, n_k, d_q }); // (8) (n_q, d_q), (n_k, d_k)
  const parameters = { W_a: toPairs.dW, v_a: toLayer.dW, b_a: b_a && toPairs.db };
  return { dQ, dK, dV, dBias: dS, parameters };
}
