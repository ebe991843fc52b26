/** Cross-attention between two sentences, and target-target attention within one. */
import type { Matrix } from "../../../lib/matrix.ts";
import type { Projected } from "./sparse.ts";
import { CrossAttention } from "../../../lib/attention/cross-attention.ts";
import { TargetTargetAttention } from "../../../lib/attention/target-target-attention.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { randomGenerator } from "../../../lib/matrix.ts";

/** What can be wrong on purpose: the queries made from the memory's side. */
export type CrossWrong = "right" | "sides";

export interface CrossModel extends Projected {
  readonly map: Matrix;
  readonly output: Matrix;
}

/** Queries from one sentence, keys and values from another. */
export function crossModel(
  query: Matrix,
  memory: Matrix,
  settings: { seed: number; wrong: CrossWrong },
): CrossModel {
  const widths = { d_query: query.cols, d_memory: memory.cols, d_k: query.cols };
  const attention = CrossAttention.random(widths, randomGenerator(settings.seed));
  const [asking, asked] = settings.wrong === "sides" ? [memory, query] : [query, memory];
  const { output, weights } = attention.forward(asking, asked);
  const { W_Q, W_K, W_V } = attention.head;
  return { map: weights, output, Q: linear(asking, W_Q), K: linear(asked, W_K), V: linear(asked, W_V) };
}

/** One sentence over its own words, each looking strictly before itself. */
export function targetModel(X: Matrix, seed: number): CrossModel {
  const attention = TargetTargetAttention.random({ d_model: X.cols, d_k: X.cols }, randomGenerator(seed));
  const { output, weights } = attention.forward(X);
  const { W_Q, W_K, W_V } = attention.attention.head;
  return { map: weights, output, Q: linear(X, W_Q), K: linear(X, W_K), V: linear(X, W_V) };
}
