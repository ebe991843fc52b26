import { checkInteger } from "../matrix.ts";

/**
 * Who may see whom, as a graph (疎な注意のグラフ): N(i), the keys that query i sees, each once, ascending.
 *
 * Query i owns the entries e = start[i] … start[i+1] − 1: key[e] is the key, reason[e] holds one bit for each
 * cause (`REASON`). Every builder below takes time in proportion to the pairs that it makes or reads, never
 * to queries × keys.
 * Source: Zaheer et al. 2020, "Big Bird" §2 (attention as a directed graph); arXiv 2007.14062.
 */
export interface Neighbours {
  readonly queries: number;
  readonly keys: number;
  readonly start: Int32Array;
  readonly key: Int32Array;
  readonly reason: Uint8Array;
}

/** Attention weights along a graph: values[e] is the weight of entry e. */
export interface GraphWeights {
  readonly graph: Neighbours;
  readonly values: Float32Array;
}

/** A cause for a pair to be in a graph. "other" is everything that a reader's own rule allows. */
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

/** The causes in the bits of one cell: `reasonNames(3)` is ["local", "global"]. */
export function reasonNames(bits: number): Reason[] {
  return (Object.keys(REASON) as Reason[]).filter((name) => (bits & REASON[name]) !== 0);
}

/**
 * Throws unless `graph` is sound, and of the expected size, if given: entries of a query ascending, each key
 * once and in range, each with a reason. Graphs made by the builders are; one made by hand may not be.
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
  for (const [part, data, kind] of [
    ["start", start, "an Int32Array"],
    ["key", key, "an Int32Array"],
    ["reason", reason, "a Uint8Array"],
  ] as const) {
    const got: string = Object.prototype.toString.call(data).slice(8, -1);
    if (kind.split(" ")[1] !== got) {
      throw new TypeError(`${where}: ${name}.${part} must be ${kind}; got ${got}`);
    }
  }
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
        throw new RangeError(
          `${where}: ${name}'s keys of query ${i} must ascend in [0, ${keys - 1}]; got ${j} after ` +
            `${previous}`,
        );
      }
      if (reason[e] === 0) {
        throw new RangeError(
          `${where}: ${name}.reason must name a cause for each pair; got 0 for query ${i}, key ${j}`,
        );
      }
      previous = j;
    }
  }
}

/**
 * The graph of head m of h: the one that all heads share, or the m-th of h. Throws as `checkNeighbours` does.
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

/** Throws unless `values` holds one float32 number for each pair of the graph. */
export function checkValues(where: string, name: string, values: Float32Array, graph: Neighbours): void {
  const got: string = Object.prototype.toString.call(values).slice(8, -1);
  if (got !== "Float32Array") throw new TypeError(`${where}: ${name} must be a Float32Array; got ${got}`);
  if (values.length === graph.key.length) return;
  throw new RangeError(
    `${where}: ${name} must hold one number for each of the graph's ${graph.key.length} pairs; got ` +
      `${values.length}`,
  );
}

/** A graph whose pairs all have one cause, from a function that adds the keys of query i, ascending. */
export function collectKeys(
  queries: number,
  keys: number,
  reason: Reason,
  list: (i: number, add: (j: number) => void) => void,
): Neighbours {
  // an Int32Array holds no greater key than 2³¹ − 1
  checkInteger("a graph", "its number of keys", keys, 0, 2147483648);
  const start = new Int32Array(queries + 1);
  // twice as long whenever it is full: five times as fast as a number[], at two million pairs
  let key = new Int32Array(1024);
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
  return { queries, keys, start, key: key.slice(0, size), reason: new Uint8Array(size).fill(REASON[reason]) };
}

/** Token indices in ascending order, each once and in [0, n − 1]. */
export function ascendingIndices(
  where: string,
  name: string,
  indices: readonly number[],
  n: number,
): number[] {
  checkInteger(where, "the number of tokens", n, 0);
  Array.from(indices).forEach((t, g) => checkInteger(where, `${name}[${g}]`, t, 0, n - 1));
  if (new Set(indices).size !== indices.length) {
    throw new RangeError(`${where}: ${name} must name each token once; got ${indices.join(", ")}`);
  }
  return indices.slice().sort((a, b) => a - b);
}
