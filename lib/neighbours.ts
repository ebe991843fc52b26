import type { Matrix, Random } from "./matrix.ts";
import { checkInteger } from "./matrix.ts";

/**
 * Who may see whom, as a graph (疎な注意のグラフ): N(i), the keys that query i sees, each once, ascending.
 *
 * Query i owns the entries e = start[i] … start[i+1] − 1: key[e] is the key, why[e] holds one bit for each cause (`WHY`).
 * Every builder below takes time in proportion to the pairs that it makes or reads, never to queries × keys.
 * Source: Zaheer et al. 2020, "Big Bird" §2 (attention as a directed graph); arXiv 2007.14062.
 */
export interface Neighbours {
  readonly queries: number;
  readonly keys: number;
  readonly start: Int32Array;
  readonly key: Int32Array;
  readonly why: Uint8Array;
}

/** Attention weights along a graph: values[e] is the weight of entry e. */
export interface GraphWeights {
  readonly graph: Neighbours;
  readonly values: Float32Array;
}

/** A cause for a pair to be in a graph. "other" is everything that a reader's own rule allows. */
export type Why = "local" | "global" | "random" | "strided" | "block" | "row" | "column" | "other";

/** The bit of each cause in `why`. */
export const WHY: Readonly<Record<Why, number>> = { local: 1, global: 2, random: 4, strided: 8, block: 16, row: 32, column: 64, other: 128 };

/**
 * Sliding window (スライディング窓): the key at the query's own place and `radius` keys to each side, every `dilation`-th one.
 *
 *   N(i) = {i + m·dilation : |m| ≤ radius},  as far as there are keys
 *
 * Ends: cut. With n queries and keys, dilation 1 and n > radius: n(2r + 1) − r(r + 1) pairs.
 */
export function slidingWindow(queries: number, radius: number, options: { dilation?: number | undefined; keys?: number | undefined } = {}): Neighbours {
  const { dilation = 1, keys = queries } = options;
  checkInteger("slidingWindow", "queries", queries, 0);
  checkInteger("slidingWindow", "radius", radius, 0);
  checkInteger("slidingWindow", "dilation", dilation, 1);
  checkInteger("slidingWindow", "keys", keys, 0);
  return collectKeys(queries, keys, "local", (i, add) => {
    const first = i - dilation * Math.min(radius, Math.floor(i / dilation));
    const last = Math.min(i + radius * dilation, keys - 1);
    for (let j = first; j <= last; j += dilation) add(j);
  });
}

/** Keys that every query sees (全クエリから見られるトークン): N(i) = globals. */
export function globalKeys(queries: number, keys: number, globals: readonly number[]): Neighbours {
  checkInteger("globalKeys", "queries", queries, 0);
  const columns = ascendingIndices("globalKeys", "globals", globals, keys);
  return collectKeys(queries, keys, "global", (_, add) => columns.forEach((j) => add(j)));
}

/** Queries that see every key (全キーを見るトークン): N(i) = all keys for i in globals, none for others. */
export function globalQueries(queries: number, keys: number, globals: readonly number[]): Neighbours {
  checkInteger("globalQueries", "keys", keys, 0);
  const rows = new Set(ascendingIndices("globalQueries", "globals", globals, queries));
  return collectKeys(queries, keys, "global", (i, add) => {
    if (rows.has(i)) for (let j = 0; j < keys; j++) add(j);
  });
}

/** Global tokens (グローバルトークン) of n tokens: they see all, and all see them. 2Gn − G² pairs for G of them. */
export function globalTokens(n: number, globals: readonly number[]): Neighbours {
  const indices = ascendingIndices("globalTokens", "globals", globals, n);
  return union(globalQueries(n, n, indices), globalKeys(n, n, indices));
}

/**
 * Random keys (ランダムなキー): for each query `count` of the keys that it does not see yet, all sets of that size equally likely.
 *
 *   N(i) ⊂ {0 … keys − 1} \ seen(i),  |N(i)| = min(count, keys − |seen(i)|)
 *
 * Where fewer are left than `count`, all of them: a query that sees everything draws nothing. The result holds the new pairs
 * alone: `union(seen, randomKeys(seen, 3, randomGenerator(7)))`. Queries draw in order, so a seed gives the same graph everywhere.
 */
