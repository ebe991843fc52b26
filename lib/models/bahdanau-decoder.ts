import type { AdditiveAttention } from "../attention/additive-attention.ts";
import type { DecoderState, DecoderStep, RecurrentDecoder, RecurrentParts } from "./recurrent-decoder.ts";
import type { GRUCell } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { additiveScores } from "../kernels/additive-scores.ts";
import { checkMatrix } from "../matrix.ts";
import { checkRecurrentParts } from "./recurrent-decoder.ts";
import { concatColumns } from "../kernels/columns.ts";
import { lastStates } from "../layers/gru.ts";
import { linear } from "../kernels/linear.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * Bahdanau's decoder (注意つき RNN デコーダ): before each symbol it looks back at the source, and asks with the state
 * it had so far.
 *
 *     s_0   = tanh(←h_1 W_s + b_s)                              (1)
 *     R     = H U_a                                             (2)
 *     e_i,j = v_aᵀ tanh(s_(i−1) W_a + R_j)                      (3)
 *     α_i   = softmax(e_i)                                      (4)
 *     c_i   = Σ_j α_i,j h_j                                     (5)
 *     s_i   = GRU([y_(i−1) ‖ c_i], s_(i−1))                     (6)
 *     logits_i = [s_i ‖ c_i] W_o + b_o                          (7)
 *
 *     H (n_k, 2d), row j is h_j = [→h_j ‖ ←h_j]; y (1, e) the symbol written before   →   s_i (1, n), weights α_i (1, n_k), logits_i (1, n_out)
 *     n_k source positions j, steps i; W_s (d, n)   W_a (n, n')   U_a (2d, n')   v_a (n', 1)   W_o (n + 2d, n_out)
 *
 * The query is the previous state; Luong's is the current one. R does not depend on the step: `begin` makes
 * it once for all of them. (7) is simpler than the paper's, which also reads y and takes the larger of two
 * units each (maxout). An empty source: no weights, c = 0, s_0 from zeros. Cost: n_k·2d·n' once, and n·n' +
 * n_k·(n' + 2d) multiply-adds a step for the attention.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014, "Neural Machine Translation by Jointly Learning to Align and Translate" §3.1,
 * App. A.2; arXiv 1409.0473. D-ATT.
 */
export class BahdanauDecoder implements RecurrentDecoder {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly attention: AdditiveAttention;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;

  constructor({ attention, ...parts }: RecurrentParts & { attention: AdditiveAttention }) {
    const { W_s, b_s, cell, W_o, b_o } = parts;
    checkRecurrentParts("BahdanauDecoder", parts, attention.U_a.rows);
    checkMatrix("BahdanauDecoder", "W_s", W_s, { rows: attention.U_a.rows / 2 });
    checkMatrix("BahdanauDecoder", "attention.W_a", attention.W_a, { rows: W_s.cols });
    this.W_s = W_s;
    this.b_s = b_s;
    this.attention = attention;
    this.cell = cell;
    this.W_o = W_o;
    this.b_o = b_o;
  }

  begin(H: Matrix): DecoderState {
    checkMatrix("BahdanauDecoder.begin", "H", H, { cols: this.attention.U_a.rows });
    const s = tanh(linear(lastStates(H).back, this.W_s, this.b_s)); //           (1) (1, n)
    const R = matmul(H, this.attention.U_a); //                                  (2) (n_k, n')
    return { t: 0, s, H, R };
  }

  step(y: Matrix, { t, s, H, R }: DecoderState): DecoderStep {
    checkMatrix("BahdanauDecoder.step", "y", y, { rows: 1, cols: this.cell.W_i.rows - H.cols });
    const { W_a, v_a } = this.attention;
    const e = additiveScores(matmul(s, W_a), R, v_a); //                         (3) (1, n_k)
    const weights = softmaxRows(e); //                                           (4) sums to 1
    const c = mix(weights, H); //                                                (5) (1, 2d)
    const next = this.cell.forward(concatColumns([y, c]), s); //                 (6) (1, n)
    const logits = linear(concatColumns([next, c]), this.W_o, this.b_o); //      (7) (1, n_out)
    return { state: { t: t + 1, s: next, H, R }, logits, weights };
  }
}
