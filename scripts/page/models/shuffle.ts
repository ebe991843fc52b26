/** Self-attention before and after the words are shuffled, with and without positions. */
import type { Matrix } from "../../../lib/matrix.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { StructuredSelfAttention } from "../../../lib/attention/structured-self-attention.ts";
import { add } from "../../../lib/kernels/entrywise.ts";
import { gatherRows } from "../../../lib/kernels/rows.ts";
import { randomGenerator } from "../../../lib/matrix.ts";
import { sinusoidalPositions } from "../../../lib/layers/sinusoidal-positions.ts";

export interface OrderModel {
  /** Place in the shuffled sentence → place in the sentence. */
  readonly order: readonly number[];
  /** The maps over the sentence and over the shuffled one. */
  readonly map: Matrix;
  readonly shuffled: Matrix;
  /** For each word of the shuffled sentence: how far its output is from its output before, at most. */
  readonly moved: readonly number[];
  /** Structured self-attention: r learned rows over the sentence. */
  readonly rows: Matrix;
}

/** An order of n places that a seed draws; 0 is the order as it stands. */
export function orderOf(n: number, shuffle: number): number[] {
  const order = Array.from({ length: n }, (_, t) => t);
  if (shuffle === 0) return order;
  const random = randomGenerator(shuffle);
  for (let t = n - 1; t > 0; t--) {
    const other = Math.floor(random() * (t + 1));
    [order[t], order[other]] = [order[other]!, order[t]!];
  }
  return order;
}

export function orderModel(
  X: Matrix,
  settings: { shuffle: number; positions: boolean; seed: number },
): OrderModel {
  const { shuffle, positions, seed } = settings;
  const order = orderOf(X.rows, shuffle);
  const random = randomGenerator(seed);
  const attention = SelfAttention.random({ d_model: X.cols, d_k: X.cols }, random);
  const placed = (M: Matrix): Matrix => (positions ? add(M, sinusoidalPositions(M.rows, M.cols)) : M);
  const before = attention.forward(placed(X));
  const after = attention.forward(placed(gatherRows(X, order)));
  const structured = StructuredSelfAttention.random({ d_hidden: X.cols, d_a: X.cols, r: 3 }, random);
  const moved = order.map((from, to) => {
    let most = 0;
    for (let c = 0; c < before.output.cols; c++) {
      const off = after.output.data[to * X.cols + c]! - before.output.data[from * X.cols + c]!;
      most = Math.max(most, Math.abs(off));
    }
    return most;
  });
  return {
    order,
    map: before.weights,
    shuffled: after.weights,
    moved,
    rows: structured.forward(placed(X)).weights,
  };
}
