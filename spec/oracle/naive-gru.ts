import type { GRUCell } from "../../lib/layers/gru.ts";
import type { Rows } from "./naive.ts";
import { naiveMatmul } from "./naive.ts";
import { rowsOf } from "../support/values.ts";

/**
 * One step of a GRU in doubles, unit by unit. The three gates of unit u are in columns u, d + u and 2d + u.
 */
export function naiveGru({ W_i, W_h, b_i, b_h }: GRUCell, x: number[], h: number[]): number[] {
  const logistic = (a: number): number => 1 / (1 + Math.exp(-a));
  const [I, J] = [naiveMatmul([x], rowsOf(W_i))[0]!, naiveMatmul([h], rowsOf(W_h))[0]!];
  const d = h.length;
  return h.map((old, u) => {
    const fromInput = (g: number): number => I[g * d + u]! + b_i.data[g * d + u]!;
    const fromState = (g: number): number => J[g * d + u]! + b_h.data[g * d + u]!;
    const reset = logistic(fromInput(0) + fromState(0));
    const update = logistic(fromInput(1) + fromState(1));
    const fresh = Math.tanh(fromInput(2) + reset * fromState(2));
    return (1 - update) * fresh + update * old;
  });
}

/** The states after all inputs up to t, beside the states after all inputs from t on. */
export function naiveBidirectional(ahead: GRUCell, back: GRUCell, X: Rows): Rows {
  const along = (cell: GRUCell, rows: Rows): Rows => {
    let h = new Array<number>(cell.W_h.rows).fill(0);
    return rows.map((x) => (h = naiveGru(cell, x, h)));
  };
  const [right, left] = [along(ahead, X), along(back, [...X].reverse()).reverse()];
  return X.map((_, t) => [...right[t]!, ...left[t]!]);
}
