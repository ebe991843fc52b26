import type { DecoderState, DecoderStep, RecurrentDecoder, RecurrentParts } from "./recurrent-decoder.ts";
import type { GRUCell } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix, checkModules, checkOptions, matrix } from "../matrix.ts";
import { checkRecurrentParts, checkSymbol, firstState } from "./recurrent-decoder.ts";
import { concatColumns } from "../kernels/columns.ts";
import { lastStates } from "../layers/gru.ts";
import { linear } from "../kernels/linear.ts";

/**
 * The decoder before attention (固定長ベクトルのデコーダ): it reads the source from one vector of fixed length.
 *
 *     c     = [→h_n ‖ ←h_1]                                     (1)
 *     s_0   = tanh(←h_1 W_s + b_s)                              (2)
 *     s_i   = GRU([y_(i−1) ‖ c], s_(i−1))                       (3)
 *     logits_i = [s_i ‖ c] W_o + b_o                            (4)
 *
 *     H (n_k, 2d)   y (1, e)   →   s_i (1, n), logits_i (1, n_out), no weights
 *     W_s (d, n)   b_s (1, n)   W_o (n + 2d, n_out)   b_o (1, n_out)
 *     n_k source positions, the last of them n; row j of H is [→h_j ‖ ←h_j]; n_out symbols;
 *     y_(i−1) is the vector of the symbol written before, of e features
 *
 * c (1, 2d) is as long for ten characters as for ten thousand: this is the bottleneck that attention removes.
 * It is `BahdanauDecoder` with c in place of every c_i, so that both can run on the same parameters. An empty
 * source: c = 0.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Cho et al. 2014 §2.2, arXiv 1406.1078, where c goes into every step. Study note, docs/attention.md,
 * after Bahdanau et al. 2014 §1, arXiv 1409.0473.
 */
export class FixedVectorDecoder implements RecurrentDecoder {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;

  constructor(parts: RecurrentParts) {
    const where = "FixedVectorDecoder";
    // Bahdanau's parts may be given, to compare the two: his attention is known here and not used.
    checkOptions(where, parts, ["W_s", "b_s", "attention", "cell", "W_o", "b_o"], "parts");
    checkModules(where, parts, ["cell"]);
    const { W_s, b_s, cell, W_o, b_o } = parts;
    checkMatrix(where, "W_s", W_s);
    const context = 2 * W_s.rows;
    checkRecurrentParts(where, parts, { name: "context", width: context, readOut: cell.W_h.rows + context });
    this.W_s = W_s;
    this.b_s = b_s;
    this.cell = cell;
    this.W_o = W_o;
    this.b_o = b_o;
  }

  /** The state before the first symbol, with c as R. H is not kept. */
  begin(H: Matrix): DecoderState {
    const s = firstState("FixedVectorDecoder.begin", this, H); //  (2) (1, n)
    const { ahead, back } = lastStates(H);
    const c = concatColumns([ahead, back]); //                     (1) (1, 2d)
    return { t: 0, s, H: matrix(0, H.cols), R: c };
  }

  /** One step, after the symbol y. */
  step(y: Matrix, { t, s, H, R: c }: DecoderState): DecoderStep {
    checkSymbol("FixedVectorDecoder.step", this, y, c.cols);
    const next = this.cell.forward(concatColumns([y, c]), s); //             (3) (1, n)
    const logits = linear(concatColumns([next, c]), this.W_o, this.b_o); //  (4) (1, n_out)
    return { state: { t: t + 1, s: next, H, R: c }, logits, weights: matrix(1, 0) };
  }
}
