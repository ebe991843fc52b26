import type { Allow } from "../kernels/mask-scores.ts";
import type { KeyBlock } from "../kernels/online-softmax.ts";
import type { Neighbours } from "./neighbours.ts";
import { checkInteger, checkOptions } from "../matrix.ts";
import { checkNeighbours } from "./neighbours.ts";

/**
 * Which of its keys a query sees: all of them, or those up to i + `causal`, or those in `graph`.
 *
 * `causal` is the offset of `causal()`: 0 is itself and everything before, −1 strictly before. Not both.
 */
export interface SeenKeys {
  readonly causal?: number | undefined;
  readonly graph?: Neighbours | undefined;
}

/** First key and end of each stretch of keys, ascending and apart. */
type Stretches = (readonly [first: number, end: number])[];

/** Throws unless at most one of the two is given, and it is sound and fits n_q queries and n_k keys. */
export function checkSeenKeys(where: string, seen: SeenKeys, n_q: number, n_k: number): void {
  checkOptions(where, seen, ["causal", "graph"]);
  const { causal: offset, graph } = seen;
  if (graph !== undefined) checkNeighbours(where, "graph", graph, { queries: n_q, keys: n_k });
  if (offset === undefined) return;
  checkInteger(where, "causal", offset, -Number.MAX_SAFE_INTEGER);
  if (graph === undefined) return;
  throw new RangeError(`${where}: causal and graph are two ways to say what is seen; got both`);
}

/**
 * Where a block of queries that begins with query i ends, of n_q in all (クエリのブロックの終わり).
 *
 * A block reads what any of its queries sees: so there are fewer of them where each sees other keys, and
 * where a query sees far more or far fewer than those before it, as a global one does, a new block begins.
 */
export function queriesEnd({ causal: offset, graph }: SeenKeys, i: number, n_q: number): number {
  if (graph === undefined) return Math.min(n_q, i + (offset === undefined ? 128 : 64));
  let [least, most] = [Infinity, 0];
  for (let r = i; r < n_q && r < i + 32; r++) {
    const keys = graph.start[r + 1]! - graph.start[r]!;
    least = Math.min(least, keys);
    most = Math.max(most, keys);
    if (most > 8 * least + 64) return r;
  }
  return Math.min(n_q, i + 32);
}

/**
 * The keys that some of the queries from … to − 1 see, in blocks of up to `size` keys (鍵のブロック).
 *
 * Keys that none of them sees are in no block. What a query of theirs does not see in a block is among its
 * hidden cells. n_k keys in all. Cost: the pairs of these queries, and the cells' ends in each block.
 */
export function keyBlocks(
  { causal: offset, graph }: SeenKeys,
  n_k: number,
  from: number,
  to: number,
  size: number,
): KeyBlock[] {
  const queries = Array.from({ length: to - from }, (_, r) => from + r);
  if (graph !== undefined) {
    const seen = queries.map((i) => stretchesOf(graph, i));
    return blocksOf(merged(seen), size).map((stretches) => ({ stretches, hidden: hiddenCells(stretches, seen) }));
  }
  if (offset === undefined) {
    return blocksOf([[0, n_k]], size).map((stretches): KeyBlock => ({ stretches, hidden: [] }));
  }
  const last = (i: number): number => Math.max(0, Math.min(n_k, i + offset + 1));
  const seen = queries.map((i): Stretches => [[0, last(i)]]);
  return blocksOf([[0, last(to - 1)]], size).map((stretches) => ({
    stretches,
    hidden: hiddenCells(stretches, seen),
  }));
}

/** The mask of query i alone: whether it sees a key, whatever the row that is asked for. */
export function allowRow({ causal: offset, graph }: SeenKeys, i: number): Allow {
  if (graph !== undefined) {
    const own = new Set(graph.key.subarray(graph.start[i]!, graph.start[i + 1]!));
    return (_, j) => own.has(j);
  }
  return offset === undefined ? () => true : (_, j) => j <= i + offset;
}

/**
 * The keys of query i as stretches. Keys ascend, so entries e … g are consecutive if key[g] − key[e] = g − e.
 */
function stretchesOf({ start, key }: Neighbours, i: number): Stretches {
  const stretches: Stretches = [];
  const end = start[i + 1]!;
  for (let e = start[i]!; e < end; ) {
    const first = key[e]!;
    let [last, above] = [e, end]; // the stretch holds entry `last` and does not reach `above`: by halves
    while (above - last > 1) {
      const middle = (last + above) >> 1;
      if (key[middle]! - first === middle - e) last = middle;
      else above = middle;
    }
    stretches.push([first, key[last]! + 1]);
    e = last + 1;
  }
  return stretches;
}

/** The union of several lists of stretches. */
function merged(lists: readonly Stretches[]): Stretches {
  const all = ([] as Stretches).concat(...lists).sort((a, b) => a[0] - b[0]);
  const union: Stretches = [];
  let [first, end] = [0, 0];
  for (const [from, to] of all) {
    if (from > end) {
      if (end > first) union.push([first, end]);
      first = from;
    }
    end = Math.max(end, to);
  }
  if (end > first) union.push([first, end]);
  return union;
}

/** Stretches cut into lists of up to `size` keys. */
function blocksOf(stretches: Stretches, size: number): Stretches[] {
  const blocks: Stretches[] = [];
  let room = 0;
  for (const [first, end] of stretches) {
    for (let from = first; from < end; ) {
      if (room === 0) {
        blocks.push([]);
        room = size;
      }
      const to = Math.min(end, from + room);
      blocks[blocks.length - 1]!.push([from, to]);
      room -= to - from;
      from = to;
    }
  }
  return blocks;
}

/**
 * The cells of a block that its queries do not see. Each list of `seen` is what one query sees, in all
 * blocks.
 */
function hiddenCells(stretches: Stretches, seen: readonly Stretches[]): KeyBlock["hidden"] {
  const hidden: [number, number, number][] = [];
  seen.forEach((own, r) => {
    let next = 0; // the next of its stretches that may reach into the block
    let column = 0;
    for (const [first, end] of stretches) {
      let from = first; // all keys of this stretch before `from` are done
      while (next < own.length && own[next]![1] <= first) next++;
      while (next < own.length && own[next]![0] < end) {
        const [own0, own1] = own[next]!;
        if (own0 > from) hidden.push([r, column + from - first, column + own0 - first]);
        from = Math.max(from, Math.min(end, own1));
        if (own1 > end) break; // it goes on in a later stretch or block
        next++;
      }
      if (from < end) hidden.push([r, column + from - first, column + end - first]);
      column += end - first;
    }
  });
  return hidden;
}
