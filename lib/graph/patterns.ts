import type { Neighbours, Reason } from "./neighbours.ts";
import type { Random } from "../matrix.ts";
import { REASON, ascendingIndices, checkNeighbours, checkPairs, checkQueries, collectKeys } from "./neighbours.ts";
import { checkDraw, checkFunction, checkInteger, checkList, checkOptions, numbersOf } from "../matrix.ts";
import { union } from "./algebra.ts";

/**
 * Sliding window (スライディング窓): the key at the query's own place and `radius` keys to each side, `dilation`
 * apart.
 *
 *     N(i) = {i + m·dilation : |m| ≤ radius},  as far as there are keys
 *
 *     n queries, radius r   →   a graph of n queries and m keys, m = n if `keys` is absent
 *
 * The windows are cut at the ends. With m = n, dilation 1 and n > r: n(2r + 1) − r(r + 1) pairs.
 * Errors: RangeError unless the numbers are integers ≥ 0 and `dilation` is ≥ 1.
 */
export function slidingWindow(
  queries: number,
  radius: number,
  options: { dilation?: number | undefined; keys?: number | undefined } = {},
): Neighbours {
  checkOptions("slidingWindow", options, ["dilation", "keys"]);
  const { dilation = 1, keys = queries } = options;
  checkQueries("slidingWindow", queries);
  checkInteger("slidingWindow", "radius", radius, 0);
  checkInteger("slidingWindow", "dilation", dilation, 1);
  checkInteger("slidingWindow", "keys", keys, 0);
  const firstOf = (i: number): number => i - dilation * Math.min(radius, Math.floor(i / dilation));
  const lastOf = (i: number): number => Math.min(i + radius * dilation, keys - 1);
  checkPairs("slidingWindow", windowPairs(queries, (i) => (lastOf(i) - firstOf(i)) / dilation));
  return collectKeys(queries, keys, "local", (i, add) => {
    const [first, last] = [firstOf(i), lastOf(i)];
    for (let j = first; j <= last; j += dilation) add(j);
  });
}

/**
 * Keys that every query attends to (全クエリから見られるトークン).
 *
 *     N(i) = globals
 *
 *     n queries, m keys, G indices of keys   →   a graph of n queries and m keys, n·G pairs
 *
 * Errors: RangeError unless each index is in [0, m − 1] and stands there once.
 */
export function globalKeys(queries: number, keys: number, globals: readonly number[]): Neighbours {
  checkInteger("globalKeys", "queries", queries, 0);
  const columns = ascendingIndices("globalKeys", "globals", globals, keys);
  checkPairs("globalKeys", queries * columns.length);
  return collectKeys(queries, keys, "global", (_, add) => columns.forEach((j) => add(j)));
}

/**
 * Queries that attend to every key (全キーを見るトークン).
 *
 *     N(i) = {0 … keys − 1} for i in globals, otherwise empty
 *
 *     n queries, m keys, G indices of queries   →   a graph of n queries and m keys, G·m pairs
 *
 * Errors: RangeError unless each index is in [0, n − 1] and stands there once.
 */
export function globalQueries(queries: number, keys: number, globals: readonly number[]): Neighbours {
  checkInteger("globalQueries", "keys", keys, 0);
  const rows = new Set(ascendingIndices("globalQueries", "globals", globals, queries));
  checkPairs("globalQueries", rows.size * keys);
  return collectKeys(queries, keys, "global", (i, add) => {
    if (rows.has(i)) for (let j = 0; j < keys; j++) add(j);
  });
}

/**
 * Global tokens (グローバルトークン): they attend to all tokens, and all tokens attend to them.
 *
 *     N(i) = {0 … n − 1} for i in globals, otherwise globals
 *
 *     n tokens, G of their indices   →   a graph of n queries and n keys, 2Gn − G² pairs
 *
 * Errors: RangeError unless each index is in [0, n − 1] and stands there once.
 */
export function globalTokens(n: number, globals: readonly number[]): Neighbours {
  const indices = ascendingIndices("globalTokens", "globals", globals, n);
  return union(globalQueries(n, n, indices), globalKeys(n, n, indices));
}

/**
 * Random keys (ランダムなキー): for each query `count` keys that `seen` lacks, all sets of that size equally likely.
 *
 *     N(i) ⊂ {0 … keys − 1} \ seen(i),  |N(i)| = min(count, keys − |seen(i)|)
 *
 *     seen: a graph of n queries and m keys   →   a graph of n queries and m keys, the new pairs alone
 *
 * Where fewer than `count` keys are left, all of them are taken, and `random` is called once for each key of
 * a set. The pairs of both: `union(seen, randomKeys(seen, 3, randomGenerator(7)))`. Queries draw in order, so
 * a seed gives the same graph everywhere.
 * Errors: TypeError unless `random` is a function, RangeError unless it gives numbers in [0, 1).
 */
