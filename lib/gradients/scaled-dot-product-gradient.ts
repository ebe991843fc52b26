import type { Allow } from "../kernels/mask-scores.ts";
import type { Matrix } from "../matrix.ts";
import { ScaledDotProductAttention } from "../attention/scaled-dot-product-attention.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { maskedProduct } from "../kernels/masked-product.ts";
import { mix } from "../kernels/mix.ts";
import { scale } from "../kernels/entrywise.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { transpose } from "../kernels/transpose.ts";

/** What went into a scaled dot-product attention; `scale` replaces 1/√d_k. */
export interface ScaledDotProductInputs {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
  readonly allow?: Allow | undefined;
  readonly bias?: Matrix | undefined;
  readonly scale?: number | undefined;
}

/** The gradients of a scaled dot-product attention. dBias is dS: what a change of each scaled score does. */
export interface ScaledDotProductGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
  readonly dBias: Matrix;
}

/**
 * Scaled dot-product attention, backwards (スケール化内積注意の逆伝播): O = A V, A = softmax(S), S = Q Kᵀ/√d_k + bias.
 *
 *     dV = Aᵀ dO                                                        (1)
 *     dA = dO Vᵀ, only where A[i,j] ≠ 0                                 (2)
 *     dS = A ∘ (dA − rowsum(A ∘ dA))                                    (3)
 *     dQ = dS K / √d_k                                                  (4)
 *     dK = dSᵀ Q / √d_k                                                 (5)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   dO (n_q, d_v)   →   dQ, dK, dV of their shapes, dBias (n_q, n_k)
 *     n_q queries i, n_k keys j, d_k features of a query and of a key, d_v of a value
 *
 * A is computed again with the kernels of the forward pass. What is masked gets exactly 0 and is never read:
 * a NaN behind a mask stays there. A query that sees nothing gives zeros. The factor 1/√d_k, which keeps the
 * scores small on the way forward, stands in (4) and (5) too.
 * Cost: n_q·n_k·(3·d_k + 2·d_v + 1) multiply-adds and n_q·n_k exponentials, against n_q·n_k·(d_k + d_v)
 * forward.
 * Errors: RangeError unless the shapes agree as above and d_k ≥ 1.
 * Source: Vaswani et al. 2017 §3.2.1, Eq. 1, arXiv 1706.03762, differentiated; study note,
 * docs/multi-head.md.
 */
export function scaledDotProductGradient(
  inputs: ScaledDotProductInputs,
  dO: Matrix,
): ScaledDotProductGradient {
  const where = "scaledDotProductGradient";
  checkOptions(where, inputs, ["Q", "K", "V", "allow", "bias", "scale"], "inputs");
  const { Q, K, V, allow, bias } = inputs;
  const { d_k } = checkShapes(where, {
    Q: [Q, "n_q", "d_k"],
    K: [K, "n_k", "d_k"],
    V: [V, "n_k", "d_v"],
    dO: [dO, "n_q", "d_v"],
  });
  const attention = new ScaledDotProductAttention({ scale: inputs.scale });
  const { weights: A } = attention.forward(Q, K, V, { allow, bias });
  const factor = inputs.scale ?? 1 / Math.sqrt(d_k);

  const dV = mix(transpose(A), dO); //                     (1) (n_k, d_v)
  const dA = maskedProduct(dO, V, A); //                   (2) (n_q, n_k)
  const dS = softmaxGradientRows(A, dA); //                (3) (n_q, n_k)
  const dQ = scale(mix(dS, K), factor); //                 (4) (n_q, d_k)
  const dK = scale(mix(transpose(dS), Q), factor); //      (5) (n_k, d_k)
  return { dQ, dK, dV, dBias: dS };
}
