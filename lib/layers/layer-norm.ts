import type { Matrix } from "../matrix.ts";
import { checkFinite, checkInteger, checkOptions, checkShapes, fromFunction, matrix } from "../matrix.ts";
import { layerNormRows } from "../kernels/layer-norm-rows.ts";

/** The factor and the shift of a layer norm, each absent for 1 and 0, and eps: 1e-5 unless given. */
export interface LayerNormParts {
  readonly gamma?: Matrix | undefined;
  readonly beta?: Matrix | undefined;
  readonly eps?: number | undefined;
}

/**
 * Layer normalisation (レイヤー正規化): every position by itself, over its own features.
 *
 *     Y[i,c] = γ[c] (X[i,c] − μ_i) / √(σ²_i + ε) + β[c]             (1)
 *
 *     X (n, d)   →   Y (n, d)
 *     γ = gamma (1, d)   β = beta (1, d); an absent one is 1 or 0
 *     n positions i, d features c; μ_i and σ²_i are the mean and the biased variance of row i
 *
 * ε = `eps` is 1e-5 unless given, PyTorch's default; CrossViT and ViT take 1e-6. It stands inside the root,
 * so that a constant row gives β.
 * Cost: about 5 additions or multiplications a number; 2d parameters.
 * Errors: RangeError unless the shapes agree as above and eps is a finite number > 0.
 * Source: Ba, Kiros and Hinton 2016, "Layer Normalization" §3, Eq. 3–4; arXiv 1607.06450.
 */
export class LayerNorm {
  readonly gamma: Matrix | undefined;
  readonly beta: Matrix | undefined;
  readonly eps: number;

  constructor(parts: LayerNormParts = {}) {
    checkOptions("LayerNorm", parts, ["gamma", "beta", "eps"], "parts");
    const { gamma, beta, eps = 1e-5 } = parts;
    checkFinite("LayerNorm", "eps", eps, 0);
    checkShapes("LayerNorm", { "gamma?": [gamma, 1, "d"], "beta?": [beta, 1, "d"] });
    this.gamma = gamma;
    this.beta = beta;
    this.eps = eps;
  }

  /** The values from which training starts: γ = 1, β = 0. */
  static initial(widths: { d_model: number; eps?: number | undefined }): LayerNorm {
    checkOptions("LayerNorm.initial", widths, ["d_model", "eps"], "widths");
    const { d_model, eps } = widths;
    checkInteger("LayerNorm.initial", "d_model", d_model, 1);
    return new LayerNorm({ gamma: fromFunction(1, d_model, () => 1), beta: matrix(1, d_model), eps });
  }

  /** Y for X, row by row. */
  forward(X: Matrix): Matrix {
    const { gamma, beta, eps } = this;
    checkShapes("LayerNorm.forward", { X: [X, "n", (gamma ?? beta)?.cols ?? "d"] });
    return layerNormRows(X, eps, gamma, beta); //  (1) (n, d)
  }
}
