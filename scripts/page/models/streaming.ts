/** Attention whose keys come block by block: what each query carries along, and no map. */
import type { Matrix } from "../../../lib/matrix.ts";
import type { OnlineState } from "../../../lib/kernels/online-softmax.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { onlineOutput, onlineSoftmax, onlineStart } from "../../../lib/kernels/online-softmax.ts";
import { projected } from "./sparse.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";

export type StreamWrong = "right" | "unshrunk";

export interface StreamModel {
  /** All scores S (T, T); the page shows those of the present block only. */
  readonly scores: Matrix;
  /** The states before the first block and after each. */
  readonly states: readonly OnlineState[];
  /** The first key of each block, and the end of the last. */
  readonly edges: readonly number[];
  readonly output: Matrix;
  /** The largest difference from attention with a whole map. */
  readonly off: number;
}

/** All blocks of `block` keys, one after the other. */
export function streamModel(
  X: Matrix,
  settings: { block: number; seed: number; wrong: StreamWrong },
): StreamModel {
  const { block, seed, wrong } = settings;
  const { Q, K, V } = projected(X, seed);
  const scaled = scale(Q, 1 / Math.sqrt(Q.cols));
  const states: OnlineState[] = [onlineStart(X.rows, V.cols)];
  const edges: number[] = [];
  for (let first = 0; first < X.rows; first += block) {
    const before = states[states.length - 1]!;
    const stretch = [first, Math.min(X.rows, first + block)] as const;
    const after = onlineSoftmax(before, scaled, K, V, { stretches: [stretch], hidden: [] });
    edges.push(first);
    states.push(wrong === "unshrunk" ? addedAsItIs(before, after) : after);
  }
  edges.push(X.rows);
  const output = onlineOutput(states[states.length - 1]!);
  const whole = new ScaledDotProductAttention().forward(Q, K, V).output;
  return {
    scores: matmulTransposed(scaled, K),
    states,
    edges,
    output,
    off: output.data.reduce((most, x, e) => Math.max(most, Math.abs(x - whole.data[e]!)), 0),
  };
}

/** One step of one query in doubles: what it carried, the block's scores, and what it carries then. */
export interface StreamSum {
  readonly before: { readonly m: number; readonly l: number };
  readonly scores: readonly number[];
  readonly m: number;
  readonly powers: readonly number[];
  readonly shrink: number;
  readonly l: number;
}

/** Equations (2) to (4) for query i at a step, from 1 on; the state before is the model's. */
export function streamSum({ scores, states, edges }: StreamModel, step: number, i: number): StreamSum {
  const { m, l } = states[step - 1]!;
  const before = { m: m.data[i]!, l: l.data[i]! };
  const T = scores.cols;
  const read = Array.from(scores.data.subarray(i * T + edges[step - 1]!, i * T + edges[step]!));
  const most = Math.max(before.m, ...read);
  const powers = read.map((s) => Math.exp(s - most));
  const shrink = Math.exp(before.m - most);
  const sum = powers.reduce((total, p) => total + p, 0);
  return { before, scores: read, m: most, powers, shrink, l: before.l * shrink + sum };
}

/** The steps of query i one after the other, as far as they have gone; forgotten shrinking leaves its sums. */
export function streamPast(model: StreamModel, i: number, steps: number): readonly StreamSum[] {
  return Array.from({ length: steps }, (_, n) => ({
    ...streamSum(model, n + 1, i),
    l: model.states[n + 1]!.l.data[i]!,
  }));
}

/** The query whose greatest score grows most often while the keys pass one by one. */
export function liveliest({ rows, cols, data }: Matrix): number {
  const growths = Array.from({ length: rows }, (_, i) => {
    let [most, count] = [-Infinity, 0];
    for (let j = 0; j < cols; j++) {
      if (data[i * cols + j]! > most) count++;
      most = Math.max(most, data[i * cols + j]!);
    }
    return count;
  });
  return growths.indexOf(Math.max(...growths));
}

/** What comes of forgetting to shrink the sum and the output when the maximum grows. */
function addedAsItIs(before: OnlineState, after: OnlineState): OnlineState {
  const shrink = (i: number): number => Math.exp(before.m.data[i]! - after.m.data[i]!);
  const l = Float32Array.from(after.l.data, (x, i) => x + before.l.data[i]! * (1 - shrink(i)));
  const d = after.O.cols;
  const O = Float32Array.from(
    after.O.data,
    (x, e) => x + before.O.data[e]! * (1 - shrink(Math.floor(e / d))),
  );
  return { m: after.m, l: { ...after.l, data: l }, O: { ...after.O, data: O } };
}
