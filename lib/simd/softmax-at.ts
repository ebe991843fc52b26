import type { Neighbours } from "../graph/neighbours.ts";
import { checkNeighbours, checkValues } from "../graph/neighbours.ts";
import { scratch } from "./scratch.ts";
import { softmaxRoutines } from "./softmax-rows.ts";

/**
 * Softmax along each query's pairs (グラフの行ごとのソフトマックス), four numbers at a time.
 *
 *     A[e] = exp(S[e] − max_i) / Σ_{e' of i} exp(S[e'] − max_i),  max_i = max_{e of i} S[e]
 *
 *     S, one score a pair of the graph   →   A, one weight a pair
 *
 * Lanes, edges and error as `softmaxRows`: to its bits where the row has the same keys in the same order.
 * Cost: one exponential a pair. The textbook's form: `softmaxPairs` of graph/softmax-at.ts.
 * Errors: RangeError unless S has one number for each pair.
 */
export function softmaxPairs(S: Float32Array, graph: Neighbours): Float32Array {
  checkNeighbours("softmaxPairs", "graph", graph);
  checkValues("softmaxPairs", "S", S, graph);
  const { queries, keys, start } = graph;
  const A = new Float32Array(S.length);
  const memory = scratch(keys + 8);
  for (let i = 0; i < queries; i++) {
    const [from, to] = [start[i]!, start[i + 1]!];
    const width = 8 * Math.ceil((to - from) / 8);
    memory.set(S.subarray(from, to));
    memory.fill(-Infinity, to - from, width);
    softmaxRoutines.softmax(0, 4 * width, 4 * width);
    A.set(memory.subarray(0, to - from), from);
  }
  return A;
}
