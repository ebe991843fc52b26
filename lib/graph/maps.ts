import type { GraphWeights, Neighbours } from "./neighbours.ts";
import type { Matrix } from "../matrix.ts";
import { checkInteger } from "../matrix.ts";
import { checkNeighbours, checkValues } from "./neighbours.ts";
import { union } from "./algebra.ts";

/**
 * The full map (queries, keys) of some weights, 0 where there is no pair. For pictures: it has queries × keys
 * cells.
 */
export function toDense({ graph, values }: GraphWeights): Matrix {
  checkNeighbours("toDense", "graph", graph);
  checkValues("toDense", "values", values, graph);
  const data = new Float32Array(graph.queries * graph.keys);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      data[i * graph.keys + graph.key[e]!] = values[e]!;
    }
  }
  return { rows: graph.queries, cols: graph.keys, data };
}

/**
 * Reason each cell is lit: the bits of `REASON`, row by row, 0 where there is no pair. For pictures, as
 * `toDense`.
 */
export function reasons(graph: Neighbours): Uint8Array {
  checkNeighbours("reasons", "graph", graph);
  const cells = new Uint8Array(graph.queries * graph.keys);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      cells[i * graph.keys + graph.key[e]!] = graph.reason[e]!;
    }
  }
  return cells;
}

/**
 * How many layers until token i hears each token (到達に必要な層数): hops[j] is the length of the shortest path i → …
 * → j.
 *
 * One layer lets i hear N(i), the next what those heard. 0 for itself (the residual path), −1 for a token
 * never heard.
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
 * Two sets of weights as one, on the union of their graphs; where both have a pair, the weights are added.
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
