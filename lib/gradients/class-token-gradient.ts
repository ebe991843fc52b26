import type { ClassTokenAttention, TokenProjection } from "../attention/class-token-attention.ts";
import type { LayerNormGradient } from "./layer-norm-gradient.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import { activationGradient } from "./activation-gradient.ts";
import { add } from "../kernels/entrywise.ts";
import { checkInteger, checkShapes, matrix } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { gelu } from "../kernels/activations.ts";
import { layerNormGradient } from "./layer-norm-gradient.ts";
import { layerNormRows } from "../kernels/layer-norm-rows.ts";
import { linear } from "../kernels/linear.ts";
import { linearGradient } from "./linear-gradient.ts";
import { multiHeadGradient } from "./multi-head-gradient.ts";

/** The gradients of the weights of a class token's projection, under their names in it. */
export interface TokenProjectionParameters {
  readonly norm: LayerNormGradient["parameters"] | undefined;
  readonly W: Matrix;
  readonly b: Matrix | undefined;
}

/** The gradients of a class token's projection: of the token, and of its weights. */
export interface TokenProjectionGradient {
  readonly dx: Matrix;
  readonly parameters: TokenProjectionParameters;
}

/** The gradients of one reading's weights, under their names in it. */
export interface TokenReadingParameters {
  readonly norm: LayerNormGradient["parameters"];
  readonly attention: MultiHeadParameters;
}

/** The gradients of class-token attention: of both branches, and of its weights. */
export interface ClassTokenGradient {
  readonly dOwn: Matrix;
  readonly dOther: Matrix;
  readonly parameters: {
    readonly f: TokenProjectionParameters;
    readonly readings: readonly TokenReadingParameters[];
    readonly g: TokenProjectionParameters;
  };
}

/**
 * Class-token attention, backwards (クラストークンによる融合の逆伝播), CrossViT's fusion: one token carries all that one
 * branch tells the other.
 *
 *     dy = g'(dz_cls),  dz_cls the row 0 of dZ                                (1)
 *     du, du_cls from dy, as in `multiHeadGradient`                           (2)
 *     dx' = LN'(du with du_cls in row 0),  and dy to row 0 of it              (3)
 *     dx_cls = f'(row 0 of dx')                                               (4)
 *     dOwn   = [dx_cls ‖ the rows 1 … n of dZ]                                (5)
 *     dOther = [0 ‖ the rows 1 … m of dx']                                    (6)
 *
 *     own (1 + n, d)   other (1 + m, e)   dZ (1 + n, d)   →   dOwn, dOther of their shapes, the weights' gradients
 *     a dash at f, g and LN takes a gradient of the output to one of the input
 *     the other letters as in `ClassTokenAttention`
 *
 * Of several readings the last comes first: dx' of one is dy of the reading before it. Patches of the own
 * branch pass unchanged, and so do their gradients. The [CLS] of the other branch is never read and gets 0.
 * Cost: about three times the forward pass. Errors: RangeError unless the shapes agree and each branch has
 * its [CLS].
 * Source: Chen, Fan and Panda 2021, "CrossViT" §3.3, Eq. 5–7, arXiv 2103.14899, differentiated.
 */
export function classTokenGradient(
  attention: ClassTokenAttention,
  { own, other }: { readonly own: Matrix; readonly other: Matrix },
  dZ: Matrix,
): ClassTokenGradient {
  const where = "classTokenGradient";
  const { f, readings, g } = attention;
  checkShapes(where, {
    own: [own, "1 + n", f.W.rows],
    other: [other, "1 + m", f.W.cols],
    dZ: [dZ, "1 + n", f.W.rows],
  });
  checkInteger(where, "own.rows", own.rows, 1); // the [CLS]
  checkInteger(where, "other.rows", other.rows, 1);
  const first = (M: Matrix): Matrix => sliceRows(M, 0, 1);
  const rest = (M: Matrix): Matrix => sliceRows(M, 1, M.rows);

  let x = concatRows([projectToken(f, first(own)), rest(other)]);
  const steps = readings.map(({ norm, attention: MultiHead }) => {
    const u = layerNormRows(x, norm.eps, norm.gamma, norm.beta);
    const step = { norm, MultiHead, x, u };
    x = add(first(x), MultiHead.forward(first(u), u, u).output);
    return step;
  });

  const toY = tokenProjectionGradient(g, x, first(dZ)); //                              (1) (1, e)
  let dx = toY.dx;
  const read = steps.reverse().map(({ norm, MultiHead, x: x_r, u }) => {
    const toU = multiHeadGradient(MultiHead, { Q: first(u), K: u, V: u }, dx); //       (2) (1 + m, e)
    const du = addToFirst(add(toU.dK, toU.dV), toU.dQ);
    const toX = layerNormGradient(norm, x_r, du);
    dx = addToFirst(toX.dX, dx); //                                                     (3) (1 + m, e)
    return { norm: toX.parameters, attention: toU.parameters };
  });
  const toCls = tokenProjectionGradient(f, first(own), first(dx)); //                   (4) (1, d)
  const dOwn = concatRows([toCls.dx, rest(dZ)]); //                                     (5) (1 + n, d)
  const dOther = concatRows([matrix(1, other.cols), rest(dx)]); //                      (6) (1 + m, e)
  return { dOwn, dOther, parameters: { f: toCls.parameters, readings: read.reverse(), g: toY.parameters } };
}

/**
 * The projection of a class token, backwards (射影の逆伝播).
 *
 *     "norm-gelu-linear":  dh = dz Wᵀ,  dW = hᵀ dz,  db = dz,  h = GELU(LN(x))    (1)
 *                          dx = LN'(dh ∘ the slope of GELU at LN(x))              (2)
 *     "linear":            dx = dz Wᵀ,  dW = xᵀ dz,  db = dz                      (3)
 *
 *     x (1, d_in)   W (d_in, d_out)   dz (1, d_out)   →   dx (1, d_in), the weights' gradients
 *
 * With a norm it is (1) and (2), without one (3). Errors: RangeError unless the shapes agree as above.
 */
export function tokenProjectionGradient(
  { norm, W, b }: TokenProjection,
  x: Matrix,
  dz: Matrix,
): TokenProjectionGradient {
  checkShapes("tokenProjectionGradient", { x: [x, 1, "d_in"], W: [W, "d_in", "d_out"], dz: [dz, 1, "d_out"] });
  if (norm === undefined) {
    const toX = linearGradient(x, W, dz); //                                            (3) (1, d_in)
    return { dx: toX.dX, parameters: { norm: undefined, W: toX.dW, b: b && toX.db } };
  }
  const normed = layerNormRows(x, norm.eps, norm.gamma, norm.beta);
  const toH = linearGradient(gelu(normed), W, dz); //                                   (1) (1, d_in)
  const dNormed = activationGradient("gelu", normed, toH.dX);
  const toX = layerNormGradient(norm, x, dNormed); //                                   (2) (1, d_in)
  return { dx: toX.dX, parameters: { norm: toX.parameters, W: toH.dW, b: b && toH.db } };
}

/** A class token in the width of the other branch, as `ClassTokenAttention` projects it. */
function projectToken({ norm, W, b }: TokenProjection, x: Matrix): Matrix {
  if (norm === undefined) return linear(x, W, b);
  return linear(gelu(layerNormRows(x, norm.eps, norm.gamma, norm.beta)), W, b);
}

/** One row added to the first row of a matrix: A (n, m), a (1, m). */
function addToFirst(A: Matrix, a: Matrix): Matrix {
  return concatRows([add(sliceRows(A, 0, 1), a), sliceRows(A, 1, A.rows)]);
}
