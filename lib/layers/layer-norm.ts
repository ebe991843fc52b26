import type { Matrix } from "../matrix.ts";
import { checkFinite, checkInteger, checkMatrix, fromFunction, matrix } from "../matrix.ts";
import { layerNormRows } from "../kernels/layer-norm-rows.ts";

/**
 * Layer normalisation (レイヤー正規化): every position by itself, over its own features.
 *
 *     Y[i,c] = γ[c] (X[i,c] − μ_i) / √(σ²_i + ε) + β[c]             (1)
 *
 *     X (n, d)   →   Y (n, d)
 *     n positions i, d features c; μ_i and σ²_i mean and biased variance of row i; gamma γ and beta β (1, d), or absent: 1 and 0
 *
 * `eps` is 1e-5 unless given, PyTorch's default; CrossViT and ViT take 1e-6. It stands inside the root: a
 * constant row gives β.
 * Cost: about 5 additions or multiplications a number; 2d parameters.
 * Errors: RangeError unless gamma and beta are (1, d) of one width, X has d columns, and eps is a finite
 * number > 0.
 * Source: Ba, Kiros and Hinton 2016, "Layer Normalization" §3, Eq. 3–4; arXiv 1607.06450.
 */
export class LayerNorm {
  readonly gamma: Matrix | undefined;
  readonly beta: Matrix | undefined;
  readonly eps: number;

  constructor({
    gamma,
    beta,
    eps = 1e-5,
  }: { gamma?: Matrix | undefined; beta?: Matrix | undefined; eps?: number | undefined } = {}) {
    checkFinite("LayerNorm", "eps", eps, 0);
    if (gamma !== undefined) checkMatrix("LayerNorm", "gamma", gamma, { rows: 1 });
    if (beta !== undefined) checkMatrix("LayerNorm", "beta", beta, { rows: 1, cols: gamma?.cols });
    this.gamma = gamma;
    this.beta = beta;
    this.eps = eps;
  }

  /** As training finds it: γ = 1, β = 0. */
  static initial({ d_model, eps }: { d_model: number; eps?: number | undefined }): LayerNorm {
    checkInteger("LayerNorm.initial", "d_model", d_model, 1);
    return new LayerNorm({ gamma: fromFunction(1, d_model, () => 1), beta: matrix(1, d_model), eps });
  }

  forward(X: Matrix): Matrix {
    const { gamma, beta, eps } = this;
    checkMatrix("LayerNorm.forward", "X", X, { cols: gamma?.cols ?? beta?.cols });
    return layerNormRows(X, eps, gamma, beta); //                  (1) (n, d)
  }
}
