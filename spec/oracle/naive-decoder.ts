import type { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import type { RecurrentParts } from "../../lib/models/recurrent-decoder.ts";
import type { Rows } from "./naive.ts";
import { dot, naiveAttention, naiveLinear, naiveMatmul } from "./naive.ts";
import { naiveGru } from "./naive-gru.ts";
import { rowsOf } from "../support/values.ts";

/**
 * The first state in doubles, from the backward half of the first row of H, or from zeros for an empty
 * source.
 */
export function naiveStart({ W_s, b_s }: RecurrentParts, H: Rows): number[] {
  const back = H.length === 0 ? new Array<number>(W_s.rows).fill(0) : H[0]!.slice(H[0]!.length / 2);
  return naiveLinear([back], rowsOf(W_s), rowsOf(b_s))[0]!.map(Math.tanh);
}

/** The rest of a step, given the context c: the next state and the logits. */
export function naiveStep(
  { cell, W_o, b_o }: RecurrentParts,
  y: number[],
  c: number[],
  s: number[],
): { s: number[]; logits: number[] } {
  const next = naiveGru(cell, [...y, ...c], s);
  return { s: next, logits: naiveLinear([[...next, ...c]], rowsOf(W_o), rowsOf(b_o))[0]! };
}

/**
 * Bahdanau's decoder in doubles along given inputs y: each step's logits, weights and state. Scores pair by
 * pair; `allow` may hide source positions from a step.
 */
export function naiveBahdanau(
  decoder: BahdanauDecoder,
  H: Rows,
  inputs: Rows,
  allow: (i: number, j: number) => boolean = () => true,
): { logits: Rows; weights: Rows; states: Rows } {
  const { W_a, U_a, v_a } = decoder.attention;
  const v = rowsOf(v_a).map(([x]) => x!);
  const score = (s: number[], h: number[]): number => {
    const [p, r] = [naiveMatmul([s], rowsOf(W_a))[0]!, naiveMatmul([h], rowsOf(U_a))[0]!];
    const units = p.map((x, u) => Math.tanh(x + r[u]!));
    return dot(v, units);
  };
  let s = naiveStart(decoder, H);
  const [logits, weights, states]: [Rows, Rows, Rows] = [[], [], []];
  for (const [i, y] of inputs.entries()) {
    const seen = naiveAttention([s], H, H, { score, allow: (_, j) => allow(i, j) });
    const c = H.length === 0 ? new Array<number>(U_a.rows).fill(0) : seen.output[0]!;
    const step = naiveStep(decoder, y, c, s);
    s = step.s;
    logits.push(step.logits);
    weights.push(seen.weights[0]!);
    states.push(s);
  }
  return { logits, weights, states };
}
