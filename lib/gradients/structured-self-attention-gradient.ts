import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import type { StructuredSelfAttention } from "../attention/structured-self-attention.ts";
import { add, scale, subtract } from "../kernels/entrywise.ts";
import { checkFinite, checkShapes, identity } from "../matrix.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedMultiply, maskedProduct } from "../kernels/masked-product.ts";
import { matmul, matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { tanh } from "../kernels/activations.ts";
import { tanhSlope } from "../kernels/slopes.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * The gradients of a structured self-attention: of the hidden states, of a bias on the scores, of its
 * weights.
 */
export interface StructuredGradient {
  readonly dH: Matrix;
  readonly dBias: Matrix;
  readonly parameters: { readonly W_s1: Matrix; readonly W_s2: Matrix };
}

/**
 * Structured self-attention, backwards (構造化自己注意の逆伝播), with the penalty that keeps its rows apart.
 *
 *     h = tanh(H W_s1),  A = softmax((h W_s2)ᵀ)                         (1)
 *     dA = dM Hᵀ, only where A[i,j] ≠ 0,  + 4 dP (A Aᵀ − I) A           (2)
 *     dS = A ∘ (dA − rowsum(A ∘ dA))                                    (3)
 *     dh = dSᵀ W_s2ᵀ,  dW_s2 = hᵀ dSᵀ                                   (4)
 *     dU = dh ∘ (1 − h²)                                                (5)
 *     dH = Aᵀ dM + dU W_s1ᵀ,  dW_s1 = Hᵀ dU                             (6)
 *
 *     H (n, 2u)   dM (r, 2u), the gradient of M   dP, the gradient of the penalty, one number; 0 unless given
 *     →   dH (n, 2u), dW_s1 (2u, d_a), dW_s2 (d_a, r), dBias = dS (r, n)
 *     n positions, 2u features, d_a units, r rows of attention; the other letters as in `StructuredSelfAttention`
 *
 * The penalty reaches the weights only through A: it moves where the rows look, not what they find there.
 * What is masked gets exactly 0 and is never read. Cost: about three times the forward pass.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Lin et al. 2017 §2.1–2.2, Eq. 6–8, arXiv 1703.03130, differentiated; study note, docs/attention.md.
 */
export function structuredSelfAttentionGradient(
  attention: StructuredSelfAttention,
  H: Matrix,
  { dM, dP = 0 }: { readonly dM: Matrix; readonly dP?: number | undefined },
  options: ScoreOptions = {},
): StructuredGradient {
  const where = "structuredSelfAttentionGradient";
  const { W_s1, W_s2 } = attention;
  checkShapes(where, { H: [H, "n", W_s1.rows], dM: [dM, W_s2.cols, W_s1.rows] });
  checkFinite(where, "dP", dP);
  const { weights: A } = attention.forward(H, options); //                  (1) (r, n)
  const h = tanh(matmul(H, W_s1)); //                                       (1) (n, d_a)

  const apart = subtract(matmulTransposed(A, A), identity(A.rows));
  const dA_P = scale(matmul(apart, A), 4 * dP);
  const dA = add(maskedProduct(dM, H, A), dA_P); //                         (2) (r, n)
  const dS = softmaxGradientRows(A, dA); //                                 (3) (r, n)
  const toLayer = linearGradient(h, W_s2, transpose(dS)); //                (4) (n, d_a), (d_a, r)
  const dU = maskedMultiply(toLayer.dX, tanhSlope(h)); //                   (5) (n, d_a)
  const toH = linearGradient(H, W_s1, dU);
  const dH = add(mix(transpose(A), dM), toH.dX); //                         (6) (n, 2u)
  return { dH, dBias: dS, parameters: { W_s1: toH.dW, W_s2: toLayer.dW } };
}
