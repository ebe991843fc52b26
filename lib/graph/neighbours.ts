import { checkInteger, numbersOf } from "../matrix.ts";

/**
 * The pairs that may attend, as a graph (疎な注意のグラフ): for each query i the keys N(i), each once, ascending.
 *
 *     N(i) = {key[e] : e = start[i] … start[i+1] − 1}
 *
 *     start: queries + 1 numbers   key, reason: one number a pair
 *
 * reason[e] holds one bit for each cause of pair e (`REASON`). All builders but `keysWhere` and `allKeys`
 * take time in proportion to the pairs that they make or read, and never to queries × keys.
 * Source: Zaheer et al. 2020, "Big Bird" §2 (attention as a directed graph), arXiv 2007.14062.
 */
export interface Neighbours {
  readonly queries: number;
  readonly keys: number;
  readonly start: Int32Array;
  readonly key: Int32Array;
  readonly reason: Uint8Array;
}

/** Attention weights along a graph (グラフ上の重み): values[e] is the weight of entry e. */
export interface GraphWeights {
  readonly graph: Neighbours;
  readonly values: Float32Array;
}

/** A cause for a pair to be in a graph (由来). "other" is everything that a rule of one's own allows. */
export type Reason = "local" | "global" | "random" | "strided" | "block" | "row" | "column" | "other";

/** The bit of each cause in `reason`. */
export const REASON: Readonly<Record<Reason, number>> = {
  local: 1,
  global: 2,
  random: 4,
  strided: 8,
  block: 16,
  row: 32,
  column: 64,
  other: 128,
};

/** The causes in the bits of one cell (由来の名前): `reasonNames(3)` is ["local", "global"]. */
export function reasonNames(bits: number): Reason[] {
  return (Object.keys(REASON) as Reason[]).filter((name) => (bits & REASON[name]) !== 0);
}

/**
 * Throws unless `graph` is sound and of the expected size (グラフの検査): the keys of each query ascend, each once
 * and in range, and each pair has a reason. The builders make sound graphs; one that is made by hand may not
 * be sound.
 */
export function checkNeighbours(
  where: string,
  name: string,
  graph: Neighbours,
  expected?: { queries?: number | undefined; keys?: number | undefined },
): void {
  if (typeof graph !== "object" || graph === null) {
    throw new TypeError(
      `${where}: ${name} must be Neighbours { queries, keys, start, key, reason }; got ${graph}`,
    );
  }
  const { queries, keys, start, key, reason } = graph;
  checkInteger(where, `${name}.queries`, queries, 0);
  checkInteger(where, `${name}.keys`, keys, 0);
  const { queries: q = queries, keys: k = keys } = expected ?? {};
  if (queries !== q || keys !== k) {
    throw new RangeError(
      `${where}: ${name} must have ${q} queries and ${k} keys; got ${queries} and ${keys}`,
    );
  }
  checkArray(where, `${name}.start`, start, "an Int32Array");
  checkArray(where, `${name}.key`, key, "an Int32Array");
  checkArray(where, `${name}.reason`, reason, "a Uint8Array");
  checkInteger(where, `${name}.start.length`, start.length, queries + 1, queries + 1);
  checkInteger(where, `${name}.start[0]`, start[0]!, 0, 0);
  checkInteger(where, `${name}.start[${queries}]`, start[queries]!, key.length, key.length);
  checkInteger(where, `${name}.reason.length`, reason.length, key.length, key.length);
  for (let i = 0; i < queries; i++) {
    const end = start[i + 1]!;
    checkInteger(where, `${name}.start[${i + 1}]`, end, start[i]!, key.length);
    for (let e = start[i]!, previous = -1; e < end; e++) {
      const j = key[e]!;
      if (j <= previous || j >= keys) {
        const rule = `keys of query ${i} must ascend in [0, ${keys - 1}]`;
        throw new RangeError(`${where}: ${name}'s ${rule}; got ${j} after ${previous}`);
      }
      if (reason[e] === 0) {
        const rule = "name a cause for each pair";
        throw new RangeError(`${where}: ${name}.reason must ${rule}; got 0 for query ${i}, key ${j}`);
      }
      previous = j;
    }
  }
}

/**
 * The graph of head m of h (ヘッドごとのグラフ): the one that all heads share, or the m-th of h.
 * Throws as `checkNeighbours` does, and unless there are h graphs or one.
 */
