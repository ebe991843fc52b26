import type { Matrix } from "../matrix.ts";
import { checkShapes } from "../matrix.ts";
import { columnDots, columnSums } from "../kernels/sums.ts";
import { layerNormGradientRows } from "../kernels/gradient-rows.ts";
import { layerNormRows } from "../kernels/layer-norm-rows.ts";
import { maskedMultiply } from "../kernels/masked-product.ts";
import { repeatRows } from "../kernels/rows.ts";

/** What a layer norm holds: γ and β, each of which may be absent, and ε. A `LayerNorm` is one. */
export interface Normalisation {
  readonly gamma?: Matrix | undefined;
  readonly beta?: Matrix | undefined;
  readonly eps: number;
}

/** The gradients of a layer norm: of its input, and of γ and β under their names, where it has them. */
export interface LayerNormGradient {
  readonly dX: Matrix;
  readonly parameters: { readonly gamma?: Matrix | undefined; readonly beta?: Matrix | undefined };
}

/**
 * Layer normalisation, backwards (レイヤー正規化の逆伝播): Y = γ x̂ + β with x̂ = (x − μ) / √(σ² + ε) by rows.
 *
 *     dβ = Σ_t dY[t,·]                                                  (1)
 *     dγ = Σ_t dY[t,·] ∘ x̂[t,·]                                         (2)
 *     g  = dY ∘ γ                                                       (3)
 *     dX = (g − mean(g) − x̂ mean(g ∘ x̂)) / √(σ² + ε), by rows           (4)
 *
 *     X (n, d)   dY (n, d)   →   dX (n, d), γ and β (1, d)
 *
 * A row of dY that is all zeros gives zeros, and its row of X is not read. Each row of dX sums to 0: a shift
 * of the whole row changes nothing. Cost: about 12·n·d multiply-adds. Errors: RangeError unless the shapes
 * agree as above.
 * Source: Ba, Kiros and Hinton 2016, "Layer Normalization" §3, arXiv 1607.06450, differentiated.
 */
export function layerNormGradient(norm: Normalisation, X: Matrix, dY: Matrix): LayerNormGradient {
  const { gamma, beta, eps } = norm;
  const { n } = checkShapes("layerNormGradient", {
    X: [X, "n", "d"],
    dY: [dY, "n", "d"],
    "gamma?": [gamma, 1, "d"],
    "beta?": [beta, 1, "d"],
  });
  const dBeta = columnSums(dY); //                                          (1) (1, d)
  const dGamma = columnDots(dY, layerNormRows(X, eps)); //                  (2) (1, d)
  const G = gamma === undefined ? dY : maskedMultiply(dY, repeatRows(gamma, n)); // (3) (n, d)
  const dX = layerNormGradientRows(X, eps, G); //                           (4) (n, d)
  return { dX, parameters: { gamma: gamma && dGamma, beta: beta && dBeta } };
}
