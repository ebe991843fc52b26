import type { FeedForward } from "../layers/feed-forward.ts";
import type { Matrix } from "../matrix.ts";
import { activationGradient } from "./activation-gradient.ts";
import { checkShapes } from "../matrix.ts";
import { gelu, geluTanh, relu } from "../kernels/activations.ts";
import { linear } from "../kernels/linear.ts";
import { linearGradient } from "./linear-gradient.ts";

/** The gradients of the weights of a feed-forward network, under their names in it. */
export interface FeedForwardParameters {
  readonly W_1: Matrix;
  readonly b_1: Matrix | undefined;
  readonly W_2: Matrix;
  readonly b_2: Matrix | undefined;
}

/** The gradients of a feed-forward network: of its input and of its weights. */
export interface FeedForwardGradient {
  readonly dX: Matrix;
  readonly parameters: FeedForwardParameters;
}

/**
 * Feed-forward network, backwards (順伝播ネットワークの逆伝播): Y = f(H) W_2 + b_2, H = X W_1 + b_1.
 *
 *     H = X W_1 + b_1,  F = f(H)                                        (1)
 *     dF = dY W_2ᵀ,  dW_2 = Fᵀ dY,  db_2 = Σ_t dY[t,·]                  (2)
 *     dH = dF ∘ f'(H)                                                   (3)
 *     dX = dH W_1ᵀ,  dW_1 = Xᵀ dH,  db_1 = Σ_t dH[t,·]                  (4)
 *
 *     X (n, d_in)   W_1 (d_in, d_hidden)   W_2 (d_hidden, d_out)   dY (n, d_out)   →   dX and the weights' gradients
 *
 * Cost: three times the forward pass. Errors: RangeError unless the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.3, Eq. 2, arXiv 1706.03762, differentiated.
 */
export function feedForwardGradient(network: FeedForward, X: Matrix, dY: Matrix): FeedForwardGradient {
  const { W_1, b_1, W_2, b_2, activation } = network;
  checkShapes("feedForwardGradient", {
    W_1: [W_1, "d_in", "d_hidden"],
    W_2: [W_2, "d_hidden", "d_out"],
    X: [X, "n", "d_in"],
    dY: [dY, "n", "d_out"],
  });
  if (typeof activation === "function") {
    const rule = "must be one of the words: the slope of a function is not known";
    throw new TypeError(`feedForwardGradient: activation ${rule}; got Function`);
  }
  const f = activation === "relu" ? relu : activation === "gelu" ? gelu : geluTanh;
  const H = linear(X, W_1, b_1); //                                       (1) (n, d_hidden)

  const outer = linearGradient(f(H), W_2, dY); //                         (2) (n, d_hidden)
  const dH = activationGradient(activation, H, outer.dX); //              (3) (n, d_hidden)
  const inner = linearGradient(X, W_1, dH); //                            (4) (n, d_in)
  const parameters = { W_1: inner.dW, b_1: b_1 && inner.db, W_2: outer.dW, b_2: b_2 && outer.db };
  return { dX: inner.dX, parameters };
}
