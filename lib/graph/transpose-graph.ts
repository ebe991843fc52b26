import type { GraphWeights, Neighbours } from "./neighbours.ts";
import { checkNeighbours, checkValues } from "./neighbours.ts";

/**
 * A graph read the other way round, with its weights (グラフの転置): what key j gives to which query.
 *
 *     (i, j) of the graph   →   (j, i) of its transpose, with the same weight and the same reasons
 *
 *     A along a graph of n queries and m keys   →   Aᵀ along a graph of m queries and n keys
 *
 * Takes time in proportion to the pairs. `mixAt` along the transpose is Aᵀ V. Errors: as `checkNeighbours`.
 */
export function transposeWeights({ graph, values }: GraphWeights): GraphWeights {
  checkNeighbours("transposeWeights", "graph", graph);
  checkValues("transposeWeights", "values", values, graph);
  const { queries, keys } = graph;
  const start = new Int32Array(keys + 1);
  for (let e = 0; e < graph.key.length; e++) start[graph.key[e]! + 1] = start[graph.key[e]! + 1]! + 1;
  for (let j = 0; j < keys; j++) start[j + 1] = start[j + 1]! + start[j]!;

  const next = start.slice();
  const key = new Int32Array(graph.key.length);
  const reason = new Uint8Array(graph.key.length);
  const turned = new Float32Array(graph.key.length);
  for (let i = 0; i < queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      const at = next[graph.key[e]!]!;
      next[graph.key[e]!] = at + 1;
      key[at] = i;
      reason[at] = graph.reason[e]!;
      turned[at] = values[e]!;
    }
  }
  const transpose: Neighbours = { queries: keys, keys: queries, start, key, reason };
  return { graph: transpose, values: turned };
}
