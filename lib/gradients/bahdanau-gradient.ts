import type { AdditiveGradient } from "./additive-gradient.ts";
import type { BahdanauDecoder } from "../models/bahdanau-decoder.ts";
import type { DecoderState } from "../models/recurrent-decoder.ts";
import type { GRUCellParts } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { add } from "../kernels/entrywise.ts";
import { additiveScores } from "../kernels/additive-scores.ts";
import { additiveScoresGradient } from "../kernels/additive-scores-gradient.ts";
import { checkInteger, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { concatRows, scatterRows, sliceRows } from "../kernels/rows.ts";
import { gruGradient } from "./gru-gradient.ts";
import { lastStates } from "../layers/gru.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedMultiply, maskedProduct } from "../kernels/masked-product.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { sumGradients } from "./sum-gradients.ts";
import { sumOf } from "../kernels/sums.ts";
import { tanhSlope } from "../kernels/slopes.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * What went into one step of Bahdanau's decoder: the symbol y, the state before it, the source's H and
 * R = H U_a.
 */
export interface BahdanauStepInputs {
  readonly y: Matrix;
  readonly s: Matrix;
  readonly H: Matrix;
  readonly R: Matrix;
}

/** The gradients of one step: of what went into it, and of the weights that it uses. */
export interface BahdanauStepGradient {
  readonly dy: Matrix;
  readonly ds: Matrix;
  readonly dH: Matrix;
  readonly dR: Matrix;
  readonly parameters: {
    readonly attention: { readonly W_a: Matrix; readonly v_a: Matrix };
    readonly cell: GRUCellParts;
    readonly W_o: Matrix;
    readonly b_o: Matrix;
  };
}

/** The gradients of the weights of Bahdanau's decoder, under their names in it. */
export interface BahdanauParameters {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly attention: AdditiveGradient["parameters"];
  readonly cell: GRUCellParts;
  readonly W_o: Matrix;
  readonly b_o: Matrix;
}

/**
 * The gradients of Bahdanau's decoder along a whole output: of the source, of the symbols, of its weights.
 */
export interface BahdanauGradient {
  readonly dH: Matrix;
  readonly dY: Matrix;
  readonly parameters: BahdanauParameters;
}

/**
 * One step of Bahdanau's decoder, backwards (注意つきデコーダの一歩の逆伝播), from its read-out and its new state.
 *
 *     [ds_i ‖ dc_i] = dLogits W_oᵀ,  dW_o = [s_i ‖ c_i]ᵀ dLogits,  db_o = dLogits   (1)
 *     dNext' = dNext + ds_i                                             (2)
 *     [dy ‖ dc'], ds' and the cell's from dNext', as in `gruGradient`   (3)
 *     dc = dc_i + dc'                                                   (4)
 *     dα = dc Hᵀ, only where α_i,j ≠ 0;  dH = α_iᵀ dc                   (5)
 *     de = α_i ∘ (dα − Σ_j α_i,j dα_j)                                  (6)
 *     dP, dR, dv_a from de, as in `additiveScoresGradient`,  P = s W_a  (7)
 *     ds = ds' + dP W_aᵀ,  dW_a = sᵀ dP                                 (8)
 *
 *     y (1, e)   s (1, n)   H (n_k, 2d)   R (n_k, n')   dLogits (1, n_out)   dNext (1, n)
 *     →   dy, ds, dH, dR of their shapes, and the weights' gradients
 *     s is s_(i−1), dNext the gradient of s_i from later steps; the other letters as in `BahdanauDecoder`
 *
 * The previous state gets its gradient by two ways: through the gates (3), and as the query that chose the
 * weights (8).
 * Cost: about three times the step. Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014 §3.1 and App. A.2, arXiv 1409.0473, differentiated; study note,
 * docs/attention.md.
 */
export function bahdanauStepGradient(
  decoder: BahdanauDecoder,
  inputs: BahdanauStepInputs,
  from: { readonly dLogits: Matrix; readonly dNext: Matrix },
): BahdanauStepGradient {
  checkOptions("bahdanauStepGradient", inputs, ["y", "s", "H", "R"], "inputs");
  const { y, s, H, R } = inputs;
  checkOptions("bahdanauStepGradient", from, ["dLogits", "dNext"], "from");
  const { dLogits, dNext } = from;
  const { attention, cell, W_o } = decoder;
  const { e } = checkShapes("bahdanauStepGradient", {
    y: [y, 1, "e"],
    s: [s, 1, "n"],
    H: [H, "n_k", "2d"],
    R: [R, "n_k", "n'"],
    dLogits: [dLogits, 1, "n_out"],
    dNext: [dNext, 1, "n"],
  });
  const P = matmul(s, attention.W_a);
  const weights = softmaxRows(additiveScores(P, R, attention.v_a));
  const c = mix(weights, H);
  const x = concatColumns([y, c]);
  const s_i = cell.forward(x, s);

  const toRead = linearGradient(concatColumns([s_i, c]), W_o, dLogits); //            (1) (1, n + 2d)
  const dNext_i = add(dNext, sliceColumns(toRead.dX, 0, s.cols)); //                  (2) (1, n)
  const toCell = gruGradient(cell, { x, h: s }, dNext_i); //                          (3)
  const dc_i = sliceColumns(toRead.dX, s.cols, toRead.dX.cols);
  const dc = add(dc_i, sliceColumns(toCell.dx, e, toCell.dx.cols)); //                (4) (1, 2d)
  const dWeights = maskedProduct(dc, H, weights); //                                  (5) (1, n_k)
  const dH = mix(transpose(weights), dc); //                                          (5) (n_k, 2d)
  const de = softmaxGradientRows(weights, dWeights); //                               (6) (1, n_k)
  const { dP, dR, dv } = additiveScoresGradient(P, R, attention.v_a, de); //          (7)
  const toQuery = linearGradient(s, attention.W_a, dP);
  const ds = add(toCell.dh, toQuery.dX); //                                           (8) (1, n)
  const parameters = {
    attention: { W_a: toQuery.dW, v_a: dv },
    cell: toCell.parameters,
    W_o: toRead.dW,
    b_o: toRead.db,
  };
  return { dy: sliceColumns(toCell.dx, 0, e), ds, dH, dR, parameters };
}

/**
 * Bahdanau's decoder along a whole output, backwards (注意つきデコーダの逆伝播), the written symbols being given.
 *
 *     dy_i, ds_(i−1), dH_i, dR_i from dLogits[i,·] and ds_i, i = n_y … 1   (1)
 *     dR = Σ_i dR_i,  dU_a = Hᵀ dR                                      (2)
 *     da_0 = ds_0 ∘ (1 − s_0²)                                          (3)
 *     d←h_1 = da_0 W_sᵀ,  dW_s = ←h_1ᵀ da_0,  db_s = da_0               (4)
 *     dH = Σ_i dH_i + dR U_aᵀ + d←h_1 in its place                      (5)
 *
 *     H (n_k, 2d)   Y (n_y, e), row i − 1 is the symbol that step i reads   dLogits (n_y, n_out)
 *     →   dH (n_k, 2d), dY (n_y, e), the weights' gradients; n_y steps i, the other letters as in `BahdanauDecoder`
 *
 * (1) is `bahdanauStepGradient`. The gradient of a source state comes straight from the steps whose weights
 * lie on it, whatever the distance: with a fixed vector, (4) would be its only way. Cost: about three times
 * the forward pass.
 * Errors: RangeError unless there is a symbol and the shapes agree as above.
 * Source: Bahdanau et al. 2014 §3.1 and App. A.2, arXiv 1409.0473, differentiated; study note,
 * docs/attention.md.
 */
export function bahdanauGradient(
  decoder: BahdanauDecoder,
  inputs: { readonly H: Matrix; readonly Y: Matrix },
  dLogits: Matrix,
): BahdanauGradient {
  checkOptions("bahdanauGradient", inputs, ["H", "Y"], "inputs");
  const { H, Y } = inputs;
  const { n_k, n_y } = checkShapes("bahdanauGradient", {
    H: [H, "n_k", "2d"],
    Y: [Y, "n_y", "e"],
    dLogits: [dLogits, "n_y", "n_out"],
  });
  checkInteger("bahdanauGradient", "Y.rows", n_y, 1);
  const row = (M: Matrix, i: number): Matrix => sliceRows(M, i, i + 1);
  const { W_s, attention } = decoder;
  const start = decoder.begin(H);
  const states: DecoderState[] = [];
  for (let i = 0, state = start; i < n_y; i++) {
    states.push(state);
    state = decoder.step(row(Y, i), state).state;
  }

  let ds = matrix(1, start.s.cols);
  const steps = states.reverse().map(({ t, s, R }) => {
    const from = { dLogits: row(dLogits, t), dNext: ds };
    const back = bahdanauStepGradient(decoder, { y: row(Y, t), s, H, R }, from); //   (1)
    ds = back.ds;
    return back;
  });

  const dR = sumOf(steps.map((step) => step.dR));
  const toKeys = linearGradient(H, attention.U_a, dR); //                             (2) (n_k, 2d)
  const da_0 = maskedMultiply(ds, tanhSlope(start.s)); //                             (3) (1, n)
  const toStart = linearGradient(lastStates(H).back, W_s, da_0); //                   (4) (1, d)
  const ahead = matrix(n_k, H.cols / 2); //                                           →h_n makes no state
  const back = n_k === 0 ? ahead : scatterRows(n_k, [0], toStart.dX);
  const toFirst = concatColumns([ahead, back]);
  const dH = sumOf([...steps.map((step) => step.dH), toKeys.dX, toFirst]); //         (5) (n_k, 2d)
  const shared = sumGradients(steps.map((step) => step.parameters));
  const parameters = {
    ...shared,
    W_s: toStart.dW,
    b_s: toStart.db,
    attention: { ...shared.attention, U_a: toKeys.dW },
  };
  return { dH, dY: concatRows(steps.map((step) => step.dy).reverse()), parameters };
}
