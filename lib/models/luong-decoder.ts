import type { DecoderState, DecoderStep, RecurrentDecoder, RecurrentParts } from "./recurrent-decoder.ts";
import type { GRUCell } from "../layers/gru.ts";
import type { LuongStepAttention } from "./luong-attention.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix, matrix } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { lastStates } from "../layers/gru.ts";
import { linear } from "../kernels/linear.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * Luong's decoder (Luong のデコーダ): first the new state, then the look at the source, and what was seen goes
 * into the next step.
 *
 *     h_0   = tanh(←h_1 W_s + b_s),  h̃_0 = 0                    (1)
 *     h_t   = GRU([y_(t−1) ‖ h̃_(t−1)], h_(t−1))                  (2)
 *     h̃_t   = Attention(h_t, H)                                  (3)
 *     logits_t = h̃_t W_o + b_o                                   (4)
 *
 *     H (n_k, 2d); y (1, e) the symbol written before   →   h_t (1, n), weights (1, n_k), logits_t (1, n_out)
 *     n_k source positions; `attention` any of `LuongAttention`, `LocalMonotonicAttention`, `LocalPredictiveAttention`; W_o (d_out, n_out)
 *
 * Bahdanau asks with the previous state and takes the context into the new one; Luong asks with the new
 * state. Feeding h̃ back, (2), is the paper's input feeding: the next step knows what this one looked at. The
 * paper stacks LSTMs and starts from the encoder's own last state; one GRU and Bahdanau's start stand here
 * for both.
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

  constructor({ W_s, b_s, attention, cell, W_o, b_o }: RecurrentParts & { attention: LuongStepAttention }) {
    checkMatrix("LuongDecoder", "W_s", W_s, { cols: cell.W_h.rows });
    checkMatrix("LuongDecoder", "b_s", b_s, { rows: 1, cols: W_s.cols });
    checkMatrix("LuongDecoder", "W_o", W_o);
    checkMatrix("LuongDecoder", "b_o", b_o, { rows: 1, cols: W_o.cols });
    if (cell.W_i.rows < W_o.rows) {
      throw new RangeError(
        `LuongDecoder: cell must read the attentional state's ${W_o.rows} features and more; got ` +
          `${cell.W_i.rows}`,
      );
    }
    this.W_s = W_s;
    this.b_s = b_s;
    this.attention = attention;
    this.cell = cell;
    this.W_o = W_o;
    this.b_o = b_o;
  }

  begin(H: Matrix): DecoderState {
    checkMatrix("LuongDecoder.begin", "H", H, { cols: 2 * this.W_s.rows });
    const s = tanh(linear(lastStates(H).back, this.W_s, this.b_s)); //              (1) (1, n)
    return { t: 0, s, H, R: matrix(1, this.W_o.rows) };
  }

  step(y: Matrix, { t, s, H, R: fed }: DecoderState): DecoderStep {
    checkMatrix("LuongDecoder.step", "y", y, { rows: 1, cols: this.cell.W_i.rows - fed.cols });
    const h = this.cell.forward(concatColumns([y, fed]), s); //                     (2) (1, n)
    const { output, weights } = this.attention.forward(h, H, { first: t }); //      (3) (1, d_out), (1, n_k)
    const logits = linear(output, this.W_o, this.b_o); //                           (4) (1, n_out)
    return { state: { t: t + 1, s: h, H, R: output }, logits, weights };
  }
}
