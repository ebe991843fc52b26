import type { GraphWeights, Neighbours } from "./neighbours.ts";
import type { Matrix } from "../matrix.ts";
import { checkInteger, zeros } from "../matrix.ts";
import { checkNeighbours, checkValues } from "./neighbours.ts";
import { union } from "./algebra.ts";

/**
 * The full map of weights along a graph (密な注意マップ), for pictures.
 *
 *     M[i, key[e]] = values[e]  for each entry e of query i, 0 where there is no pair
 *
 *     weights along a graph of n queries and m keys   →   M (n, m)
 *
 * Takes n·m numbers of memory, however few the pairs are. Errors: RangeError unless there is one weight a
 * pair.
 */
export function toDense({ graph, values }: GraphWeights): Matrix {
  checkNeighbours("toDense", "graph", graph);
  checkValues("toDense", "values", values, graph);
  const data = zeros("toDense", graph.queries, graph.keys);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      data[i * graph.keys + graph.key[e]!] = values[e]!;
    }
  }
  return { rows: graph.queries, cols: graph.keys, data };
}

/**
 * Why each cell of a graph's map is lit (注意の由来の一覧), for pictures: the bits of `REASON`.
 *
 *     cells[i·m + key[e]] = reason[e]  for each entry e of query i, 0 where there is no pair
 *
 *     a graph of n queries and m keys   →   n·m bytes, row by row as in `toDense`
 */
export function reasons(graph: Neighbours): Uint8Array {
  checkNeighbours("reasons", "graph", graph);
  const cells = new Uint8Array(zeros("reasons", graph.queries, graph.keys).length);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      cells[i * graph.keys + graph.key[e]!] = graph.reason[e]!;
    }
  }
  return cells;
}

/**
 * The number of layers after which token i depends on each token (到達に必要な層数).
 *
 *     hops[j] = length of the shortest path i → … → j,  0 for i itself, −1 where there is no path
 *
 *     a graph of n queries and n keys   i, one of them   →   n numbers of layers
 *
 * After one layer i depends on N(i), after the next on what those depended on. The 0 for i itself is the
 * residual connection. Takes time in proportion to the pairs.
 * Errors: RangeError unless the graph has as many keys as queries.
 */
export function hops(graph: Neighbours, i: number): Int32Array {
  checkNeighbours("hops", "graph", graph, { keys: graph.queries });
  checkInteger("hops", "i", i, 0, graph.queries - 1);
  const steps = new Int32Array(graph.queries).fill(-1);
  steps[i] = 0;
  const queue = [i];
  for (let front = 0; front < queue.length; front++) {
    const via = queue[front]!;
    for (let e = graph.start[via]!; e < graph.start[via + 1]!; e++) {
      const j = graph.key[e]!;
      if (steps[j] !== -1) continue;
      steps[j] = steps[via]! + 1;
      queue.push(j);
    }
  }
  return steps;
}

/**
 * The sum of two sets of weights (重みの和), on the union of their graphs.
 *
 *     M[i,j] = M_a[i,j] + M_b[i,j],  a weight of 0 where one of them has no pair
 *
 *     weights along two graphs of n queries and m keys   →   weights along their union
 *
 * Rounds once to float32. Errors: as `union` and `checkValues`.
 */
export function addWeights(a: GraphWeights, b: GraphWeights): GraphWeights {
  const graph = union(a.graph, b.graph);
  checkValues("addWeights", "a.values", a.values, a.graph);
  checkValues("addWeights", "b.values", b.values, b.graph);
  const values = new Float32Array(graph.key.length);
  for (const { graph: part, values: weights } of [a, b]) {
    for (let i = 0; i < graph.queries; i++) {
      let at = graph.start[i]!;
      for (let e = part.start[i]!; e < part.start[i + 1]!; e++) {
        while (graph.key[at]! < part.key[e]!) at++;
        values[at] = values[at]! + weights[e]!;
      }
    }
  }
  return { graph, values };
}
