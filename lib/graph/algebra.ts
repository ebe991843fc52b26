import type { Neighbours } from "./neighbours.ts";
import { checkFunction, checkInteger, checkList, kindOf } from "../matrix.ts";
import { checkNeighbours, checkPairs, pairStarts } from "./neighbours.ts";

/**
 * The pairs of any of the graphs (和集合), each once.
 *
 *     N(i) = N_1(i) ∪ … ∪ N_g(i)
 *
 *     g ≥ 1 graphs of n queries and m keys   →   one graph of n queries and m keys
 *
 * A pair of several graphs has the reasons of all of them. Takes time in proportion to the pairs. Where the
 * others have no pairs, it is the first graph itself, not a copy.
 * Errors: RangeError unless the graphs have as many queries and keys as the first.
 */
export function union(first: Neighbours, ...others: readonly Neighbours[]): Neighbours {
  checkNeighbours("union", "graphs[0]", first);
  return others.reduce((joined, graph, g) => {
    checkNeighbours("union", `graphs[${g + 1}]`, graph, first);
    return graph.key.length === 0 ? joined : mergePairs(joined, graph, true);
  }, first);
}

/**
 * The pairs of both graphs (積集合), with the reasons of both.
 *
 *     N(i) = N_a(i) ∩ N_b(i)
 *
 *     a, b: two graphs of n queries and m keys   →   one graph of n queries and m keys
 *
 * `restrict` takes pairs away and adds no reason. Takes time in proportion to the pairs.
 * Errors: RangeError unless both graphs have as many queries and keys.
 */
export function intersect(a: Neighbours, b: Neighbours): Neighbours {
  checkNeighbours("intersect", "a", a);
  checkNeighbours("intersect", "b", b, a);
  return mergePairs(a, b, false);
}

/**
 * The pairs of a graph that a mask allows (絞り込み), with their reasons.
 * An example: `restrict(slidingWindow(n, 4), causal())`.
 *
 *     N'(i) = {j ∈ N(i) : allow(i, j, head)}
 *
 *     a graph of n queries and m keys   →   a graph of n queries and m keys
 *
 * `allow` is called once a pair, in the order of the pairs. Errors: TypeError unless `allow` is a function.
 */
export function restrict(
  graph: Neighbours,
  allow: (i: number, j: number, head: number) => boolean,
  head: number = 0,
): Neighbours {
  checkNeighbours("restrict", "graph", graph);
  checkFunction("restrict", "allow", allow, "(i, j, head) => boolean");
  const start = pairStarts("restrict", graph.queries);
  const key = new Int32Array(graph.key.length);
  const reason = new Uint8Array(graph.key.length);
  let size = 0;
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      if (!allow(i, graph.key[e]!, head)) continue;
      key[size] = graph.key[e]!;
      reason[size++] = graph.reason[e]!;
    }
    start[i + 1] = size;
  }
  return {
    queries: graph.queries,
    keys: graph.keys,
    start,
    key: key.slice(0, size),
    reason: reason.slice(0, size),
  };
}

/**
 * A graph without its padding (パディングの除外).
 *
 *     N'(i) = {j ∈ N(i) : keys[j]} where queries[i], otherwise empty
 *
 *     a graph of n queries and m keys   keys: m booleans   queries: n booleans   →   a graph of the same size
 *
 * A boolean is true for a real token. Without `queries` all queries are real.
 * Errors: RangeError unless there is a boolean for each token, TypeError unless all are booleans.
 */
export function withoutPadding(
  graph: Neighbours,
  keys: readonly boolean[],
  queries?: readonly boolean[] | undefined,
): Neighbours {
  checkNeighbours("withoutPadding", "graph", graph);
  checkFlags("withoutPadding", "keys", keys, graph.keys);
  if (queries !== undefined) checkFlags("withoutPadding", "queries", queries, graph.queries);
  return restrict(graph, (i, j) => keys[j]! && (queries === undefined || queries[i]!));
}

/**
 * A graph over blocks as a graph over tokens (ブロックの展開), with the same reasons.
 *
 *     N(i) = {j : ⌊j / size⌋ ∈ N_blocks(⌊i / size⌋)}
 *
 *     a graph of ⌈n / size⌉ queries and ⌈m / size⌉ keys   →   a graph of n queries and m keys
 *
 * A block has `size` tokens; the last one has fewer where `size` does not divide. Takes time in proportion to
 * the pairs of the result.
 * Errors: RangeError unless `blocks` has just the blocks that the queries and keys fill.
 */
