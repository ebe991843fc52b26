import type { Neighbours } from "./neighbours.ts";
import { checkNeighbours, checkValues } from "./neighbours.ts";
import { expBelowZero } from "../kernels/exp-below-zero.ts";

/**
 * Softmax along each query's pairs (グラフの行ごとのソフトマックス): positive weights that sum to 1 over N(i).
 *
 *     A[e] = exp(S[e] − max_i) / Σ_{e' of i} exp(S[e'] − max_i),  max_i = max_{e of i} S[e]
 *
 *     S, one score a pair of the graph   →   A, one weight a pair
 *
 * A score of −∞ has weight exactly 0. A query whose scores are all −∞ has zeros alone; a query without keys
 * has no pairs. A NaN or +∞ makes its own query's weights NaN. Sums in doubles and rounds once to float32:
 * the same bits as `softmaxRows` with −∞ at the pairs that the graph lacks. Cost: one exponential a pair.
 * Errors: RangeError unless S has one number for each pair.
 */
export function softmaxPairs(S: Float32Array, graph: Neighbours): Float32Array {
  checkNeighbours("softmaxPairs", "graph", graph);
  checkValues("softmaxPairs", "S", S, graph);
  const { queries, start } = graph;
  const out = new Float32Array(S.length);
  const exps = new Float64Array(graph.keys); // a scratch row: no query has more pairs than there are keys
  for (let i = 0; i < queries; i++) {
    const first = start[i]!;
    const end = start[i + 1]!;
    let max = -Infinity;
    for (let e = first; e < end; e++) {
      const x = S[e]!;
      if (x > max) max = x; // a NaN is not greater than anything; it reaches the sum below
    }
    if (max === -Infinity) max = 0; // exp(−∞ − 0) = 0, where −∞ − −∞ would be NaN
    let sum = 0;
    for (let e = first; e < end; e++) {
      const x = expBelowZero(S[e]! - max);
      exps[e - first] = x;
      sum += x;
    }
    if (sum === 0) continue;
    const share = 1 / sum;
    for (let e = first; e < end; e++) out[e] = exps[e - first]! * share;
  }
  return out;
}
