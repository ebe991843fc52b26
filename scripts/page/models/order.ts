/** A sentence and the same words in another order, through one self-attention. */
import type { Matrix } from "../../../lib/matrix.ts";
import type { Projected } from "./sparse.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { StructuredSelfAttention } from "../../../lib/attention/structured-self-attention.ts";
import { add } from "../../../lib/kernels/entrywise.ts";
import { gatherRows } from "../../../lib/kernels/rows.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { randomGenerator } from "../../../lib/matrix.ts";
import { sinusoidalPositions } from "../../../lib/layers/sinusoidal-positions.ts";

/** Rows of structured self-attention: what a sentence is pooled into. */
export const POOLED_ROWS = 3;

export interface OrderSettings {
  /** Which shuffle; 0 leaves the sentence as it is. */
  readonly shuffle: number;
  readonly positions: boolean;
  readonly seed: number;
}

export interface OrderModel extends Projected {
  /** The place in the sentence of each word of the shuffled one. */
  readonly order: readonly number[];
  readonly map: Matrix;
  readonly shuffled: Matrix;
  /** Numbers of the output that are the same to the bit for the same word, and how many there are. */
  readonly same: number;
  readonly all: number;
  /** The largest difference of outputs for the same word. */
  readonly off: number;
  /** The largest difference of what structured self-attention pools the sentences into. */
  readonly pooledOff: number;
}

/** The n-th order of T words; the 0-th is the one that they have, the first is backwards. */
export function orderOf(T: number, n: number): number[] {
  const order = Array.from({ length: T }, (_, t) => t);
  if (n === 0) return order;
  if (n === 1) return order.reverse();
  const random = randomGenerator(n);
  for (let t = T - 1; t > 0; t--) {
    const u = Math.floor(random() * (t + 1));
    [order[t], order[u]] = [order[u]!, order[t]!];
  }
  return order;
}

/** Self-attention of both sentences, with positions added to the words or not. */
export function orderModel(X: Matrix, { shuffle, positions, seed }: OrderSettings): OrderModel {
  const [T, d] = [X.rows, X.cols];
  const order = orderOf(T, shuffle);
  const P = sinusoidalPositions(T, d);
  const placed = (words: Matrix): Matrix => (positions ? add(words, P) : words);
  const [written, moved] = [placed(X), placed(gatherRows(X, order))];
  const attention = SelfAttention.random({ d_model: d, d_k: d }, randomGenerator(seed));
  const [a, b] = [attention.forward(written), attention.forward(moved)];
  const expected = gatherRows(a.output, order);
  const pooling = StructuredSelfAttention.random({ d_hidden: d, d_a: 8, r: POOLED_ROWS }, randomGenerator(seed));
  const { W_Q, W_K, W_V } = attention.head;
  return {
    order,
    map: a.weights,
    shuffled: b.weights,
    same: expected.data.reduce((count, x, e) => count + (Object.is(x, b.output.data[e]) ? 1 : 0), 0),
    all: expected.data.length,
    off: farthest(expected, b.output),
    pooledOff: farthest(pooling.forward(written).output, pooling.forward(moved).output),
    Q: linear(written, W_Q),
    K: linear(written, W_K),
    V: linear(written, W_V),
  };
}

/** The largest absolute difference of two matrices. */
export function farthest(A: Matrix, B: Matrix): number {
  return A.data.reduce((most, x, e) => Math.max(most, Math.abs(x - B.data[e]!)), 0);
}