export function randomKeys(seen: Neighbours, count: number, random: Random): Neighbours {
  checkNeighbours("randomKeys", "seen", seen);
  checkInteger("randomKeys", "count", count, 0);
  if (typeof random !== "function") throw new TypeError(`randomKeys: random must be a function () => number; got ${typeof random}`);
  return collectKeys(seen.queries, seen.keys, "random", (i, add) => {
    const end = seen.start[i + 1]!;
    const left = seen.keys - (end - seen.start[i]!);
    const places = new Set<number>(); // among the unseen keys alone; Floyd's way to draw a set without repeating a draw
    for (let t = Math.max(0, left - count); t < left; t++) {
      const u = random();
      if (!(u >= 0 && u < 1)) throw new RangeError(`randomKeys: random must give numbers in [0, 1); got ${u}`);
      const place = Math.floor(u * (t + 1));
      places.add(places.has(place) ? t : place);
    }
    let e = seen.start[i]!;
    let skipped = 0;
    for (const place of Array.from(places).sort((a, b) => a - b)) {
      while (e < end && seen.key[e]! <= place + skipped) {
        e++;
        skipped++;
      }
      add(place + skipped);
    }
  });
}

/** Only the past (因果): N(i) = {j ≤ i + offset}. 0 is itself and all before, −1 strictly before, keys − queries lines up the ends. */
export function causalKeys(queries: number, keys: number, offset: number = 0): Neighbours {
  checkInteger("causalKeys", "queries", queries, 0);
  checkInteger("causalKeys", "keys", keys, 0);
  if (typeof offset !== "number") throw new TypeError(`causalKeys: offset must be a number; got ${typeof offset}`);
  if (!Number.isInteger(offset)) throw new RangeError(`causalKeys: offset must be an integer; got ${offset}`);
  return collectKeys(queries, keys, "other", (i, add) => {
    for (let j = 0; j < keys && j <= i + offset; j++) add(j);
  });
}

/**
 * Every `stride`-th key (一定間隔): N(i) = {j : (i − j) mod stride = 0}.
 *
 * With `keep(slidingWindow(n, stride), causal())` these, kept causal too, are the two heads of the Sparse Transformer's strided
 * pattern. Source: Child et al. 2019 §4.3; arXiv 1904.10509.
 */
export function stridedKeys(n: number, stride: number): Neighbours {
  checkInteger("stridedKeys", "n", n, 0);
  checkInteger("stridedKeys", "stride", stride, 1);
  return collectKeys(n, n, "strided", (i, add) => {
    for (let j = i % stride; j < n; j += stride) add(j);
  });
}

/**
 * The last `summary` keys of each block of `stride` (固定パターン): N(i) = {j : j mod stride ≥ stride − summary}.
 *
 * With the blocks themselves, both kept causal, these are the two heads of the Sparse Transformer's fixed pattern.
 * Source: Child et al. 2019 §4.3; arXiv 1904.10509.
 */
export function fixedKeys(n: number, stride: number, summary: number = 1): Neighbours {
  checkInteger("fixedKeys", "n", n, 0);
  checkInteger("fixedKeys", "stride", stride, 1);
  checkInteger("fixedKeys", "summary", summary, 0, stride);
  return collectKeys(n, n, "strided", (_, add) => {
    for (let block = 0; block < n; block += stride) {
      for (let j = block + stride - summary; j < n && j < block + stride; j++) add(j);
    }
  });
}

/** Each token sees its own block (ブロック内; 文節ごと): `blockKeys([3, 1, 4])` is eight tokens in clauses of three, one and four. */
export function blockKeys(sizes: readonly number[]): Neighbours {
  Array.from(sizes).forEach((size, b) => checkInteger("blockKeys", `sizes[${b}]`, size, 0));
  const n = sizes.reduce((sum, size) => sum + size, 0);
  let b = 0;
  let first = 0;
  return collectKeys(n, n, "block", (i, add) => {
    while (i >= first + sizes[b]!) first += sizes[b++]!;
    for (let j = first; j < first + sizes[b]!; j++) add(j);
  });
}

/** Every query sees every key: dense attention (密な注意) as a graph. */
export function allKeys(queries: number, keys: number): Neighbours {
  return keysWhere(queries, keys, () => true);
}

/** A graph from a predicate, true = may attend. It asks about every pair: the one builder that takes queries × keys steps. */
export function keysWhere(queries: number, keys: number, allow: (i: number, j: number, head: number) => boolean, head: number = 0): Neighbours {
  checkInteger("keysWhere", "queries", queries, 0);
  checkInteger("keysWhere", "keys", keys, 0);
  if (typeof allow !== "function") throw new TypeError(`keysWhere: allow must be a function (i, j, head) => boolean; got ${typeof allow}`);
  return collectKeys(queries, keys, "other", (i, add) => {
    for (let j = 0; j < keys; j++) if (allow(i, j, head)) add(j);
  });
}

