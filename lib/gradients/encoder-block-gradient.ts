import type { EncoderBlock } from "../layers/encoder-block.ts";
import type { FeedForwardParameters } from "./feed-forward-gradient.ts";
import type { LayerNormGradient } from "./layer-norm-gradient.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadOptions } from "../attention/multi-head-attention.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { add } from "../kernels/entrywise.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { feedForwardGradient } from "./feed-forward-gradient.ts";
import { layerNormGradient } from "./layer-norm-gradient.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";

/** The gradients of the weights of an encoder block, under their names in it. */
export interface EncoderBlockParameters {
  readonly norm1: LayerNormGradient["parameters"];
  readonly attention: MultiHeadParameters;
  readonly norm2: LayerNormGradient["parameters"];
  readonly feedForward: FeedForwardParameters;
}

/** The gradients of an encoder block: of its input, of each head's bias on the scores, of its weights. */
export interface EncoderBlockGradient {
  readonly dX: Matrix;
  readonly dBias: readonly Matrix[];
  readonly parameters: EncoderBlockParameters;
}

/**
 * Encoder block, backwards (エンコーダブロックの逆伝播): a residual hands its gradient on twice, past the layer and
 * through it.
 *
 *     pre-norm:  Y = X + SA(N_1(X)),  Z = Y + F(N_2(Y))
 *     dY = dZ + N_2'(F'(dZ))                                            (1)
 *     dX = dY + N_1'(SA'(dY))                                           (2)
 *
 *     post-norm: Y = N_1(X + SA(X)),  Z = N_2(Y + F(Y))
 *     dU = N_2'(dZ),  dY = dU + F'(dU)                                  (3)
 *     dT = N_1'(dY),  dX = dT + SA'(dT)                                 (4)
 *
 *     X (n, D)   dZ (n, D)   →   dX (n, D), the weights' gradients, dBias: h matrices (n, n)
 *     SA self-attention, F feed-forward, N_1 and N_2 layer norms
 *     a dash takes a gradient of the output to one of the input
 *
 * In pre-norm the gradient dZ reaches X unchanged beside what the layers add: this is why deep stacks learn.
 * Cost: about three times the forward pass, and the forward pass again. Errors: RangeError unless the shapes
 * agree.
 * Source: Vaswani et al. 2017 §3.1, arXiv 1706.03762; Xiong et al. 2020 §3, arXiv 2002.04745, differentiated.
 */
export function encoderBlockGradient(
  block: EncoderBlock,
  X: Matrix,
  dZ: Matrix,
  options: MultiHeadOptions = {},
): EncoderBlockGradient {
  checkOptions("encoderBlockGradient", options, ["allow", "bias"]);
  checkShapes("encoderBlockGradient", { X: [X, "n", "D"], dZ: [dZ, "n", "D"] });
  const { norm1, attention, norm2, feedForward, order } = block;
  const selfAttention = (M: Matrix): Matrix => attention.forward(M, M, M, options).output;

  if (order === "pre") {
    const X_1 = norm1.forward(X);
    const Y = add(X, selfAttention(X_1));
    const Y_1 = norm2.forward(Y);
    const toF = feedForwardGradient(feedForward, Y_1, dZ);
    const toN2 = layerNormGradient(norm2, Y, toF.dX);
    const dY = add(dZ, toN2.dX); //                                            (1) (n, D)
    const toSA = multiHeadGradient(attention, { Q: X_1, K: X_1, V: X_1, ...options }, dY);
    const toN1 = layerNormGradient(norm1, X, add(add(toSA.dQ, toSA.dK), toSA.dV));
    const dX = add(dY, toN1.dX); //                                            (2) (n, D)
    return { dX, dBias: toSA.dBias, parameters: namedEncoder(toN1, toSA, toN2, toF) };
  }

  const T = add(X, selfAttention(X));
  const Y = norm1.forward(T);
  const U = add(Y, feedForward.forward(Y));
  const toN2 = layerNormGradient(norm2, U, dZ);
  const toF = feedForwardGradient(feedForward, Y, toN2.dX);
  const dY = add(toN2.dX, toF.dX); //                                          (3) (n, D)
  const toN1 = layerNormGradient(norm1, T, dY);
  const toSA = multiHeadGradient(attention, { Q: X, K: X, V: X, ...options }, toN1.dX);
  const dX = add(toN1.dX, add(add(toSA.dQ, toSA.dK), toSA.dV)); //             (4) (n, D)
  return { dX, dBias: toSA.dBias, parameters: namedEncoder(toN1, toSA, toN2, toF) };
}

/** The gradients of a block's weights under the block's own names. */
function namedEncoder(
  toN1: LayerNormGradient,
  toSA: { readonly parameters: MultiHeadParameters },
  toN2: LayerNormGradient,
  toF: { readonly parameters: FeedForwardParameters },
): EncoderBlockParameters {
  return {
    norm1: toN1.parameters,
    attention: toSA.parameters,
    norm2: toN2.parameters,
    feedForward: toF.parameters,
  };
}
