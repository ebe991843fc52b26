import type { Matrix, Random } from "../matrix.ts";
import { add, interpolate, multiply } from "../kernels/entrywise.ts";
import { checkBoolean, checkInteger, checkMatrix, checkModules, checkOptions } from "../matrix.ts";
import { checkShapes, fromFunction, matrix, uniform } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { linear } from "../kernels/linear.ts";
import { sigmoid, tanh } from "../kernels/activations.ts";

/** The weights of a GRU cell, three gates side by side in PyTorch's order: reset, update, new. */
export interface GRUCellParts {
  readonly W_i: Matrix;
  readonly W_h: Matrix;
  readonly b_i: Matrix;
  readonly b_h: Matrix;
}

/** The widths of a GRU cell: d_in features of an input, d of a state. */
export interface GRUWidths {
  readonly d_in: number;
  readonly d: number;
}

/**
 * Gated recurrent unit (ゲート付き回帰ユニット, GRU), one step: two gates set how much of the old state remains.
 *
 *     [I_r ‖ I_z ‖ I_n] = x W_i + b_i                     (1)
 *     [J_r ‖ J_z ‖ J_n] = h W_h + b_h                     (2)
 *     r  = σ(I_r + J_r)                                   (3)
 *     z  = σ(I_z + J_z)                                   (4)
 *     n  = tanh(I_n + r ∘ J_n)                            (5)
 *     h' = (1 − z) ∘ n + z ∘ h                            (6)
 *
 *     x (B, d_in)   h (B, d)   →   h' (B, d)
 *     W_i (d_in, 3d)   W_h (d, 3d)   b_i (1, 3d)   b_h (1, 3d)
 *     B sequences side by side, d_in features of an input, d of a state; r resets, z keeps, n is new;
 *     ∘ entry by entry, σ the logistic function
 *
 * The gates are PyTorch's. In the papers r multiplies h before W_h, not after, and Bahdanau's z is 1 − z
 * here. Both are GRUs, but the weights of one are useless in the other.
 * Cost: B·3d·(d_in + d) multiply-adds.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder–Decoder" §2.3, arXiv 1406.1078;
 * Bahdanau et al. 2014 App. A.1.1, arXiv 1409.0473; with the gates of PyTorch's `torch.nn.GRUCell`.
 */
export class GRUCell {
  readonly W_i: Matrix;
  readonly W_h: Matrix;
  readonly b_i: Matrix;
  readonly b_h: Matrix;

  constructor(parts: GRUCellParts) {
    checkOptions("GRUCell", parts, ["W_i", "W_h", "b_i", "b_h"], "parts");
    const { W_i, W_h, b_i, b_h } = parts;
    checkMatrix("GRUCell", "W_h", W_h);
    const gates = 3 * W_h.rows;
    checkShapes("GRUCell", {
      W_h: [W_h, "d", gates],
      W_i: [W_i, "d_in", gates],
      b_i: [b_i, 1, gates],
      b_h: [b_h, 1, gates],
    });
    this.W_i = W_i;
    this.W_h = W_h;
    this.b_i = b_i;
    this.b_h = b_h;
  }

  /** Fresh weights and biases, all from U(±1/√d) as in PyTorch. */
  static random(widths: GRUWidths, random: Random): GRUCell {
    checkOptions("GRUCell.random", widths, ["d_in", "d"], "widths");
    const { d_in, d } = widths;
    checkInteger("GRUCell.random", "d_in", d_in, 1);
    checkInteger("GRUCell.random", "d", d, 1);
    const draw = uniform(1 / Math.sqrt(d), random);
    const W_i = fromFunction(d_in, 3 * d, draw);
    const W_h = fromFunction(d, 3 * d, draw);
    const b_i = fromFunction(1, 3 * d, draw);
    const b_h = fromFunction(1, 3 * d, draw);
    return new GRUCell({ W_i, W_h, b_i, b_h });
  }

  /** The next states h' from the inputs x and the states h. */
  forward(x: Matrix, h: Matrix): Matrix {
    const d = this.W_h.rows;
    checkShapes("GRUCell.forward", { x: [x, "B", this.W_i.rows], h: [h, "B", d] });
    const gate = (M: Matrix, g: number): Matrix => sliceColumns(M, g * d, (g + 1) * d);

    const I = linear(x, this.W_i, this.b_i); //                   (1) (B, 3d)
    const J = linear(h, this.W_h, this.b_h); //                   (2) (B, 3d)
    const r = sigmoid(add(gate(I, 0), gate(J, 0))); //            (3) (B, d)
    const z = sigmoid(add(gate(I, 1), gate(J, 1))); //            (4) (B, d)
    const n = tanh(add(gate(I, 2), multiply(r, gate(J, 2)))); //  (5) (B, d)
    return interpolate(z, n, h); //                               (6) (B, d)
  }
}

