import type { Activation } from "../layers/feed-forward.ts";
import type { Matrix } from "../matrix.ts";
import { checkChoice, checkShapes } from "../matrix.ts";
import { geluSlope, geluTanhSlope, reluSlope } from "../kernels/slopes.ts";
import { maskedMultiply } from "../kernels/masked-product.ts";

/**
 * An activation, backwards (活性化関数の逆伝播): the slope at each entry, times what arrives there.
 *
 *     "relu"       dX = dY ∘ [X > 0]                                    (1)
 *     "gelu"       dX = dY ∘ (Φ(X) + X φ(X))                            (2)
 *     "gelu-tanh"  dX = dY ∘ the slope of its formula                   (3)
 *
 *     X (n, m) input of the activation   dY (n, m)   →   dX (n, m)
 *
 * Φ and φ are the distribution and the density of N(0, 1). Where dY is 0, X is not read.
 * Errors: RangeError unless X and dY have one shape and the activation is one of the three.
 */
export function activationGradient(activation: Activation, X: Matrix, dY: Matrix): Matrix {
  checkChoice("activationGradient", "activation", activation, ["relu", "gelu", "gelu-tanh"]);
  checkShapes("activationGradient", { X: [X, "n", "m"], dY: [dY, "n", "m"] });
  if (activation === "relu") return maskedMultiply(dY, reluSlope(X)); //   (1)
  if (activation === "gelu") return maskedMultiply(dY, geluSlope(X)); //   (2)
  return maskedMultiply(dY, geluTanhSlope(X)); //                          (3)
}
