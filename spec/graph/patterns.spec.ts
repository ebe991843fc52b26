import assert from "node:assert/strict";
import test from "node:test";
import type { Neighbours } from "../../lib/graph/neighbours.ts";
import type { Sees } from "../oracle/patterns.ts";
import { REASON, checkNeighbours } from "../../lib/graph/neighbours.ts";
import { allKeys, blockKeys, causalKeys, fixedKeys, globalKeys } from "../../lib/graph/patterns.ts";
import { globalQueries, globalTokens, keysFromLists, keysWhere } from "../../lib/graph/patterns.ts";
import { listsOf, reasonsOf } from "../support/graphs.ts";
import { slidingWindow, stridedKeys } from "../../lib/graph/patterns.ts";
import { below, listsBy, sees, upTo } from "../oracle/patterns.ts";
import { expandBlocks } from "../../lib/graph/algebra.ts";

/** Lengths: nothing, one, two, and primes; reaches from none to past the end. */
const LENGTHS = [0, 1, 2, 3, 7, 13, 37];
const REACHES = [0, 1, 2, 3, 6, 7, 12, 31, 100];

function assertGraph(
  graph: Neighbours,
  queries: number,
  keys: number,
  rule: Sees,
  reason: number,
  message: string,
): void {
  checkNeighbours("spec", message, graph, { queries, keys });
  assert.deepEqual(listsOf(graph), listsBy(queries, keys, rule), message);
  assert.ok(
    graph.reason.every((bits) => bits === reason),
    `${message}: every pair for its reason`,
  );
}

test("a sliding window is the predicate |i − j| ≤ r·δ, δ dividing i − j, for any length, radius, " +
  "dilation and number of keys", () => {
  for (const n of LENGTHS) {
    for (const radius of REACHES) {
      for (const dilation of [1, 2, 3, 5, 40]) {
        assertGraph(
          slidingWindow(n, radius, { dilation }),
          n,
          n,
          sees.window(radius, dilation),
          REASON.local,
          `n ${n}, r ${radius}, δ ${dilation}`,
        );
        for (const keys of [0, 1, 5, 11]) {
          assertGraph(
            slidingWindow(n, radius, { dilation, keys }),
            n,
            keys,
            sees.window(radius, dilation),
            REASON.local,
            `${n} × ${keys}`,
          );
        }
      }
    }
  }
});

test("global keys, global queries and both: any indices, in any order, all of them, none", () => {
  for (const n of LENGTHS) {
    for (const globals of [[], below(n, [0]), below(n, [12, 0, 6]), upTo(n)]) {
      const where = `n ${n}, globals ${globals}`;
      assertGraph(globalTokens(n, globals), n, n, sees.globals(globals), REASON.global, where);
      assertGraph(globalKeys(5, n, globals), 5, n, sees.keys(globals), REASON.global, where);
      assertGraph(globalQueries(n, 5, globals), n, 5, sees.queries(globals), REASON.global, where);
    }
  }
});

test("only the past, for offsets on both sides of 0 and more or fewer keys than queries", () => {
  for (const queries of LENGTHS) {
    for (const keys of [0, 1, 5, 11]) {
      for (const offset of [-30, -2, -1, 0, 1, keys - queries, 30]) {
        assertGraph(
          causalKeys(queries, keys, offset),
          queries,
          keys,
          sees.past(offset),
          REASON.other,
          `${queries} × ${keys}, offset ${offset}`,
        );
      }
    }
  }
});

test("strided and fixed keys, at strides that divide the length and that do not", () => {
  for (const n of LENGTHS) {
    for (const stride of [1, 2, 3, 5, 13, 50]) {
      assertGraph(
        stridedKeys(n, stride),
        n,
        n,
        sees.strided(stride),
        REASON.strided,
        `n ${n}, stride ${stride}`,
      );
      for (const summary of [0, 1, stride]) {
        assertGraph(
          fixedKeys(n, stride, summary),
          n,
          n,
          sees.fixed(stride, summary),
          REASON.strided,
          `n ${n}, stride ${stride}, summary ${summary}`,
        );
      }
    }
  }
});

