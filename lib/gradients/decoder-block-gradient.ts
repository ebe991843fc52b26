import type { Allow } from "../kernels/mask-scores.ts";
import type { DecoderBlock } from "../layers/decoder-block.ts";
import type { EncoderBlockParameters } from "./encoder-block-gradient.ts";
import type { LayerNormGradient } from "./layer-norm-gradient.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { add } from "../kernels/entrywise.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { feedForwardGradient } from "./feed-forward-gradient.ts";
import { layerNormGradient } from "./layer-norm-gradient.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";

/** Who may see whom: in the self-attention, and in the memory. */
export interface DecoderBlockMasks {
  readonly allow?: Allow | undefined;
  readonly allowMemory?: Allow | undefined;
}

/** The gradients of the weights of a decoder block, under their names in it. */
export interface DecoderBlockParameters extends EncoderBlockParameters {
  readonly cross: MultiHeadParameters;
  readonly norm3: LayerNormGradient["parameters"];
}

/** The gradients of a decoder block: of its input, of the memory, of its weights. */
export interface DecoderBlockGradient {
  readonly dX: Matrix;
  readonly dMemory: Matrix;
  readonly parameters: DecoderBlockParameters;
}

/**
 * Decoder block, backwards (デコーダブロックの逆伝播).
 *
 *     pre-norm:  Y = X + SA(N_1(X)),  Z = Y + CA(N_2(Y), M),  U = Z + F(N_3(Z))
 *     dZ = dU + N_3'(F'(dU))                                            (1)
 *     dY = dZ + N_2'(CA'(dZ)),  dM = what reaches keys and values       (2)
 *     dX = dY + N_1'(SA'(dY))                                           (3)
 *
 *     post-norm: Y = N_1(X + SA(X)),  Z = N_2(Y + CA(Y, M)),  U = N_3(Z + F(Z))
 *     dC = N_3'(dU),  dZ = dC + F'(dC)                                  (4)
 *     dB = N_2'(dZ),  dY = dB + CA'(dB),  dM as above                   (5)
 *     dA = N_1'(dY),  dX = dA + SA'(dA)                                 (6)
 *
 *     X (n, D)   M (m, D_M), the memory   dU (n, D)   →   dX (n, D), dM (m, D_M) as dMemory, the weights' gradients
 *     SA self-attention, CA cross-attention, F feed-forward, N_1 … N_3 layer norms; a dash as in `encoderBlockGradient`
 *
 * Cost: about three times the forward pass, and the forward pass again. Errors: RangeError unless the shapes
 * agree.
 * Source: Vaswani et al. 2017 §3.1, arXiv 1706.03762, differentiated.
 */
export function decoderBlockGradient(
  block: DecoderBlock,
  inputs: { readonly X: Matrix; readonly M: Matrix },
  dU: Matrix,
  masks: DecoderBlockMasks = {},
): DecoderBlockGradient {
  checkOptions("decoderBlockGradient", inputs, ["X", "M"], "inputs");
  const { X, M } = inputs;
  checkOptions("decoderBlockGradient", masks, ["allow", "allowMemory"], "masks");
  checkShapes("decoderBlockGradient", { X: [X, "n", "D"], M: [M, "m", "D_M"], dU: [dU, "n", "D"] });
  const { norm1, attention, norm2, cross, norm3, feedForward, order } = block;
  const { allow, allowMemory } = masks;
  const SA = (A: Matrix): Matrix => attention.forward(A, A, A, { allow }).output;
  const CA = (A: Matrix): Matrix => cross.forward(A, M, M, { allow: allowMemory }).output;

  if (order === "pre") {
    const X_1 = norm1.forward(X);
    const Y = add(X, SA(X_1));
    const Y_2 = norm2.forward(Y);
    const Z = add(Y, CA(Y_2));
    const toF = feedForwardGradient(feedForward, norm3.forward(Z), dU);
    const toN3 = layerNormGradient(norm3, Z, toF.dX);
    const dZ = add(dU, toN3.dX); //                                                    (1) (n, D)
    const toCA = multiHeadGradient(cross, { Q: Y_2, K: M, V: M, allow: allowMemory }, dZ);
    const toN2 = layerNormGradient(norm2, Y, toCA.dQ);
    const dY = add(dZ, toN2.dX); //                                                    (2) (n, D)
    const toSA = multiHeadGradient(attention, { Q: X_1, K: X_1, V: X_1, allow }, dY);
    const toN1 = layerNormGradient(norm1, X, add(add(toSA.dQ, toSA.dK), toSA.dV));
    const dX = add(dY, toN1.dX); //                                                    (3) (n, D)
    const parameters = namedDecoder({ toN1, toSA, toN2, toCA, toN3, toF });
    return { dX, dMemory: add(toCA.dK, toCA.dV), parameters };
  }

  const T = add(X, SA(X));
  const Y = norm1.forward(T);
  const B = add(Y, CA(Y));
  const Z = norm2.forward(B);
  const C = add(Z, feedForward.forward(Z));
  const toN3 = layerNormGradient(norm3, C, dU);
  const toF = feedForwardGradient(feedForward, Z, toN3.dX);
  const dZ = add(toN3.dX, toF.dX); //                                                  (4) (n, D)
  const toN2 = layerNormGradient(norm2, B, dZ);
  const toCA = multiHeadGradient(cross, { Q: Y, K: M, V: M, allow: allowMemory }, toN2.dX);
  const dY = add(toN2.dX, toCA.dQ); //                                                 (5) (n, D)
  const toN1 = layerNormGradient(norm1, T, dY);
  const toSA = multiHeadGradient(attention, { Q: X, K: X, V: X, allow }, toN1.dX);
  const dX = add(toN1.dX, add(add(toSA.dQ, toSA.dK), toSA.dV)); //                     (6) (n, D)
  const parameters = namedDecoder({ toN1, toSA, toN2, toCA, toN3, toF });
  return { dX, dMemory: add(toCA.dK, toCA.dV), parameters };
}

/** What the six layers of a block received. */
interface Received {
  readonly toN1: LayerNormGradient;
  readonly toSA: { readonly parameters: MultiHeadParameters };
  readonly toN2: LayerNormGradient;
  readonly toCA: { readonly parameters: MultiHeadParameters };
  readonly toN3: LayerNormGradient;
  readonly toF: { readonly parameters: EncoderBlockParameters["feedForward"] };
}

/** The gradients of a decoder block's weights under the block's own names. */
function namedDecoder({ toN1, toSA, toN2, toCA, toN3, toF }: Received): DecoderBlockParameters {
  return {
    norm1: toN1.parameters,
    attention: toSA.parameters,
    norm2: toN2.parameters,
    cross: toCA.parameters,
    norm3: toN3.parameters,
    feedForward: toF.parameters,
  };
}