/**
 * All states of a GRU along one sequence (GRU による系列の符号化), in either direction.
 *
 *     h_t = GRU(x_t, h_(t−1)),  t = 1 … n                 (1)
 *     h_t = GRU(x_t, h_(t+1)),  t = n … 1                 (2)
 *
 *     X (n, d_in)   →   H (n, d)
 *     n inputs; x_t is row t of X, of d_in features; h_t is row t of H, of d features, in both directions
 *
 * `backward` chooses (2). Before the first step the state is zero. No inputs give no states.
 * Errors: as `GRUCell`.
 */
export function gruStates(cell: GRUCell, X: Matrix, backward: boolean = false): Matrix {
  checkBoolean("gruStates", "backward", backward);
  checkShapes("gruStates", { X: [X, "n", cell.W_i.rows] });
  const d = cell.W_h.rows;
  const states: Matrix[] = [matrix(0, d)]; // gives an empty sequence its width
  let h = matrix(1, d);
  for (let step = 0; step < X.rows; step++) {
    const t = backward ? X.rows - 1 - step : step;
    h = cell.forward(sliceRows(X, t, t + 1), h); //  (1) (1, d)
    states.push(h);
  }
  return concatRows(backward ? states.reverse() : states); //  (2) (n, d)
}

/**
 * Bidirectional GRU (双方向 GRU): the state after all inputs up to t, beside the state after all inputs from t
 * on.
 *
 *     H = [→h_t ‖ ←h_t],  t = 1 … n                       (1)
 *
 *     X (n, d_in)   →   H (n, 2d)
 *     n inputs of d_in features, d features of a state; →h from the first input on, ←h from the last one back
 *
 * Row t is Bahdanau's annotation h_t: the inputs near t have the most influence on it. The state after the
 * whole sequence is →h_n in one direction and ←h_1 in the other: see `lastStates`.
 * Errors: RangeError unless X and both cells agree in width.
 * Source: Bahdanau et al. 2014 §3.2, arXiv 1409.0473; Schuster and Paliwal 1997.
 */
export class BidirectionalGRU {
  readonly ahead: GRUCell;
  readonly back: GRUCell;

  constructor(parts: { ahead: GRUCell; back: GRUCell }) {
    checkOptions("BidirectionalGRU", parts, ["ahead", "back"], "parts");
    checkModules("BidirectionalGRU", parts, ["ahead", "back"]);
    const { ahead, back } = parts;
    checkShapes("BidirectionalGRU", { "back.W_i": [back.W_i, ahead.W_i.rows, ahead.W_i.cols] });
    this.ahead = ahead;
    this.back = back;
  }

  /** Fresh cells as `GRUCell.random` makes them, first the one that reads ahead. */
  static random(widths: GRUWidths, random: Random): BidirectionalGRU {
    const ahead = GRUCell.random(widths, random);
    const back = GRUCell.random(widths, random);
    return new BidirectionalGRU({ ahead, back });
  }

  /** H for the sequence X. */
  forward(X: Matrix): Matrix {
    return concatColumns([gruStates(this.ahead, X), gruStates(this.back, X, true)]); //  (1) (n, 2d)
  }
}

/**
 * The states after the whole sequence (系列全体を読み終えた状態), out of a bidirectional GRU's.
 *
 *     H (n, 2d)   →   ahead →h_n (1, d), back ←h_1 (1, d)
 *     n positions, d features of a state of one direction
 *
 * No positions give zeros.
 * Errors: RangeError for an odd number of columns.
 */
export function lastStates(H: Matrix): { ahead: Matrix; back: Matrix } {
  checkMatrix("lastStates", "H", H);
  if (H.cols % 2 !== 0) {
    const rule = "have an even number of columns, half for each direction";
    throw new RangeError(`lastStates: H must ${rule}; got ${H.cols}`);
  }
  const d = H.cols / 2;
  if (H.rows === 0) return { ahead: matrix(1, d), back: matrix(1, d) };
  const last = sliceRows(H, H.rows - 1, H.rows);
  const first = sliceRows(H, 0, 1);
  return { ahead: sliceColumns(last, 0, d), back: sliceColumns(first, d, 2 * d) };
}
