import type { GRUCell } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import { checkShapes } from "../matrix.ts";
import { lastStates } from "../layers/gru.ts";
import { linear } from "../kernels/linear.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * What a recurrent decoder carries from one step to the next: t steps done, its state s (1, n), the source's
 * states H (n_k, 2d), and R, one more matrix that each decoder describes.
 */
export interface DecoderState {
  readonly t: number;
  readonly s: Matrix;
  readonly H: Matrix;
  readonly R: Matrix;
}

/**
 * The result of one step: the state for the next step, a score for every output symbol (1, n_out), and the
 * weights over the source (1, n_k).
 */
export interface DecoderStep {
  readonly state: DecoderState;
  readonly logits: Matrix;
  readonly weights: Matrix;
}

/** A decoder that writes one symbol after another. */
export interface RecurrentDecoder {
  /** The state before the first symbol, from the source's states H (n_k, 2d). */
  begin(H: Matrix): DecoderState;
  /** One step, after the symbol whose vector is y (1, e). */
  step(y: Matrix, state: DecoderState): DecoderStep;
}

/**
 * The parameters of every decoder of this kind, beside its attention.
 * W_s (d, n) and b_s (1, n) make the first state, `cell` the next one; W_o and b_o (1, n_out) make the
 * logits.
 */
export interface RecurrentParts {
  readonly W_s: Matrix;
  readonly b_s: Matrix;
  readonly cell: GRUCell;
  readonly W_o: Matrix;
  readonly b_o: Matrix;
}

/**
 * The vector that goes into the cell beside the symbol: its name, for errors, and its width.
 * `readOut` is the number of features from which the logits are made.
 */
export interface FedVector {
  readonly name: "context" | "attentional state";
  readonly width: number;
  readonly readOut: number;
}

/**
 * The first state of a decoder (デコーダの初期状態), from the backward half of the source's first position.
 *
 *     s_0 = tanh(←h_1 W_s + b_s)     (1)
 *
 *     H (n_k, 2d)   →   s_0 (1, n)
 *     W_s (d, n)   b_s (1, n)
 *     n_k source positions, d features of each direction, n of the state
 *
 * An empty source: ←h_1 is zero. `where` is the caller's name, for errors.
 * Errors: RangeError unless H is 2d wide.
 * Source: Bahdanau et al. 2014 App. A.2.2, arXiv 1409.0473.
 */
export function firstState(where: string, { W_s, b_s }: RecurrentParts, H: Matrix): Matrix {
  checkShapes(where, { H: [H, "n_k", 2 * W_s.rows] });
  const { back } = lastStates(H);
  return tanh(linear(back, W_s, b_s)); //  (1) (1, n)
}

/** Throws unless y is one row that fills the cell's input beside a fed vector of some width. */
export function checkSymbol(where: string, { cell }: RecurrentParts, y: Matrix, fedWidth: number): void {
  checkShapes(where, { y: [y, 1, cell.W_i.rows - fedWidth] });
}

/**
 * Throws unless the parts fit each other and the fed vector.
 *
 *     W_s (d, n)   b_s (1, n)   W_o (readOut, n_out)   b_o (1, n_out)
 *     n features of the cell's state, n_out symbols; the cell reads the symbol and the fed vector
 */
export function checkRecurrentParts(where: string, parts: RecurrentParts, fed: FedVector): void {
  const { W_s, b_s, cell, W_o, b_o } = parts;
  const n = cell.W_h.rows;
  checkShapes(where, {
    W_s: [W_s, "d", n],
    b_s: [b_s, 1, n],
    W_o: [W_o, fed.readOut, "n_out"],
    b_o: [b_o, 1, "n_out"],
  });
  if (cell.W_i.rows >= fed.width) return;
  const rule = `cell must read the ${fed.name}'s ${fed.width} features and more`;
  throw new RangeError(`${where}: ${rule}; got ${cell.W_i.rows}`);
}
