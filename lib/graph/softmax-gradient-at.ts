import type { Neighbours } from "./neighbours.ts";
import { checkNeighbours, checkValues } from "./neighbours.ts";

/**
 * From the gradient of weights along a graph to the gradient of their scores (グラフ上のソフトマックスの勾配).
 *
 *     dS[e] = A[e] (dA[e] − Σ_{e' of i} A[e'] dA[e'])  for each entry e of query i
 *
 *     A, dA: one number a pair of the graph   →   dS, one number a pair
 *
 * dA is read only where A is not 0. Sums in doubles and rounds once to float32, in the order of
 * `softmaxGradientRows`.
 * Errors: RangeError unless A and dA have one number for each pair.
 */
export function softmaxGradientAt(A: Float32Array, dA: Float32Array, graph: Neighbours): Float32Array {
  checkNeighbours("softmaxGradientAt", "graph", graph);
  checkValues("softmaxGradientAt", "A", A, graph);
  checkValues("softmaxGradientAt", "dA", dA, graph);
  const out = new Float32Array(A.length);
  for (let i = 0; i < graph.queries; i++) {
    const start = graph.start[i]!;
    const end = graph.start[i + 1]!;
    let mean = 0;
    for (let e = start; e < end; e++) {
      const a = A[e]!;
      if (a !== 0) mean += a * dA[e]!;
    }
    for (let e = start; e < end; e++) {
      const a = A[e]!;
      if (a !== 0) out[e] = a * (dA[e]! - mean);
    }
  }
  return out;
}
