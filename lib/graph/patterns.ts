import type { Neighbours, Reason } from "./neighbours.ts";
import type { Random } from "../matrix.ts";
import { REASON, ascendingIndices, checkNeighbours, collectKeys } from "./neighbours.ts";
import { checkInteger } from "../matrix.ts";
import { union } from "./algebra.ts";

/**
 * Sliding window (スライディング窓): the key at the query's own place and `radius` keys to each side, every
 * `dilation`-th one.
 *
 *     N(i) = {i + m·dilation : |m| ≤ radius},  as far as there are keys
 *
 * Ends: cut. With n queries and keys, dilation 1 and n > radius: n(2r + 1) − r(r + 1) pairs.
 */
export function slidingWindow(
  queries: number,
  radius: number,
  options: { dilation?: number | undefined; keys?: number | undefined } = {},
): Neighbours {
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
 * Random keys (ランダムなキー): for each query `count` of the keys that it does not see yet, all sets of that size
 * equally likely.
 *
 *     N(i) ⊂ {0 … keys − 1} \ seen(i),  |N(i)| = min(count, keys − |seen(i)|)
 *
 * Where fewer are left than `count`, all of them: a query that sees everything draws nothing. The result
 * holds the new pairs alone: `union(seen, randomKeys(seen, 3, randomGenerator(7)))`. Queries draw in order,
 * so a seed gives the same graph everywhere.
 */
export function randomKeys(seen: Neighbours, count: number, random: Random): Neighbours {
  checkNeighbours("randomKeys", "seen", seen);
  checkInteger("randomKeys", "count", count, 0);
  if (typeof random !== "function") {
    throw new TypeError(`randomKeys: random must be a function () => number; got ${typeof random}`);
  }
  return collectKeys(seen.queries, seen.keys, "random", (i, add) => {
    const end = seen.start[i + 1]!;
    const left = seen.keys - (end - seen.start[i]!);
    // among the unseen keys alone; Floyd's way to draw a set without repeating a draw
    const places = new Set<number>();
    for (let t = Math.max(0, left - count); t < left; t++) {
      const u = random();
      if (!(u >= 0 && u < 1)) {
        throw new RangeError(`randomKeys: random must give numbers in [0, 1); got ${u}`);
      }
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

/**
 * Only the past (因果): N(i) = {j ≤ i + offset}. 0 is itself and all before, −1 strictly before, keys − queries
 * lines up the ends.
 */
export function causalKeys(queries: number, keys: number, offset: number = 0): Neighbours {
  checkInteger("causalKeys", "queries", queries, 0);
  checkInteger("causalKeys", "keys", keys, 0);
  if (typeof offset !== "number") {
    throw new TypeError(`causalKeys: offset must be a number; got ${typeof offset}`);
  }
  if (!Number.isInteger(offset)) throw new RangeError(`causalKeys: offset must be an integer; got ${offset}`);
  return collectKeys(queries, keys, "other", (i, add) => {
    for (let j = 0; j < keys && j <= i + offset; j++) add(j);
  });
}

/**
 * Every `stride`-th key (一定間隔): N(i) = {j : (i − j) mod stride = 0}.
 *
 * With `restrict(slidingWindow(n, stride), causal())` these, kept causal too, are the two heads of the Sparse
 * Transformer's strided pattern. Source: Child et al. 2019 §4.3; arXiv 1904.10509.
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
 * With the blocks themselves, both kept causal, these are the two heads of the Sparse Transformer's fixed
 * pattern.
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

/**
 * Each token sees its own block (ブロック内; 文節ごと): `blockKeys([3, 1, 4])` is eight tokens in clauses of three,
 * one and four.
 */
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

/**
 * A graph from a predicate, true = may attend. It asks about every pair: the one builder that takes queries ×
 * keys steps.
 */
export function keysWhere(
  queries: number,
  keys: number,
  allow: (i: number, j: number, head: number) => boolean,
  head: number = 0,
): Neighbours {
  checkInteger("keysWhere", "queries", queries, 0);
  checkInteger("keysWhere", "keys", keys, 0);
  if (typeof allow !== "function") {
    throw new TypeError(`keysWhere: allow must be a function (i, j, head) => boolean; got ${typeof allow}`);
  }
  return collectKeys(queries, keys, "other", (i, add) => {
    for (let j = 0; j < keys; j++) if (allow(i, j, head)) add(j);
  });
}

/**
 * A graph from lists of keys, one for each query, in any order: `keysFromLists([[2, 0], [], [1]], 3)`. A key
 * listed twice counts once.
 */
export function keysFromLists(
  lists: readonly (readonly number[])[],
  keys: number,
  reason: Reason = "other",
): Neighbours {
  checkInteger("keysFromLists", "keys", keys, 0);
  if (Object.keys(REASON).indexOf(reason) < 0) {
    throw new RangeError(
      `keysFromLists: reason must be one of ${Object.keys(REASON).join(", ")}; got ${String(reason)}`,
    );
  }
  Array.from(lists).forEach((list, i) =>
    Array.from(list).forEach((j, m) => checkInteger("keysFromLists", `lists[${i}][${m}]`, j, 0, keys - 1)),
  );
  return collectKeys(lists.length, keys, reason, (i, add) => {
    for (const j of Array.from(new Set(lists[i]!)).sort((a, b) => a - b)) add(j);
  });
}
