import type { AdditiveAttention } from "../attention/additive-attention.ts";
import type { DecoderState, DecoderStep, RecurrentDecoder, RecurrentParts } from "./recurrent-decoder.ts";
import type { GRUCell } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { additiveScores } from "../kernels/additive-scores.ts";
import { checkRecurrentParts, checkSymbol, firstState } from "./recurrent-decoder.ts";
import { checkModules, checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/** The parameters of Bahdanau's decoder. */
export interface BahdanauParts extends RecurrentParts {
  readonly attention: AdditiveAttention;
}

/**
 * Bahdanau's decoder (注意つき RNN デコーダ): before each symbol it attends to the source, with the previous state as
 * its query.
 *
 *     s_0   = tanh(←h_1 W_s + b_s)                              (1)
 *     R     = H U_a                                             (2)
 *     e_i,j = v_aᵀ tanh(s_(i−1) W_a + R_j)                      (3)
 *     α_i   = softmax(e_i)                                      (4)
 *     c_i   = Σ_j α_i,j h_j                                     (5)
 *     s_i   = GRU([y_(i−1) ‖ c_i], s_(i−1))                     (6)
 *     logits_i = [s_i ‖ c_i] W_o + b_o                          (7)
 *
 *     H (n_k, 2d)   y (1, e)   →   s_i (1, n), weights α_i (1, n_k), logits_i (1, n_out)
 *     W_s (d, n)   b_s (1, n)   W_a (n, n')   U_a (2d, n')   v_a (n', 1)
 *     W_o (n + 2d, n_out)   b_o (1, n_out)
 *     n_k source positions j, steps i; row j of H is h_j = [→h_j ‖ ←h_j]; y_(i−1) is the vector of the symbol
 *     written before, of e features; n' units of the attention, n_out symbols
 *
 * Luong's query is the current state instead. R does not depend on the step: `begin` computes it once for all
 * of them. (7) is simpler than the paper's, which also reads y and takes the larger of two units each
 * (maxout). An empty source: no weights, c = 0, and s_0 from zeros.
 * Cost: n_k·2d·n' multiply-adds once, and n·n' + n_k·(n' + 2d) a step for the attention.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Bahdanau et al. 2014, "Neural Machine Translation by Jointly Learning to Align and Translate" §3.1,
 * App. A.2; arXiv 1409.0473. Study note, docs/attention.md.
 */
export class BahdanauDecoder implements RecurrentDecoder {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly attention: AdditiveAttention;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;

  constructor(parts: BahdanauParts) {
    const where = "BahdanauDecoder";
    checkOptions(where, parts, ["W_s", "b_s", "attention", "cell", "W_o", "b_o"], "parts");
    checkModules(where, parts, ["attention", "cell"]);
    const { W_s, b_s, attention, cell, W_o, b_o } = parts;
    const context = attention.U_a.rows;
    checkRecurrentParts(where, parts, { name: "context", width: context, readOut: cell.W_h.rows + context });
    checkShapes(where, { W_s: [W_s, context / 2, "n"], "attention.W_a": [attention.W_a, "n", "n'"] });
    this.W_s = W_s;
    this.b_s = b_s;
    this.attention = attention;
    this.cell = cell;
    this.W_o = W_o;
    this.b_o = b_o;
  }

  /** The state before the first symbol, with R for all steps. */
  begin(H: Matrix): DecoderState {
    const s = firstState("BahdanauDecoder.begin", this, H); //  (1) (1, n)
    const R = matmul(H, this.attention.U_a); //                 (2) (n_k, n')
    return { t: 0, s, H, R };
  }

  /** One step, after the symbol y. */
  step(y: Matrix, { t, s, H, R }: DecoderState): DecoderStep {
    checkSymbol("BahdanauDecoder.step", this, y, H.cols);
    const { W_a, v_a } = this.attention;
    const e = additiveScores(matmul(s, W_a), R, v_a); //                     (3) (1, n_k)
    const weights = softmaxRows(e); //                                       (4) sums to 1
    const c = mix(weights, H); //                                            (5) (1, 2d)
    const next = this.cell.forward(concatColumns([y, c]), s); //             (6) (1, n)
    const logits = linear(concatColumns([next, c]), this.W_o, this.b_o); //  (7) (1, n_out)
    return { state: { t: t + 1, s: next, H, R }, logits, weights };
  }
}