export function randomKeys(seen: Neighbours, count: number, random: Random): Neighbours {
  checkNeighbours("randomKeys", "seen", seen);
  checkInteger("randomKeys", "count", count, 0);
  checkFunction("randomKeys", "random", random, "() => number");
  const leftOf = (i: number): number => seen.keys - (seen.start[i + 1]! - seen.start[i]!);
  let pairs = 0;
  for (let i = 0; i < seen.queries; i++) pairs += Math.min(count, leftOf(i));
  checkPairs("randomKeys", pairs);
  return collectKeys(seen.queries, seen.keys, "random", (i, add) => {
    const end = seen.start[i + 1]!;
    const left = leftOf(i);
    // Places among the keys that are left. Floyd's method draws a set without rejecting a draw.
    const places = new Set<number>();
    for (let t = Math.max(0, left - count); t < left; t++) {
      const place = Math.floor(checkDraw("randomKeys", random()) * (t + 1));
      places.add(places.has(place) ? t : place);
    }

    // The place-th key that is left lies behind as many keys of seen(i) as are smaller.
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

/**
 * Only the past (因果).
 *
 *     N(i) = {j : j ≤ i + offset}
 *
 *     n queries, m keys   →   a graph of n queries and m keys
 *
 * Offset 0 (default) is the query's own place and all before, −1 strictly before; keys − queries aligns the
 * ends.
 * Errors: RangeError unless all are integers and `queries` and `keys` ≥ 0; TypeError unless `offset` is a
 * number.
 */
export function causalKeys(queries: number, keys: number, offset: number = 0): Neighbours {
  checkInteger("causalKeys", "queries", queries, 0);
  checkInteger("causalKeys", "keys", keys, 0);
  if (typeof offset !== "number") {
    throw new TypeError(`causalKeys: offset must be a number; got ${typeof offset}`);
  }
  if (!Number.isInteger(offset)) throw new RangeError(`causalKeys: offset must be an integer; got ${offset}`);
  // Query i has the keys 0 … i + offset: the sum of an arithmetic series between the two ends.
  const first = Math.min(queries, Math.max(0, -offset));
  const full = Math.min(queries, Math.max(first, keys - 1 - offset));
  const below = ((full - first) * (first + full + 2 * offset + 1)) / 2;
  checkPairs("causalKeys", below + (queries - full) * keys);
  return collectKeys(queries, keys, "other", (i, add) => {
    for (let j = 0; j < keys && j <= i + offset; j++) add(j);
  });
}

/**
 * Every `stride`-th key (一定間隔).
 *
 *     N(i) = {j : (i − j) mod stride = 0}
 *
 *     n tokens   →   a graph of n queries and n keys
 *
 * Restricted to the past, this graph and `slidingWindow(n, stride)` are the two heads of the Sparse
 * Transformer's strided pattern. Errors: RangeError unless n is an integer ≥ 0 and `stride` one ≥ 1.
 * Source: Child et al. 2019, "Generating Long Sequences with Sparse Transformers" §4.3, arXiv 1904.10509.
 */
export function stridedKeys(n: number, stride: number): Neighbours {
  checkInteger("stridedKeys", "n", n, 0);
  checkInteger("stridedKeys", "stride", stride, 1);
  checkPairs("stridedKeys", n * Math.floor(n / stride));
  return collectKeys(n, n, "strided", (i, add) => {
    for (let j = i % stride; j < n; j += stride) add(j);
  });
}

/**
 * The last `summary` keys of each block of `stride` (固定パターン).
 *
 *     N(i) = {j : j mod stride ≥ stride − summary}
 *
 *     n tokens   →   a graph of n queries and n keys
 *
 * Restricted to the past, this graph and the blocks are the two heads of the Sparse Transformer's fixed
 * pattern.
 * Errors: RangeError unless n is an integer ≥ 0, `stride` one ≥ 1 and `summary` one in [0, stride].
 * Source: Child et al. 2019, "Generating Long Sequences with Sparse Transformers" §4.3, arXiv 1904.10509.
 */
export function fixedKeys(n: number, stride: number, summary: number = 1): Neighbours {
  checkInteger("fixedKeys", "n", n, 0);
  checkInteger("fixedKeys", "stride", stride, 1);
  checkInteger("fixedKeys", "summary", summary, 0, stride);
  checkPairs("fixedKeys", n * summary * Math.floor(n / stride));
  return collectKeys(n, n, "strided", (_, add) => {
    for (let block = 0; block < n; block += stride) {
      for (let j = block + stride - summary; j < n && j < block + stride; j++) add(j);
    }
  });
}

/**
 * The keys of the query's own block (ブロック内; 文節ごと): `blockKeys([3, 1, 4])` is eight tokens in clauses of
 * three, one and four.
 *
 *     N(i) = {j : j is in the block of i}
 *
 *     the sizes of the blocks, n tokens in all   →   a graph of n queries and n keys
 *
 * Errors: RangeError unless each size is an integer ≥ 0.
 */
export function blockKeys(sizes: readonly number[]): Neighbours {
  checkList("blockKeys", "sizes", sizes, "numbers, the size of each block");
  Array.from(sizes).forEach((size, b) => checkInteger("blockKeys", `sizes[${b}]`, size, 0));
  checkPairs("blockKeys", sizes.reduce((pairs, size) => pairs + size * size, 0));
  const n = sizes.reduce((sum, size) => sum + size, 0);
  let b = 0;
  let first = 0;
  return collectKeys(n, n, "block", (i, add) => {
    while (i >= first + sizes[b]!) first += sizes[b++]!;
    for (let j = first; j < first + sizes[b]!; j++) add(j);
  });
}

/**
 * Every pair (密な注意): dense attention as a graph.
 *
 *     N(i) = {0 … keys − 1}
 *
 *     n queries, m keys   →   a graph of n queries and m keys, n·m pairs
 */
export function allKeys(queries: number, keys: number): Neighbours {
  checkInteger("allKeys", "queries", queries, 0);
  checkInteger("allKeys", "keys", keys, 0);
  checkPairs("allKeys", queries * keys);
  return keysWhere(queries, keys, () => true);
}

/**
 * A graph from a mask (述語からのグラフ).
 *
 *     N(i) = {j : allow(i, j, head)}
 *
 *     n queries, m keys   →   a graph of n queries and m keys
 *
 * `allow` is called for every pair, in row-major order. Cost: n·m calls, 2³⁶ at most.
 * Errors: TypeError unless `allow` is a function, RangeError unless `queries` and `keys` are integers ≥ 0.
 */
export function keysWhere(
  queries: number,
  keys: number,
  allow: (i: number, j: number, head: number) => boolean,
  head: number = 0,
): Neighbours {
  checkInteger("keysWhere", "queries", queries, 0);
  checkInteger("keysWhere", "keys", keys, 0);
  checkFunction("keysWhere", "allow", allow, "(i, j, head) => boolean");
  if (queries * keys > 68719476736) {
    const rule = "must be at most 2³⁶: allow is called for every pair";
    throw new RangeError(`keysWhere: queries × keys ${rule}; got ${queries} × ${keys}`);
  }
  return collectKeys(queries, keys, "other", (i, add) => {
    for (let j = 0; j < keys; j++) if (allow(i, j, head)) add(j);
  });
}

/**
 * A graph from a list of keys for each query (一覧からのグラフ): `keysFromLists([[2, 0], [], [1]], 3)`.
 *
 *     N(i) = the keys of lists[i]
 *
 *     n lists, m keys   →   a graph of n queries and m keys
 *
 * The keys of a list stand in any order; one that is listed twice counts once.
 * Errors: RangeError unless each key is in [0, m − 1] and `reason` is a name of `REASON`.
 */
export function keysFromLists(
  lists: readonly (readonly number[])[],
  keys: number,
  reason: Reason = "other",
): Neighbours {
  checkList("keysFromLists", "lists", lists, "lists of keys, one for each query");
  checkInteger("keysFromLists", "keys", keys, 0);
  if (Object.keys(REASON).indexOf(reason) < 0) {
    const rule = `one of ${Object.keys(REASON).join(", ")}`;
    throw new RangeError(`keysFromLists: reason must be ${rule}; got ${String(reason)}`);
  }
  const sorted = Array.from(lists, (list, i) => {
    const listed = numbersOf("keysFromLists", `lists[${i}]`, list);
    listed.forEach((j, m) => checkInteger("keysFromLists", `lists[${i}][${m}]`, j, 0, keys - 1));
    return Array.from(new Set(listed)).sort((a, b) => a - b);
  });
  return collectKeys(lists.length, keys, reason, (i, add) => {
    for (const j of sorted[i]!) add(j);
  });
}

/** How many pairs a window has, from the steps between the first and the last key of each query. */
function windowPairs(queries: number, steps: (i: number) => number): number {
  let pairs = 0;
  for (let i = 0; i < queries && pairs <= 2147483647; i++) pairs += Math.max(0, Math.floor(steps(i)) + 1);
  return pairs;
}