/** A graph from lists of keys, one for each query, in any order: `keysFromLists([[2, 0], [], [1]], 3)`. A key listed twice counts once. */
export function keysFromLists(lists: readonly (readonly number[])[], keys: number, why: Why = "other"): Neighbours {
  checkInteger("keysFromLists", "keys", keys, 0);
  if (Object.keys(WHY).indexOf(why) < 0) throw new RangeError(`keysFromLists: why must be one of ${Object.keys(WHY).join(", ")}; got ${String(why)}`);
  Array.from(lists).forEach((list, i) => Array.from(list).forEach((j, m) => checkInteger("keysFromLists", `lists[${i}][${m}]`, j, 0, keys - 1)));
  return collectKeys(lists.length, keys, why, (i, add) => {
    for (const j of Array.from(new Set(lists[i]!)).sort((a, b) => a - b)) add(j);
  });
}

/**
 * A graph over blocks as a graph over tokens (ブロックの展開): i sees j when the block of i sees the block of j, for the same reasons.
 *
 * `size` tokens a block; the last block is shorter where `size` does not divide.
 * Errors: RangeError unless `blocks` has just the blocks that the queries and keys fill.
 */
export function expandBlocks(blocks: Neighbours, size: number, queries: number, keys: number = queries): Neighbours {
  checkNeighbours("expandBlocks", "blocks", blocks);
  checkInteger("expandBlocks", "size", size, 1);
  checkInteger("expandBlocks", "queries", queries, 0);
  checkInteger("expandBlocks", "keys", keys, 0, 2147483648);
  checkInteger("expandBlocks", "blocks.queries", blocks.queries, Math.ceil(queries / size), Math.ceil(queries / size));
  checkInteger("expandBlocks", "blocks.keys", blocks.keys, Math.ceil(keys / size), Math.ceil(keys / size));
  const start = new Int32Array(queries + 1);
  const widthOf = (b: number): number => Math.min(keys, (b + 1) * size) - b * size;
  for (let i = 0; i < queries; i++) {
    const row = Math.floor(i / size);
    start[i + 1] = start[i]!;
    for (let e = blocks.start[row]!; e < blocks.start[row + 1]!; e++) start[i + 1] = start[i + 1]! + widthOf(blocks.key[e]!);
  }
  const key = new Int32Array(start[queries]!);
  const why = new Uint8Array(key.length);
  for (let i = 0, at = 0; i < queries; i++) {
    const row = Math.floor(i / size);
    for (let e = blocks.start[row]!; e < blocks.start[row + 1]!; e++) {
      const b = blocks.key[e]!;
      why.fill(blocks.why[e]!, at, at + widthOf(b));
      for (let j = b * size; j < (b + 1) * size && j < keys; j++) key[at++] = j;
    }
  }
  return { queries, keys, start, key, why };
}

/** The same graph after `extra` tokens put in front (先頭への追加), which see nobody and are seen by nobody yet. */
export function prependTokens(graph: Neighbours, extra: number): Neighbours {
  checkNeighbours("prependTokens", "graph", graph);
  checkInteger("prependTokens", "extra", extra, 0);
  const start = new Int32Array(extra + graph.queries + 1);
  start.set(graph.start, extra);
  return { queries: extra + graph.queries, keys: extra + graph.keys, start, key: graph.key.map((j) => j + extra), why: graph.why.slice() };
}

/** Pairs of any of the graphs (和集合), each once; the reasons of a pair that several have are joined. */
export function union(first: Neighbours, ...others: readonly Neighbours[]): Neighbours {
  checkNeighbours("union", "graphs[0]", first);
  return others.reduce((joined, graph, g) => {
    checkNeighbours("union", `graphs[${g + 1}]`, graph, first);
    return mergePairs(joined, graph, true);
  }, first);
}

/** Pairs of both graphs (積集合), with the reasons of both. To take pairs away for a reason that is none, as padding, see `keep`. */
export function intersect(a: Neighbours, b: Neighbours): Neighbours {
  checkNeighbours("intersect", "a", a);
  checkNeighbours("intersect", "b", b, a);
  return mergePairs(a, b, false);
}

