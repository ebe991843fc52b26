import type { Matrix, Random } from "../matrix.ts";
import { add, interpolate, multiply } from "../kernels/entrywise.ts";
import { checkInteger, checkMatrix, fromFunction, matrix, uniform } from "../matrix.ts";
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

/**
 * Gated recurrent unit (ゲート付き回帰ユニット, GRU), one step: a state that decides by itself what to keep.
 *
 *     [I_r ‖ I_z ‖ I_n] = x W_i + b_i                     (1)
 *     [J_r ‖ J_z ‖ J_n] = h W_h + b_h                     (2)
 *     r  = σ(I_r + J_r)                                   (3)
 *     z  = σ(I_z + J_z)                                   (4)
 *     n  = tanh(I_n + r ∘ J_n)                            (5)
 *     h' = (1 − z) ∘ n + z ∘ h                            (6)
 *
 *     x (B, d_in)   h (B, d)   →   h' (B, d);   W_i (d_in, 3d)   W_h (d, 3d)   b_i and b_h (1, 3d)
 *     B sequences side by side, d_in features of an input, d of a state; r resets, z keeps, n is new; ∘ entry by entry, σ the logistic function
 *
 * These are PyTorch's gates. In the papers r multiplies h before W_h, not after, and Bahdanau's z is 1 − z
 * here; both are GRUs, but weights trained for one give nonsense in the other. Cost: B·3d·(d_in + d)
 * multiply-adds.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Cho et al. 2014, "Learning Phrase Representations using RNN Encoder–Decoder" §2.3, arXiv 1406.1078;
 * Bahdanau et al. 2014 App. A.1.1, arXiv 1409.0473; with the gates of PyTorch's `torch.nn.GRUCell`.
 */
export class GRUCell {
  readonly W_i: Matrix;
  readonly W_h: Matrix;
  readonly b_i: Matrix;
  readonly b_h: Matrix;

  constructor({ W_i, W_h, b_i, b_h }: GRUCellParts) {
    checkMatrix("GRUCell", "W_h", W_h);
    checkMatrix("GRUCell", "W_h", W_h, { cols: 3 * W_h.rows });
    checkMatrix("GRUCell", "W_i", W_i, { cols: W_h.cols });
    checkMatrix("GRUCell", "b_i", b_i, { rows: 1, cols: W_h.cols });
    checkMatrix("GRUCell", "b_h", b_h, { rows: 1, cols: W_h.cols });
    this.W_i = W_i;
    this.W_h = W_h;
    this.b_i = b_i;
    this.b_h = b_h;
  }

  /** Fresh weights and biases, all from U(±1/√d) as in PyTorch. */
  static random({ d_in, d }: { d_in: number; d: number }, random: Random): GRUCell {
    checkInteger("GRUCell.random", "d_in", d_in, 1);
    checkInteger("GRUCell.random", "d", d, 1);
    const draw = uniform(1 / Math.sqrt(d), random);
    const [W_i, W_h] = [fromFunction(d_in, 3 * d, draw), fromFunction(d, 3 * d, draw)];
    return new GRUCell({ W_i, W_h, b_i: fromFunction(1, 3 * d, draw), b_h: fromFunction(1, 3 * d, draw) });
  }

  forward(x: Matrix, h: Matrix): Matrix {
    const d = this.W_h.rows;
    checkMatrix("GRUCell.forward", "x", x, { cols: this.W_i.rows });
    checkMatrix("GRUCell.forward", "h", h, { rows: x.rows, cols: d });
    const I = linear(x, this.W_i, this.b_i); //                                              (1) (B, 3d)
    const J = linear(h, this.W_h, this.b_h); //                                              (2) (B, 3d)
    const gate = (M: Matrix, g: number): Matrix => sliceColumns(M, g * d, (g + 1) * d);
    const r = sigmoid(add(gate(I, 0), gate(J, 0))); //                                       (3) (B, d)
    const z = sigmoid(add(gate(I, 1), gate(J, 1))); //                                       (4)
    const n = tanh(add(gate(I, 2), multiply(r, gate(J, 2)))); //                             (5)
    return interpolate(z, n, h); //                                                                (6)
  }
}

/**
 * All states of a GRU along one sequence (GRU による系列の符号化), from the first input to the last, or from the last
 * to the first.
 *
 *     h_t = GRU(x_t, h_(t−1)),  t = 1 … n                 (1)
 *     h_t = GRU(x_t, h_(t+1)),  t = n … 1                 (2)
 *
 *     X (n, d_in), row t is x_t   →   H (n, d), row t is h_t either way; before the first step the state is zero
 *
 * `backward` chooses (2). No inputs: no states.
 * Errors: as `GRUCell`.
 */
export function gruStates(cell: GRUCell, X: Matrix, backward: boolean = false): Matrix {
  checkMatrix("gruStates", "X", X, { cols: cell.W_i.rows });
  const states: Matrix[] = [matrix(0, cell.W_h.rows)];
  let h = matrix(1, cell.W_h.rows);
  for (let step = 0; step < X.rows; step++) {
    const t = backward ? X.rows - 1 - step : step;
    h = cell.forward(sliceRows(X, t, t + 1), h); //                                          (1)
    states.push(h);
  }
  return concatRows(backward ? states.reverse() : states); //                                (2)
}

/**
 * Bidirectional GRU (双方向 GRU): what each position knows of all before it, beside what it knows of all after
 * it.
 *
 *     H = [→h_t ‖ ←h_t],  t = 1 … n                       (1)
 *
 *     X (n, d_in)   →   H (n, 2d): Bahdanau's annotations h_j, around which position j's own neighbourhood weighs most
 *
 * The state that has read everything is →h_n for the one direction, and ←h_1 for the other: see `lastStates`.
 * Source: Bahdanau et al. 2014 §3.2; Schuster and Paliwal 1997.
 */
export class BidirectionalGRU {
  readonly ahead: GRUCell;
  readonly back: GRUCell;

  constructor({ ahead, back }: { ahead: GRUCell; back: GRUCell }) {
    checkMatrix("BidirectionalGRU", "back.W_i", back.W_i, ahead.W_i);
    this.ahead = ahead;
    this.back = back;
  }

  static random(widths: { d_in: number; d: number }, random: Random): BidirectionalGRU {
    return new BidirectionalGRU({
      ahead: GRUCell.random(widths, random),
      back: GRUCell.random(widths, random),
    });
  }

  forward(X: Matrix): Matrix {
    return concatColumns([gruStates(this.ahead, X), gruStates(this.back, X, true)]); //       (1) (n, 2d)
  }
}

/** →h_n and ←h_1 out of H (n, 2d), (1, d) each; zeros for n = 0 (系列全体を読み終えた状態). */
export function lastStates(H: Matrix): { ahead: Matrix; back: Matrix } {
  checkMatrix("lastStates", "H", H);
  if (H.cols % 2 !== 0) {
    throw new RangeError(
      `lastStates: H must have an even number of columns, half for each direction; got ${H.cols}`,
    );
  }
  const d = H.cols / 2;
  if (H.rows === 0) return { ahead: matrix(1, d), back: matrix(1, d) };
  return {
    ahead: sliceColumns(sliceRows(H, H.rows - 1, H.rows), 0, d),
    back: sliceColumns(sliceRows(H, 0, 1), d, 2 * d),
  };
}