export function headGraph(
  where: string,
  graphs: Neighbours | readonly Neighbours[],
  m: number,
  h: number,
  size: { queries: number; keys: number },
): Neighbours {
  const shared = !Array.isArray(graphs);
  if (!shared) checkInteger(where, "graph.length", graphs.length, h, h);
  const graph = (shared ? graphs : graphs[m]) as Neighbours;
  checkNeighbours(where, shared ? "graph" : `graph[${m}]`, graph, size);
  return graph;
}

/** The most pairs that a graph may have: its start is an Int32Array. */
const MOST_PAIRS: number = 2147483647;

/** Throws unless a graph may have so many pairs, before any time is spent on one that cannot be held. */
export function checkPairs(where: string, pairs: number): void {
  if (pairs <= MOST_PAIRS) return;
  throw new RangeError(`${where}: a graph must have at most ${MOST_PAIRS} pairs; got ${pairs}`);
}

/**
 * Zeros for the `start` of a graph of some queries.
 * Errors: RangeError unless `queries` is an integer ≥ 0, or if so many do not fit into one array.
 */
export function pairStarts(where: string, queries: number): Int32Array {
  checkQueries(where, queries);
  try {
    return new Int32Array(queries + 1);
  } catch (refused) {
    throw new RangeError(`${where}: ${queries} queries do not fit into one array`);
  }
}

/** Throws unless a graph may have so many queries. */
export function checkQueries(where: string, queries: number): void {
  checkInteger(where, "queries", queries, 0);
  if (queries < MOST_PAIRS) return;
  throw new RangeError(`${where}: ${queries} queries do not fit into one array`);
}

/** Throws unless `values` holds one float32 number for each pair of the graph (値の検査). */
export function checkValues(where: string, name: string, values: Float32Array, graph: Neighbours): void {
  checkArray(where, name, values, "a Float32Array");
  if (values.length === graph.key.length) return;
  const rule = `hold one number for each of the graph's ${graph.key.length} pairs`;
  throw new RangeError(`${where}: ${name} must ${rule}; got ${values.length}`);
}

/** Throws unless `data` is an array of the kind, of this realm or another: "an Int32Array". */
function checkArray(where: string, name: string, data: unknown, kind: string): void {
  const got: string = Object.prototype.toString.call(data).slice(8, -1);
  if (kind.split(" ")[1] === got) return;
  throw new TypeError(`${where}: ${name} must be ${kind}; got ${got}`);
}

/**
 * A graph whose pairs all have one cause (キーの収集), from a function that adds the keys of each query.
 *
 *     list(i, add) calls add(j) for each j of N(i), ascending   →   a graph of n queries and m keys
 *
 * Takes time in proportion to the pairs. Errors: RangeError unless there are at most 2³¹ keys.
 */
export function collectKeys(
  queries: number,
  keys: number,
  reason: Reason,
  list: (i: number, add: (j: number) => void) => void,
): Neighbours {
  // An Int32Array holds no greater key than 2³¹ − 1.
  checkInteger("a graph", "its number of keys", keys, 0, 2147483648);
  const start = pairStarts("a graph", queries);
  // The list doubles when it is full: 5 × a number[] (two million pairs).
  let key = new Int32Array(1024);
  let size = 0;
  const add = (j: number): void => {
    if (size === key.length) {
      checkPairs("a graph", size + 1);
      const longer = new Int32Array(Math.min(2 * size, MOST_PAIRS));
      longer.set(key);
      key = longer;
    }
    key[size++] = j;
  };
  for (let i = 0; i < queries; i++) {
    list(i, add);
    start[i + 1] = size;
  }
  return { queries, keys, start, key: key.slice(0, size), reason: new Uint8Array(size).fill(REASON[reason]) };
}

/**
 * Token indices in ascending order (昇順の番号).
 *
 *     indices, in any order   →   the same indices, ascending
 *
 * Errors: RangeError unless each index is in [0, n − 1] and stands there once.
 */
export function ascendingIndices(
  where: string,
  name: string,
  indices: readonly number[],
  n: number,
): number[] {
  checkInteger(where, "the number of tokens", n, 0);
  const listed = numbersOf(where, name, indices);
  listed.forEach((t, g) => checkInteger(where, `${name}[${g}]`, t, 0, n - 1));
  if (new Set(listed).size !== listed.length) {
    throw new RangeError(`${where}: ${name} must name each token once; got ${listed.join(", ")}`);
  }
  return listed.sort((a, b) => a - b);
}