/** The pairs of a graph that a predicate allows (絞り込み), with their reasons: `keep(slidingWindow(n, 4), causal())`. */
export function keep(graph: Neighbours, allow: (i: number, j: number, head: number) => boolean, head: number = 0): Neighbours {
  checkNeighbours("keep", "graph", graph);
  if (typeof allow !== "function") throw new TypeError(`keep: allow must be a function (i, j, head) => boolean; got ${typeof allow}`);
  const start = new Int32Array(graph.queries + 1);
  const key = new Int32Array(graph.key.length);
  const why = new Uint8Array(graph.key.length);
  let size = 0;
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      if (!allow(i, graph.key[e]!, head)) continue;
      key[size] = graph.key[e]!;
      why[size++] = graph.why[e]!;
    }
    start[i + 1] = size;
  }
  return { queries: graph.queries, keys: graph.keys, start, key: key.slice(0, size), why: why.slice(0, size) };
}

/**
 * A graph without its padding (パディングの除外): only keys where `keys[j]` is true and, if given, only queries where `queries[i]` is.
 */
export function realTokens(graph: Neighbours, keys: readonly boolean[], queries?: readonly boolean[] | undefined): Neighbours {
  checkNeighbours("realTokens", "graph", graph);
  checkFlags("realTokens", "keys", keys, graph.keys);
  if (queries !== undefined) checkFlags("realTokens", "queries", queries, graph.queries);
  return keep(graph, (i, j) => keys[j]! && (queries === undefined || queries[i]!));
}

/** Two sets of weights as one, on the union of their graphs; where both have a pair, the weights are added. */
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

/** The full map (queries, keys) of some weights, 0 where there is no pair. For pictures: it has queries × keys cells. */
export function toMap({ graph, values }: GraphWeights): Matrix {
  checkNeighbours("toMap", "graph", graph);
  checkValues("toMap", "values", values, graph);
  const data = new Float32Array(graph.queries * graph.keys);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) data[i * graph.keys + graph.key[e]!] = values[e]!;
  }
  return { rows: graph.queries, cols: graph.keys, data };
}

/** Why each cell is lit: the bits of `WHY`, row by row, 0 where there is no pair. For pictures, as `toMap`. */
export function reasons(graph: Neighbours): Uint8Array {
  checkNeighbours("reasons", "graph", graph);
  const cells = new Uint8Array(graph.queries * graph.keys);
  for (let i = 0; i < graph.queries; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) cells[i * graph.keys + graph.key[e]!] = graph.why[e]!;
  }
  return cells;
}

/** The causes in the bits of one cell: `whyNames(3)` is ["local", "global"]. */
export function whyNames(bits: number): Why[] {
  return (Object.keys(WHY) as Why[]).filter((name) => (bits & WHY[name]) !== 0);
}

/**
 * How many layers until token i hears each token (到達に必要な層数): hops[j] is the length of the shortest path i → … → j.
 *
 * One layer lets i hear N(i), the next what those heard. 0 for itself (the residual path), −1 for a token never heard.
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
 * Throws unless `graph` is sound, and of the expected size, if given: entries of a query ascending, each key once and in range,
 * each with a reason. Graphs made by the builders are; one made by hand may not be.
 */
export function checkNeighbours(where: string, name: string, graph: Neighbours, expected?: { queries?: number | undefined; keys?: number | undefined }): void {
  if (typeof graph !== "object" || graph === null) throw new TypeError(`${where}: ${name} must be Neighbours { queries, keys, start, key, why }; got ${graph}`);
  const { queries, keys, start, key, why } = graph;
  checkInteger(where, `${name}.queries`, queries, 0);
  checkInteger(where, `${name}.keys`, keys, 0);
  const { queries: q = queries, keys: k = keys } = expected ?? {};
  if (queries !== q || keys !== k) throw new RangeError(`${where}: ${name} must have ${q} queries and ${k} keys; got ${queries} and ${keys}`);
  for (const [part, data, kind] of [["start", start, "an Int32Array"], ["key", key, "an Int32Array"], ["why", why, "a Uint8Array"]] as const) {
    const got: string = Object.prototype.toString.call(data).slice(8, -1);
    if (kind.split(" ")[1] !== got) throw new TypeError(`${where}: ${name}.${part} must be ${kind}; got ${got}`);
  }
  checkInteger(where, `${name}.start.length`, start.length, queries + 1, queries + 1);
  checkInteger(where, `${name}.start[0]`, start[0]!, 0, 0);
  checkInteger(where, `${name}.start[${queries}]`, start[queries]!, key.length, key.length);
  checkInteger(where, `${name}.why.length`, why.length, key.length, key.length);
  for (let i = 0; i < queries; i++) {
    const end = start[i + 1]!;
    checkInteger(where, `${name}.start[${i + 1}]`, end, start[i]!, key.length);
    for (let e = start[i]!, previous = -1; e < end; e++) {
      const j = key[e]!;
      if (j <= previous || j >= keys) throw new RangeError(`${where}: ${name}'s keys of query ${i} must ascend in [0, ${keys - 1}]; got ${j} after ${previous}`);
      if (why[e] === 0) throw new RangeError(`${where}: ${name}.why must name a cause for each pair; got 0 for query ${i}, key ${j}`);
      previous = j;
    }
  }
}

