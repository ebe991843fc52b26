import assert from "node:assert/strict";
import test from "node:test";
import type { SeenKeys } from "../../lib/graph/key-blocks.ts";
import { allKeys, globalTokens, keysFromLists, slidingWindow } from "../../lib/graph/patterns.ts";
import { allowRow, checkSeenKeys, keyBlocks, queriesEnd } from "../../lib/graph/key-blocks.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { union } from "../../lib/graph/algebra.ts";

/** Which query sees which key, as the blocks have it, and how many cells they read. */
function seenIn(seen: SeenKeys, n_q: number, n_k: number, queries: number, size: number) {
  const pairs: string[] = [];
  let cells = 0;
  for (let from = 0; from < n_q; from += queries) {
    const to = Math.min(n_q, from + queries);
    for (const { stretches, hidden } of keyBlocks(seen, n_k, from, to, size)) {
      const keys = stretches.flatMap(([first, end]) => Array.from({ length: end - first }, (_, j) => first + j));
      assert.ok(keys.length > 0 && keys.length <= size, `a block of ${keys.length} keys`);
      assert.deepEqual(keys, [...new Set(keys)].sort((a, b) => a - b), "ascending, each once");
      cells += keys.length * (to - from);
      keys.forEach((j, column) => {
        const seeing = Array.from({ length: to - from }, (_, r) => r).filter(
          (r) => !hidden.some(([i, first, end]) => i === r && first <= column && column < end),
        );
        assert.ok(seeing.length > 0, `key ${j} is read, though nobody sees it`);
        pairs.push(...seeing.map((r) => `${from + r} ${j}`));
      });
    }
  }
  return { pairs: pairs.sort(), cells };
}

test("along every pattern: the pairs of the graph, and no key that no query of its block sees", () => {
  for (const [name, graph] of everyPattern(23)) {
    const expected: string[] = [];
    for (let i = 0; i < graph.queries; i++) {
      for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) expected.push(`${i} ${graph.key[e]}`);
    }
    for (const [queries, size] of [[1, 1], [4, 3], [7, 64], [64, 5]] as const) {
      const { pairs } = seenIn({ graph }, graph.queries, graph.keys, queries, size);
      assert.deepEqual(pairs, expected.sort(), `${name}, ${queries} queries, ${size} keys`);
    }
  }
});

test("all keys, and the past with every offset", () => {
  for (const offset of [undefined, 0, -1, 3, -30, 30]) {
    for (const [queries, size] of [[1, 1], [4, 3], [32, 64]] as const) {
      const { pairs } = seenIn({ causal: offset }, 13, 11, queries, size);
      const expected: string[] = [];
      for (let i = 0; i < 13; i++) {
        for (let j = 0; j < 11; j++) if (offset === undefined || j <= i + offset) expected.push(`${i} ${j}`);
      }
      assert.deepEqual(pairs, expected.sort(), `offset ${offset}, ${queries} queries, ${size} keys`);
    }
  }
  const { cells } = seenIn({ causal: 0 }, 256, 256, 32, 64);
  assert.equal(cells, 32 * (32 + 256) * 4, "half of the cells, and half a block a row");
});

test("by hand: two stretches of a block, and what each query does not see of them", () => {
  const graph = keysFromLists([[0, 4, 5], [0, 1], []], 7);
  assert.deepEqual(keyBlocks({ graph }, 7, 0, 3, 64), [
    { stretches: [[0, 2], [4, 6]], hidden: [[0, 1, 2], [1, 2, 4], [2, 0, 2], [2, 2, 4]] },
  ]);
});

test("a mask for one query says the same", () => {
  const graph = keysFromLists([[0, 4], [2], []], 5);
  const sees = (seen: SeenKeys, i: number): number[] => [0, 1, 2, 3, 4].filter((j) => allowRow(seen, i)(0, j, 0));
  assert.deepEqual([0, 1, 2].map((i) => sees({ graph }, i)), [[0, 4], [2], []]);
  assert.deepEqual([0, 1, 2].map((i) => sees({ causal: -1 }, i)), [[], [0], [0, 1]]);
  assert.deepEqual(sees({}, 1), [0, 1, 2, 3, 4]);
});

test("errors: a graph of another size, both at once, no whole number, another name", () => {
  const raises = (seen: object, name: "RangeError" | "TypeError", message: string): void =>
    assert.throws(() => checkSeenKeys("here", seen, 3, 5), { name, message });
  const graph = allKeys(3, 5);
  raises({ graph: allKeys(3, 4) }, "RangeError", "here: graph must have 3 queries and 5 keys; got 3 and 4");
  raises({ graph, causal: 0 }, "RangeError", "here: causal and graph are two ways to say what is seen; got both");
  raises({ causal: 0.5 }, "RangeError", "here: causal must be an integer ≥ -9007199254740991; got 0.5");
  raises({ causal: true }, "TypeError", "here: causal must be a number; got true");
  raises({ allow: () => true }, "TypeError", "here: options must be a record { causal, graph }; got allow");
  checkSeenKeys("here", { graph }, 3, 5);
});

test("blocks of queries: a global query does not stand among local ones, and each query is in one block", () => {
  const endsOf = (seen: SeenKeys, n_q: number): number[] => {
    const ends: number[] = [];
    for (let i = 0; i < n_q; i = ends[ends.length - 1]!) ends.push(queriesEnd(seen, i, n_q));
    return ends;
  };
  assert.deepEqual(endsOf({}, 300), [128, 256, 300]);
  assert.deepEqual(endsOf({ causal: 0 }, 130), [64, 128, 130]);
  assert.deepEqual(endsOf({ graph: slidingWindow(70, 2) }, 70), [32, 64, 70]);
  const graph = union(slidingWindow(900, 2), globalTokens(900, [0, 1, 40, 899]));
  assert.deepEqual(endsOf({ graph }, 900).slice(0, 5), [2, 34, 40, 41, 73]);
  assert.deepEqual(endsOf({ graph }, 900).slice(-2), [899, 900]);
  assert.deepEqual(endsOf({ graph: slidingWindow(0, 2) }, 0), []);
});
