import assert from "node:assert/strict";
import test from "node:test";
import type { Neighbours } from "../../lib/graph/neighbours.ts";
import type { Sees } from "../oracle/patterns.ts";
import { REASON, checkNeighbours, headGraph, reasonNames } from "../../lib/graph/neighbours.ts";
import { addWeights, reasons, toDense } from "../../lib/graph/maps.ts";
import { allKeys, causalKeys, globalTokens, keysFromLists, keysWhere } from "../../lib/graph/patterns.ts";
import { listsOf, reasonsOf } from "../support/graphs.ts";
import { slidingWindow, stridedKeys } from "../../lib/graph/patterns.ts";
import { below, listsBy, sees, upTo } from "../oracle/patterns.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { intersect, restrict, prependTokens, withoutPadding, union } from "../../lib/graph/algebra.ts";
import { rowsOf } from "../support/values.ts";

/** Graphs of n tokens beside the predicate that each is. */
function patterns(n: number): [Neighbours, Sees][] {
  const globals = below(n, [5, 0]);
  return [
    [slidingWindow(n, 2), sees.window(2)],
    [slidingWindow(n, 1, { dilation: 3 }), sees.window(1, 3)],
    [globalTokens(n, globals), sees.globals(globals)],
    [causalKeys(n, n, -1), sees.past(-1)],
    [stridedKeys(n, 3), sees.strided(3)],
    [
      keysFromLists(
        upTo(n).map(() => []),
        n,
      ),
      () => false,
    ],
    [allKeys(n, n), () => true],
  ];
}

test("union is or, intersect is and, keep is and with a predicate: every pair of patterns", () => {
  for (const n of [0, 1, 2, 7, 13]) {
    for (const [a, sees_a] of patterns(n)) {
      for (const [b, sees_b] of patterns(n)) {
        const [either, both] = [union(a, b), intersect(a, b)];
        checkNeighbours("spec", "either", either, a);
        checkNeighbours("spec", "both", both, a);
        assert.deepEqual(listsOf(either), listsBy(n, n, sees.any(sees_a, sees_b)));
        assert.deepEqual(listsOf(both), listsBy(n, n, sees.every(sees_a, sees_b)));
        assert.deepEqual(listsOf(restrict(a, sees_b)), listsOf(both));
        assert.deepEqual(union(b, a), either, "order does not matter");
        assert.deepEqual(intersect(b, a), both);
      }
    }
  }
});

test("a pair that several graphs have stands once, with all their reasons; keep leaves the reasons " +
  "alone", () => {
  const graph = union(
    slidingWindow(5, 1),
    globalTokens(5, [0]),
    keysFromLists([[], [1], [], [1], []], 5, "random"),
  );
  const { local: L, global: G, random: R } = REASON;
  assert.deepEqual(listsOf(graph), [
    [0, 1, 2, 3, 4],
    [0, 1, 2],
    [0, 1, 2, 3],
    [0, 1, 2, 3, 4],
    [0, 3, 4],
  ]);
  assert.deepEqual(reasonsOf(graph), [
    [L | G, L | G, G, G, G],
    [L | G, L | R, L],
    [G, L, L, L],
    [G, R, L, L, L],
    [G, L, L],
  ]);
  assert.deepEqual(reasonsOf(restrict(graph, causal())), [
    [L | G],
    [L | G, L | R],
    [G, L, L],
    [G, R, L, L],
    [G, L, L],
  ]);
  assert.deepEqual(reasonNames(L | R), ["local", "random"]);
  assert.deepEqual(reasonNames(255), Object.keys(REASON));
  assert.deepEqual(reasonNames(0), []);
  assert.equal(new Set(Object.values(REASON)).size, 8);
});

test("padding: real keys only, and real queries only where asked", () => {
  const real = [true, false, true, true, false, true, false];
  const graph = union(slidingWindow(7, 1), globalTokens(7, [1, 2]));
  const both = sees.any(sees.window(1), sees.globals([1, 2]));
  assert.deepEqual(
    listsOf(withoutPadding(graph, real)),
    listsBy(7, 7, sees.every(both, sees.real(real))),
  );
  assert.deepEqual(
    listsOf(withoutPadding(graph, real, real)),
    listsBy(7, 7, (i, j) => both(i, j) && real[i]! && real[j]!),
  );
  assert.equal(
    withoutPadding(
      graph,
      real.map(() => false),
    ).key.length,
    0,
  );
});

test("tokens in front see nobody and are seen by nobody", () => {
  assert.deepEqual(
    listsOf(prependTokens(slidingWindow(3, 1), 2)),
    [[], [], [2, 3], [2, 3, 4], [3, 4]],
  );
  assert.deepEqual(prependTokens(slidingWindow(3, 1), 0), slidingWindow(3, 1));
});

test("keep asks about each pair once, with its head", () => {
  const asked: string[] = [];
  restrict(slidingWindow(3, 1), (i, j, head) => asked.push(`${i},${j},${head}`) > 0, 4);
  assert.deepEqual(asked, ["0,0,4", "0,1,4", "1,0,4", "1,1,4", "1,2,4", "2,1,4", "2,2,4"]);
});

test("the map and the reasons of each cell, row by row, 0 where nothing is seen", () => {
  const graph = union(slidingWindow(3, 0, { keys: 4 }), keysFromLists([[3], [], [2]], 4, "global"));
  const values = Float32Array.from([0.25, 0.75, 1, 0.5]);
  assert.deepEqual(rowsOf(toDense({ graph, values })), [
    [0.25, 0, 0, 0.75],
    [0, 1, 0, 0],
    [0, 0, 0.5, 0],
  ]);
  assert.deepEqual(Array.from(reasons(graph)), [1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 3, 0]);
});

test("weights of two graphs accumulate on their union", () => {
  const a = { graph: slidingWindow(3, 1), values: Float32Array.from([1, 2, 3, 4, 5, 6, 7]) };
  const b = { graph: keysFromLists([[2], [], [0, 2]], 3, "global"), values: Float32Array.from([10, 20, 30]) };
  assert.deepEqual(rowsOf(toDense(addWeights(a, b))), [
    [1, 2, 10],
    [3, 4, 5],
    [20, 6, 37],
  ]);
  assert.deepEqual(reasonsOf(addWeights(a, b).graph), [
    [1, 1, 2],
    [1, 1, 1],
    [2, 1, 3],
  ]);
});

test("graphs leave their inputs as they were", () => {
  const [a, b] = [slidingWindow(7, 2), keysWhere(7, 7, (i, j) => (i + j) % 2 === 0)];
  const before = structuredClone([a, b]);
  for (const made of [union(a, b), intersect(a, b), restrict(a, () => true), prependTokens(a, 1)]) {
    made.key.fill(-1);
    made.reason.fill(255);
  }
  assert.deepEqual([a, b], before);
});

test("one graph for all heads, or one for each", () => {
  const [a, b, size] = [slidingWindow(3, 1), slidingWindow(3, 0), { queries: 3, keys: 3 }];
  assert.equal(headGraph("spec", a, 1, 2, size), a);
  assert.equal(headGraph("spec", [a, b], 1, 2, size), b);
  assert.throws(() => headGraph("spec", [a], 0, 2, size), {
    name: "RangeError",
    message: "spec: graph.length must be an integer in [2, 2]; got 1",
  });
  const other = { name: "RangeError", message: "spec: graph[1] must have 3 queries and 3 keys; got 3 and 4" };
  assert.throws(() => headGraph("spec", [a, allKeys(3, 4)], 1, 2, size), other);
});
