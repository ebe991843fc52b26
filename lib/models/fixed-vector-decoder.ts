import type { DecoderState, DecoderStep, RecurrentDecoder, RecurrentParts } from "./recurrent-decoder.ts";
import type { GRUCell } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix, matrix } from "../matrix.ts";
import { checkRecurrentParts } from "./recurrent-decoder.ts";
import { concatColumns } from "../kernels/columns.ts";
import { lastStates } from "../layers/gru.ts";
import { linear } from "../kernels/linear.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * The decoder before attention (固定長ベクトルのデコーダ): all it ever learns of the source is one vector of fixed
 * length.
 *
 *     c     = [→h_n ‖ ←h_1]                                     (1)
 *     s_0   = tanh(←h_1 W_s + b_s)                              (2)
 *     s_i   = GRU([y_(i−1) ‖ c], s_(i−1))                       (3)
 *     logits_i = [s_i ‖ c] W_o + b_o                            (4)
 *
 *     H (n_k, 2d); y (1, e) the symbol written before   →   s_i (1, n), logits_i (1, n_out), no weights
 *     n_k source positions, n of them; c (1, 2d) is as long for ten characters as for ten thousand: D-ATT's bottleneck
 *
 * `BahdanauDecoder` with c in place of every c_i, so that both can run on the same parameters. An empty
 * source: c = 0.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Cho et al. 2014 §2.2, arXiv 1406.1078 (c goes into every step); D-ATT's reason for attention, after
 * Bahdanau et al. 2014 §1.
 */
export class FixedVectorDecoder implements RecurrentDecoder {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;

  constructor({ W_s, b_s, cell, W_o, b_o }: RecurrentParts) {
    checkMatrix("FixedVectorDecoder", "W_s", W_s);
    checkRecurrentParts("FixedVectorDecoder", { W_s, b_s, cell, W_o, b_o }, 2 * W_s.rows);
    this.W_s = W_s;
    this.b_s = b_s;
    this.cell = cell;
    this.W_o = W_o;
    this.b_o = b_o;
  }

  begin(H: Matrix): DecoderState {
    checkMatrix("FixedVectorDecoder.begin", "H", H, { cols: 2 * this.W_s.rows });
    const { ahead, back } = lastStates(H);
    const c = concatColumns([ahead, back]); //                                   (1) (1, 2d)
    const s = tanh(linear(back, this.W_s, this.b_s)); //                         (2) (1, n)
    return { t: 0, s, H: matrix(0, H.cols), R: c };
  }

  step(y: Matrix, { t, s, H, R: c }: DecoderState): DecoderStep {
    checkMatrix("FixedVectorDecoder.step", "y", y, { rows: 1, cols: this.cell.W_i.rows - c.cols });
    const next = this.cell.forward(concatColumns([y, c]), s); //                 (3) (1, n)
    const logits = linear(concatColumns([next, c]), this.W_o, this.b_o); //      (4) (1, n_out)
    return { state: { t: t + 1, s: next, H, R: c }, logits, weights: matrix(1, 0) };
  }
}
