import type { DecoderState, DecoderStep, RecurrentDecoder, RecurrentParts } from "./recurrent-decoder.ts";
import type { GRUCell } from "../layers/gru.ts";
import type { LuongStepAttention } from "./luong-attention.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix, checkModules, checkOptions, matrix } from "../matrix.ts";
import { checkRecurrentParts, checkSymbol, firstState } from "./recurrent-decoder.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";

/** The parameters of Luong's decoder: `attention` is any of the three in luong-attention.ts. */
export interface LuongDecoderParts extends RecurrentParts {
  readonly attention: LuongStepAttention;
}

/**
 * Luong's decoder (Luong のデコーダ): each step computes the new state, attends to the source with it, and feeds
 * the result into the next step.
 *
 *     h_0   = tanh(←h_1 W_s + b_s),  h̃_0 = 0                    (1)
 *     h_t   = GRU([y_(t−1) ‖ h̃_(t−1)], h_(t−1))                  (2)
 *     h̃_t   = Attention(h_t, H)                                  (3)
 *     logits_t = h̃_t W_o + b_o                                   (4)
 *
 *     H (n_k, 2d)   y (1, e)   →   h_t (1, n), weights (1, n_k), logits_t (1, n_out)
 *     W_s (d, n)   b_s (1, n)   W_o (d_out, n_out)   b_o (1, n_out)
 *     n_k source positions, steps t; y_(t−1) is the vector of the symbol written before, of e features;
 *     h̃_t, of d_out features, is the attentional state of `LuongAttention`, `LocalMonotonicAttention` or
 *     `LocalPredictiveAttention`; n_out symbols
 *
 * Bahdanau's query is the previous state, and the context goes into the new one; Luong's query is the new
 * state. (2) is the paper's input feeding: the next step receives what this one attended to. The paper stacks
 * LSTMs and starts from the encoder's own last state; here one GRU and Bahdanau's first state stand for both.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Luong et al. 2015 §3, Eq. 5 and 6, and §3.3 (input feeding); arXiv 1508.04025.
 */
export class LuongDecoder implements RecurrentDecoder {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly attention: LuongStepAttention;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;

  constructor(parts: LuongDecoderParts) {
    const where = "LuongDecoder";
    checkOptions(where, parts, ["W_s", "b_s", "attention", "cell", "W_o", "b_o"], "parts");
    checkModules(where, parts, ["attention", "cell"]);
    const { W_s, b_s, attention, cell, W_o, b_o } = parts;
    checkMatrix(where, "W_o", W_o);
    const d_out = W_o.rows;
    checkRecurrentParts(where, parts, { name: "attentional state", width: d_out, readOut: d_out });
    this.W_s = W_s;
    this.b_s = b_s;
    this.attention = attention;
    this.cell = cell;
    this.W_o = W_o;
    this.b_o = b_o;
  }

  /** The state before the first symbol, with h̃_0 as R. */
  begin(H: Matrix): DecoderState {
    const s = firstState("LuongDecoder.begin", this, H); //  (1) (1, n)
    return { t: 0, s, H, R: matrix(1, this.W_o.rows) };
  }

  /** One step, after the symbol y. The state's R is h̃_t. */
  step(y: Matrix, { t, s, H, R: fed }: DecoderState): DecoderStep {
    checkSymbol("LuongDecoder.step", this, y, fed.cols);
    const h = this.cell.forward(concatColumns([y, fed]), s); //                 (2) (1, n)
    const { output, weights } = this.attention.forward(h, H, { first: t }); //  (3) (1, d_out), (1, n_k)
    const logits = linear(output, this.W_o, this.b_o); //                       (4) (1, n_out)
    return { state: { t: t + 1, s: h, H, R: output }, logits, weights };
  }
}