/** The graph of head m of h: the one that all heads share, or the m-th of h. Throws as `checkNeighbours` does. */
export function headGraph(where: string, graphs: Neighbours | readonly Neighbours[], m: number, h: number, size: { queries: number; keys: number }): Neighbours {
  const shared = !Array.isArray(graphs);
  if (!shared) checkInteger(where, "graph.length", graphs.length, h, h);
  const graph = (shared ? graphs : graphs[m]) as Neighbours;
  checkNeighbours(where, shared ? "graph" : `graph[${m}]`, graph, size);
  return graph;
}

/** Throws unless `values` holds one float32 number for each pair of the graph. */
export function checkValues(where: string, name: string, values: Float32Array, graph: Neighbours): void {
  const got: string = Object.prototype.toString.call(values).slice(8, -1);
  if (got !== "Float32Array") throw new TypeError(`${where}: ${name} must be a Float32Array; got ${got}`);
  if (values.length === graph.key.length) return;
  throw new RangeError(`${where}: ${name} must hold one number for each of the graph's ${graph.key.length} pairs; got ${values.length}`);
}

/** Throws unless `flags` holds n booleans, true = real. */
function checkFlags(where: string, name: string, flags: readonly boolean[], n: number): void {
  checkInteger(where, `${name}.length`, flags.length, n, n);
  for (const flag of flags) if (typeof flag !== "boolean") throw new TypeError(`${where}: ${name} must hold booleans, true = real; got ${flag}`);
}

/** A graph whose pairs all have one cause, from a function that adds the keys of query i, ascending. */
function collectKeys(queries: number, keys: number, why: Why, list: (i: number, add: (j: number) => void) => void): Neighbours {
  checkInteger("a graph", "its number of keys", keys, 0, 2147483648); // an Int32Array holds no greater key than 2³¹ − 1
  const start = new Int32Array(queries + 1);
  let key = new Int32Array(1024); // twice as long whenever it is full: five times as fast as a number[], at two million pairs
  let size = 0;
  const add = (j: number): void => {
    if (size === key.length) {
      const longer = new Int32Array(2 * size);
      longer.set(key);
      key = longer;
    }
    key[size++] = j;
  };
  for (let i = 0; i < queries; i++) {
    list(i, add);
    start[i + 1] = size;
  }
  return { queries, keys, start, key: key.slice(0, size), why: new Uint8Array(size).fill(WHY[why]) };
}

/** The pairs of a or b (`all`), or of both, in one walk along the two ascending lists of each query. Reasons are joined. */
function mergePairs(a: Neighbours, b: Neighbours, all: boolean): Neighbours {
  const start = new Int32Array(a.queries + 1);
  const key = new Int32Array(a.key.length + b.key.length);
  const why = new Uint8Array(key.length);
  let size = 0;
  for (let i = 0; i < a.queries; i++) {
    let e = a.start[i]!;
    let f = b.start[i]!;
    while (e < a.start[i + 1]! || f < b.start[i + 1]!) {
      const left = e < a.start[i + 1]! ? a.key[e]! : a.keys; // after the last key
      const right = f < b.start[i + 1]! ? b.key[f]! : a.keys;
      if (all || left === right) {
        key[size] = Math.min(left, right);
        why[size++] = (left <= right ? a.why[e]! : 0) | (right <= left ? b.why[f]! : 0);
      }
      if (left <= right) e++;
      if (right <= left) f++;
    }
    start[i + 1] = size;
  }
  return { queries: a.queries, keys: a.keys, start, key: key.slice(0, size), why: why.slice(0, size) };
}

/** Token indices in ascending order, each once and in [0, n − 1]. */
function ascendingIndices(where: string, name: string, indices: readonly number[], n: number): number[] {
  checkInteger(where, "the number of tokens", n, 0);
  Array.from(indices).forEach((t, g) => checkInteger(where, `${name}[${g}]`, t, 0, n - 1));
  if (new Set(indices).size !== indices.length) throw new RangeError(`${where}: ${name} must name each token once; got ${indices.join(", ")}`);
  return indices.slice().sort((a, b) => a - b);
}