test("blocks of given sizes, empty ones too: nobody sees beyond the own clause", () => {
  for (const sizes of [[], [0], [1], [3, 1, 4], [0, 2, 0, 0, 5, 1], [7]]) {
    const clause = sizes.flatMap((size, b) => new Array<number>(size).fill(b));
    assertGraph(
      blockKeys(sizes),
      clause.length,
      clause.length,
      (i, j) => clause[i] === clause[j],
      REASON.block,
      `sizes ${sizes}`,
    );
  }
});

test("everything, a predicate, and lists in any order with repetitions", () => {
  assertGraph(allKeys(3, 5), 3, 5, () => true, REASON.other, "all");
  assertGraph(allKeys(0, 5), 0, 5, () => true, REASON.other, "no queries");
  assertGraph(
    keysWhere(7, 5, (i, j, head) => (i * j + head) % 3 === 1, 1),
    7,
    5,
    (i, j) => (i * j + 1) % 3 === 1,
    REASON.other,
    "predicate",
  );
  const graph = keysFromLists([[2, 0, 2], [], [1, 0, 3]], 4, "random");
  assert.deepEqual(listsOf(graph), [[0, 2], [], [0, 1, 3]]);
  assert.deepEqual(reasonsOf(graph), [
    [REASON.random, REASON.random],
    [],
    [REASON.random, REASON.random, REASON.random],
  ]);
});

test("a graph over blocks becomes one over tokens: i sees j when block sees block, and the last block " +
  "may be shorter", () => {
  for (const n of [1, 2, 7, 12, 13]) {
    for (const size of [1, 2, 3, 5, 20]) {
      const blocks = Math.ceil(n / size);
      const tokens = expandBlocks(slidingWindow(blocks, 1), size, n);
      assertGraph(
        tokens,
        n,
        n,
        (i, j) => Math.abs(Math.floor(i / size) - Math.floor(j / size)) <= 1,
        REASON.local,
        `n ${n}, block ${size}`,
      );
    }
  }
  assertGraph(
    expandBlocks(slidingWindow(5, 0), 3, 13),
    13,
    13,
    sees.sameBlock(3),
    REASON.local,
    "blocks that see themselves",
  );
  assertGraph(
    expandBlocks(keysFromLists([[1], [0]], 3), 4, 7, 9),
    7,
    9,
    (i, j) => (i < 4 ? j >= 4 && j < 8 : j < 4),
    REASON.other,
    "other keys than queries",
  );
  assert.deepEqual(expandBlocks(slidingWindow(0, 1), 4, 0).key.length, 0);
});

test("numbers of pairs: T(2r + 1) − r(r + 1) in a window, 2Gn − G² for global tokens", () => {
  assert.equal(slidingWindow(4096, 256).key.length, 2035456);
  for (const [T, r] of [
    [13, 2],
    [31, 30],
    [7, 0],
  ] as const)
    assert.equal(slidingWindow(T, r).key.length, T * (2 * r + 1) - r * (r + 1));
  for (const [n, G] of [
    [13, 0],
    [13, 3],
    [5, 5],
  ] as const)
    assert.equal(globalTokens(n, upTo(G)).key.length, 2 * G * n - G * G);
});

test("graphs are built in proportion to their pairs: 200,000 tokens, and a radius beyond all keys, take " +
  "no time", () => {
  assert.equal(slidingWindow(200000, 1).key.length, 599998);
  assert.equal(globalKeys(200000, 200000, [5]).key.length, 200000);
  assert.equal(stridedKeys(200000, 100000).key.length, 400000);
  assert.equal(slidingWindow(3, 2 ** 50, { dilation: 2 ** 40 }).key.length, 3);
});