export function expandBlocks(
  blocks: Neighbours,
  size: number,
  queries: number,
  keys: number = queries,
): Neighbours {
  checkNeighbours("expandBlocks", "blocks", blocks);
  checkInteger("expandBlocks", "size", size, 1);
  checkInteger("expandBlocks", "queries", queries, 0);
  checkInteger("expandBlocks", "keys", keys, 0, 2147483648);
  checkInteger(
    "expandBlocks",
    "blocks.queries",
    blocks.queries,
    Math.ceil(queries / size),
    Math.ceil(queries / size),
  );
  checkInteger("expandBlocks", "blocks.keys", blocks.keys, Math.ceil(keys / size), Math.ceil(keys / size));

  const widthOf = (b: number): number => Math.min(keys, (b + 1) * size) - b * size;
  let pairs = 0; // counted block by block, before any list is made
  for (let row = 0; row < blocks.queries; row++) {
    const heightOf = Math.min(queries, (row + 1) * size) - row * size;
    for (let e = blocks.start[row]!; e < blocks.start[row + 1]!; e++) pairs += heightOf * widthOf(blocks.key[e]!);
  }
  checkPairs("expandBlocks", pairs);

  // How many keys each query has, so that the lists are made once and at their size.
  const start = pairStarts("expandBlocks", queries);
  for (let i = 0; i < queries; i++) {
    const row = Math.floor(i / size);
    start[i + 1] = start[i]!;
    for (let e = blocks.start[row]!; e < blocks.start[row + 1]!; e++) {
      start[i + 1] = start[i + 1]! + widthOf(blocks.key[e]!);
    }
  }

  const key = new Int32Array(start[queries]!);
  const reason = new Uint8Array(key.length);
  for (let i = 0, at = 0; i < queries; i++) {
    const row = Math.floor(i / size);
    for (let e = blocks.start[row]!; e < blocks.start[row + 1]!; e++) {
      const b = blocks.key[e]!;
      reason.fill(blocks.reason[e]!, at, at + widthOf(b));
      for (let j = b * size; j < (b + 1) * size && j < keys; j++) key[at++] = j;
    }
  }
  return { queries, keys, start, key, reason };
}

/**
 * A graph behind `extra` tokens that are put in front (先頭への追加).
 *
 *     N'(i + extra) = {j + extra : j ∈ N(i)},  N'(i) empty for i < extra
 *
 *     a graph of n queries and m keys   →   a graph of extra + n queries and extra + m keys
 *
 * The new tokens have no pairs yet. With no new token it is `graph` itself, not a copy.
 * Errors: RangeError unless `extra` is an integer ≥ 0.
 */
export function prependTokens(graph: Neighbours, extra: number): Neighbours {
  checkNeighbours("prependTokens", "graph", graph);
  checkInteger("prependTokens", "extra", extra, 0);
  checkInteger("prependTokens", "extra + graph.keys", extra + graph.keys, 0, 2147483648);
  if (extra === 0) return graph;
  const start = pairStarts("prependTokens", extra + graph.queries);
  start.set(graph.start, extra);
  return {
    queries: extra + graph.queries,
    keys: extra + graph.keys,
    start,
    key: graph.key.map((j) => j + extra),
    reason: graph.reason.slice(),
  };
}

/**
 * The pairs of a or b where `all` is true, otherwise of both, in one walk along the two ascending lists of
 * each query. A pair has the reasons of both graphs.
 */
function mergePairs(a: Neighbours, b: Neighbours, all: boolean): Neighbours {
  const start = pairStarts("a graph", a.queries);
  const key = new Int32Array(a.key.length + b.key.length);
  const reason = new Uint8Array(key.length);
  let size = 0;
  for (let i = 0; i < a.queries; i++) {
    let e = a.start[i]!;
    let f = b.start[i]!;
    while (e < a.start[i + 1]! || f < b.start[i + 1]!) {
      const left = e < a.start[i + 1]! ? a.key[e]! : a.keys; // after the last key
      const right = f < b.start[i + 1]! ? b.key[f]! : a.keys;
      if (all || left === right) {
        key[size] = Math.min(left, right);
        reason[size++] = (left <= right ? a.reason[e]! : 0) | (right <= left ? b.reason[f]! : 0);
      }
      if (left <= right) e++;
      if (right <= left) f++;
    }
    checkPairs("a graph", size);
    start[i + 1] = size;
  }
  return { queries: a.queries, keys: a.keys, start, key: key.slice(0, size), reason: reason.slice(0, size) };
}

/** Throws unless `flags` holds n booleans, true = real. */
export function checkFlags(where: string, name: string, flags: readonly boolean[], n: number): void {
  checkList(where, name, flags, `${n} booleans, true = real`);
  checkInteger(where, `${name}.length`, flags.length, n, n);
  for (const flag of flags) {
    if (typeof flag !== "boolean") {
      throw new TypeError(`${where}: ${name} must hold booleans, true = real; got ${kindOf(flag)}`);
    }
  }
}
