import type { BidirectionalGRU, GRUCell, GRUCellParts } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { add, multiply, subtract } from "../kernels/entrywise.ts";
import { checkBoolean, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { gruStates } from "../layers/gru.ts";
import { linear } from "../kernels/linear.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedMultiply } from "../kernels/masked-product.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { sigmoid, tanh } from "../kernels/activations.ts";
import { sigmoidSlope, tanhSlope } from "../kernels/slopes.ts";

/** The gradients of one step of a GRU: of its input, of the state before it, of its weights. */
export interface GRUCellGradient {
  readonly dx: Matrix;
  readonly dh: Matrix;
  readonly parameters: GRUCellParts;
}

/** The gradients of a GRU through time: of all its inputs, and of its weights. */
export interface GRUStatesGradient {
  readonly dX: Matrix;
  readonly parameters: GRUCellParts;
}

/** The gradients of a bidirectional GRU: of its inputs, and of the weights of both directions. */
export interface BidirectionalGradient {
  readonly dX: Matrix;
  readonly parameters: { readonly ahead: GRUCellParts; readonly back: GRUCellParts };
}

/**
 * From the gradient of a new state back to the gates, and along the way that z keeps open to the old state.
 */
export interface GRUGatesGradient {
  readonly dI: Matrix;
  readonly dJ: Matrix;
  readonly kept: Matrix;
}

/**
 * One step of a gated recurrent unit, backwards (GRU の逆伝播): h' = GRU(x, h).
 *
 *     dI, dJ, kept from dNext, as in `gruGatesGradient`                 (1)
 *     dx = dI W_iᵀ,  dW_i = xᵀ dI,  db_i = Σ_b dI[b,·]                  (2)
 *     dh = dJ W_hᵀ + kept,  dW_h = hᵀ dJ,  db_h = Σ_b dJ[b,·]           (3)
 *
 *     x (B, d_in)   h (B, d)   dNext (B, d), the gradient of h'   →   dx, dh and the weights' gradients of their shapes
 *     B sequences side by side, d_in features of an input, d of a state
 *
 * A sequence whose dNext is 0 is not read. Cost: three times the step. Errors: RangeError unless the shapes
 * agree.
 * Source: Cho et al. 2014 §2.3, arXiv 1406.1078, with the gates of PyTorch's `torch.nn.GRUCell`,
 * differentiated.
 */
export function gruGradient(cell: GRUCell, inputs: { x: Matrix; h: Matrix }, dNext: Matrix): GRUCellGradient {
  checkOptions("gruGradient", inputs, ["x", "h"], "inputs");
  const { x, h } = inputs;
  const { dI, dJ, kept } = gruGatesGradient(cell, { x, h }, dNext); //   (1) (B, 3d), (B, 3d), (B, d)
  const toX = linearGradient(x, cell.W_i, dI); //                        (2) (B, d_in)
  const toH = linearGradient(h, cell.W_h, dJ);
  const dh = add(toH.dX, kept); //                                       (3) (B, d)
  return { dx: toX.dX, dh, parameters: { W_i: toX.dW, W_h: toH.dW, b_i: toX.db, b_h: toH.db } };
}

/**
 * The gates of a gated recurrent unit, backwards (ゲートの逆伝播): h' = (1 − z) ∘ n + z ∘ h.
 *
 *     r, z, n and J_n as in `GRUCell`                                   (1)
 *     kept = dNext ∘ z,  dn = dNext − kept,  dz = dNext ∘ (h − n)       (2)
 *     dI_n = dn ∘ (1 − n²)                                              (3)
 *     dJ_n = dI_n ∘ r,  dr = dI_n ∘ J_n                                 (4)
 *     dI_r = dJ_r = dr ∘ r ∘ (1 − r)                                    (5)
 *     dI_z = dJ_z = dz ∘ z ∘ (1 − z)                                    (6)
 *     dI = [dI_r ‖ dI_z ‖ dI_n],  dJ = [dJ_r ‖ dJ_z ‖ dJ_n]             (7)
 *
 *     x (B, d_in)   h (B, d)   dNext (B, d), the gradient of h'   →   dI (B, 3d), dJ (B, 3d), kept (B, d)
 *     I = x W_i + b_i,  J = h W_h + b_h;  ∘ entry by entry
 *
 * Where z is 1, the gradient goes back to h unchanged and by no other way: a GRU remembers what it keeps.
 * Errors: RangeError unless the shapes agree as above.
 */
export function gruGatesGradient(
  { W_i, W_h, b_i, b_h }: GRUCell,
  inputs: { x: Matrix; h: Matrix },
  dNext: Matrix,
): GRUGatesGradient {
  checkOptions("gruGatesGradient", inputs, ["x", "h"], "inputs");
  const { x, h } = inputs;
  const d = W_h.rows;
  checkShapes("gruGatesGradient", { x: [x, "B", W_i.rows], h: [h, "B", d], dNext: [dNext, "B", d] });
  const I = linear(x, W_i, b_i);
  const J = linear(h, W_h, b_h);
  const gate = (M: Matrix, g: number): Matrix => sliceColumns(M, g * d, (g + 1) * d);
  const J_n = gate(J, 2); //                                             (1) (B, d)
  const r = sigmoid(add(gate(I, 0), gate(J, 0))); //                     (1)
  const z = sigmoid(add(gate(I, 1), gate(J, 1))); //                     (1)
  const n = tanh(add(gate(I, 2), multiply(r, J_n))); //                  (1)

  const kept = maskedMultiply(dNext, z); //                              (2) (B, d)
  const dn = subtract(dNext, kept); //                                   (2)
  const dz = maskedMultiply(dNext, subtract(h, n)); //                   (2)
  const dI_n = maskedMultiply(dn, tanhSlope(n)); //                      (3)
  const dJ_n = maskedMultiply(dI_n, r); //                               (4)
  const dr = maskedMultiply(dI_n, J_n); //                               (4)
  const dI_r = maskedMultiply(dr, sigmoidSlope(r)); //                   (5)
  const dI_z = maskedMultiply(dz, sigmoidSlope(z)); //                   (6)
  const dI = concatColumns([dI_r, dI_z, dI_n]); //                       (7) (B, 3d)
  const dJ = concatColumns([dI_r, dI_z, dJ_n]); //                       (7) (B, 3d)
  return { dI, dJ, kept };
}

/**
 * A GRU along one sequence, backwards (時間方向の逆伝播, BPTT): the gradient runs against the order of the states.
 *
 *     dh_t = dH[t,·] + what step t + 1 gave back                        (1)
 *     dI_t, dJ_t, kept_t from dh_t, as in `gruGatesGradient`            (2)
 *     step t gives back dJ_t W_hᵀ + kept_t to h_(t−1)                   (3)
 *     dX = dI W_iᵀ,  dW_i = Xᵀ dI,  db_i = Σ_t dI_t                     (4)
 *     dW_h = Σ_t h_(t−1)ᵀ dJ_t,  db_h = Σ_t dJ_t                        (5)
 *
 *     X (n, d_in)   dH (n, d), row t is the gradient of h_t from outside   →   dX (n, d_in), the weights' gradients
 *     dI (n, 3d) and dJ (n, 3d), row t is dI_t and dJ_t; `backward` exchanges t − 1 and t + 1
 *
 * What a state does to later ones comes through (3), t steps deep: with gates that close, it fades on the
 * way.
 * Cost: three times `gruStates`, whose states are computed again. No inputs give zeros.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Werbos 1990, "Backpropagation through time"; Cho et al. 2014 §2.3, arXiv 1406.1078, differentiated.
 */
export function gruStatesGradient(
  cell: GRUCell,
  X: Matrix,
  dH: Matrix,
  backward: boolean = false,
): GRUStatesGradient {
  checkBoolean("gruStatesGradient", "backward", backward);
  const d = cell.W_h.rows;
  const { n } = checkShapes("gruStatesGradient", { X: [X, "n", cell.W_i.rows], dH: [dH, "n", d] });
  const H = gruStates(cell, X, backward);
  const zero = matrix(1, d);
  const before = concatRows(
    backward ? [sliceRows(H, Math.min(1, n), n), zero] : [zero, sliceRows(H, 0, Math.max(0, n - 1))],
  );
  const row = (M: Matrix, t: number): Matrix => sliceRows(M, t, t + 1);

  const steps: GRUGatesGradient[] = [];
  let back = zero;
  for (let step = n - 1; step >= 0; step--) {
    const t = backward ? n - 1 - step : step;
    const dh_t = add(row(dH, t), back); //                               (1) (1, d)
    const gates = gruGatesGradient(cell, { x: row(X, t), h: row(before, t) }, dh_t); // (2) (1, 3d)
    back = add(matmulTransposed(gates.dJ, cell.W_h), gates.kept); //     (3) (1, d)
    steps.push(gates);
  }

  const inOrder = backward ? steps : steps.reverse();
  const dI = concatRows([matrix(0, 3 * d), ...inOrder.map((gates) => gates.dI)]);
  const dJ = concatRows([matrix(0, 3 * d), ...inOrder.map((gates) => gates.dJ)]);
  const toX = linearGradient(X, cell.W_i, dI); //                        (4) (n, d_in)
  const toH = linearGradient(sliceRows(before, 0, n), cell.W_h, dJ); //  (5)
  return { dX: toX.dX, parameters: { W_i: toX.dW, W_h: toH.dW, b_i: toX.db, b_h: toH.db } };
}

/**
 * Bidirectional GRU, backwards (双方向 GRU の逆伝播): each direction takes its half of the columns.
 *
 *     [→dH ‖ ←dH] = dH                                                  (1)
 *     dX = →dX + ←dX, each as in `gruStatesGradient`                    (2)
 *
 *     X (n, d_in)   dH (n, 2d)   →   dX (n, d_in), the weights' gradients of both directions
 *
 * Errors: RangeError unless the shapes agree as above.
 * Source: Schuster and Paliwal 1997; Bahdanau et al. 2014 §3.2, arXiv 1409.0473, differentiated.
 */
export function bidirectionalGRUGradient(gru: BidirectionalGRU, X: Matrix, dH: Matrix): BidirectionalGradient {
  const d = gru.ahead.W_h.rows;
  checkShapes("bidirectionalGRUGradient", {
    X: [X, "n", gru.ahead.W_i.rows],
    dH: [dH, "n", d + gru.back.W_h.rows],
  });
  const dH_ahead = sliceColumns(dH, 0, d); //                            (1) (n, d)
  const dH_back = sliceColumns(dH, d, dH.cols); //                       (1) (n, d)
  const ahead = gruStatesGradient(gru.ahead, X, dH_ahead);
  const back = gruStatesGradient(gru.back, X, dH_back, true);
  const dX = add(ahead.dX, back.dX); //                                  (2) (n, d_in)
  return { dX, parameters: { ahead: ahead.parameters, back: back.parameters } };
}
