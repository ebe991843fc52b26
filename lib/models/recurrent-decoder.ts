import type { GRUCell } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * What a recurrent decoder remembers between two steps: t steps done, its state s (1, n), the source's states
 * H, and R, something of its own.
 */
export interface DecoderState {
  readonly t: number;
  readonly s: Matrix;
  readonly H: Matrix;
  readonly R: Matrix;
}

/**
 * What one step gives: the state to go on from, a score for every output symbol (1, n_out), and the weights
 * over the source (1, n_k).
 */
export interface DecoderStep {
  readonly state: DecoderState;
  readonly logits: Matrix;
  readonly weights: Matrix;
}

/**
 * A decoder that writes one symbol after another: `begin` with the source's states H (n_k, d_h), `step` with
 * the symbol written last (1, e).
 */
export interface RecurrentDecoder {
  begin(H: Matrix): DecoderState;
  step(y: Matrix, state: DecoderState): DecoderStep;
}

/**
 * What every decoder of this kind learns beside its attention: W_s, b_s make the first state, `cell` the
 * next, W_o, b_o read it out.
 */
export interface RecurrentParts {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;
}

/**
 * Throws unless the parts fit each other and a context of `context` features.
 *
 * The state's width n is the cell's; the cell reads [y ‖ c], so that y has the rest of its inputs; the
 * read-out reads [s ‖ c].
 */
export function checkRecurrentParts(
  where: string,
  { W_s, b_s, cell, W_o, b_o }: RecurrentParts,
  context: number,
): void {
  const n = cell.W_h.rows;
  checkMatrix(where, "W_s", W_s, { cols: n });
  checkMatrix(where, "b_s", b_s, { rows: 1, cols: n });
  checkMatrix(where, "W_o", W_o, { rows: n + context });
  checkMatrix(where, "b_o", b_o, { rows: 1, cols: W_o.cols });
  if (cell.W_i.rows < context) {
    throw new RangeError(
      `${where}: cell must read the context's ${context} features and more; got ${cell.W_i.rows}`,
    );
  }
}
