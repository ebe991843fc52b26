import type { Neighbours } from "./neighbours.ts";
import { checkFunction } from "../matrix.ts";
import { checkNeighbours } from "./neighbours.ts";

/**
 * What is added to the score of query i and key j in a head: ALiBi's (i, j) => −slope · |i − j|, or an entry
 * of a table of relative positions.
 */
export type PairBias = (i: number, j: number, head: number) => number;

/**
 * A bias along a graph (グラフに沿ったバイアス): one number for each pair that the graph has, and for no other.
 *
 *     B[e] = bias(i, j, head)  for each entry e of query i with key j = key[e]
 *
 *     graph   →   B, one number a pair
 *
 * Rounds once to float32. −∞ takes the pair away. Cost: one call a pair.
 * Errors: TypeError unless `bias` is a function and gives numbers.
 */
export function biasAt(graph: Neighbours, bias: PairBias, head: number = 0): Float32Array {
  checkNeighbours("biasAt", "graph", graph);
  checkFunction("biasAt", "bias", bias, "(i, j, head) => number");
  const out = new Float32Array(graph.key.length);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      const added = bias(i, graph.key[e]!, head);
      if (typeof added !== "number") {
        const pair = `bias(${i}, ${graph.key[e]!}, ${head})`;
        throw new TypeError(`biasAt: ${pair} must be a number; got ${typeof added}`);
      }
      out[e] = added;
    }
  }
  return out;
}
