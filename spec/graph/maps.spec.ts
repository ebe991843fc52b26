import assert from "node:assert/strict";
import test from "node:test";
import { blockKeys, causalKeys, globalTokens, keysFromLists, randomKeys } from "../../lib/graph/patterns.ts";
import { listsOf } from "../support/graphs.ts";
import { slidingWindow } from "../../lib/graph/patterns.ts";
import { hops } from "../../lib/graph/maps.ts";
import { restrict, union } from "../../lib/graph/algebra.ts";
import { upTo } from "../oracle/patterns.ts";
import { randomGenerator } from "../../lib/matrix.ts";

test("hops are the smallest powers of the graph: by hand, and against repeated looking", () => {
  // 0 hears 1, 1 hears 2, 2 hears 0 and itself; 3 hears 0; nobody hears 3.
  const ring = keysFromLists([[1], [2], [0, 2], [0]], 4);
  assert.deepEqual(Array.from(hops(ring, 0)), [0, 1, 2, -1]);
  assert.deepEqual(Array.from(hops(ring, 3)), [1, 2, 3, 0]);
  const graph = union(
    slidingWindow(31, 1, { dilation: 4 }),
    keysFromLists(
      upTo(31).map((i) => [(7 * i + 3) % 31]),
      31,
    ),
  );
  const lists = listsOf(graph);
  for (const i of [0, 13, 30]) {
    let heard = new Set([i]);
    const expected = new Array<number>(31).fill(-1);
    for (let layer = 0; layer <= 31; layer++) {
      for (const j of heard) if (expected[j] === -1) expected[j] = layer;
      heard = new Set([...heard, ...[...heard].flatMap((j) => lists[j]!)]);
    }
    assert.deepEqual(Array.from(hops(graph, i)), expected);
  }
});

test("the relay of D-GLOBAL: with one global token every pair is within two hops, without it takes ⌈(n − " +
  "1)/radius⌉ layers", () => {
  for (const [n, radius] of [
    [2, 1],
    [13, 1],
    [13, 2],
    [31, 3],
    [31, 7],
    [97, 4],
  ] as const) {
    const window = slidingWindow(n, radius);
    const relay = union(window, globalTokens(n, [Math.floor(n / 3)]));
    let [far, near] = [0, 0];
    for (let i = 0; i < n; i++) {
      const steps = hops(window, i);
      steps.forEach((layers, j) => assert.equal(layers, Math.ceil(Math.abs(i - j) / radius)));
      far = Math.max(far, ...steps);
      near = Math.max(near, ...hops(relay, i));
    }
    assert.equal(far, Math.ceil((n - 1) / radius));
    assert.equal(near, Math.min(2, far), `n ${n}, radius ${radius}`);
  }
});

test("what can never be heard: the future, other clauses, anything at radius 0", () => {
  assert.deepEqual(
    Array.from(
      hops(
        restrict(slidingWindow(5, 2), (i, j) => j <= i),
        2,
      ),
    ),
    [1, 1, 0, -1, -1],
  );
  assert.deepEqual(Array.from(hops(causalKeys(3, 3, -1), 0)), [0, -1, -1]);
  assert.deepEqual(Array.from(hops(blockKeys([2, 3]), 3)), [-1, -1, 1, 0, 1]);
  assert.deepEqual(Array.from(hops(slidingWindow(3, 0), 1)), [-1, 0, -1]);
});

test("random keys bring far tokens near: 1000 tokens in a few hops, where the window alone needs 999", () => {
  const window = slidingWindow(1000, 1);
  const small = union(window, randomKeys(window, 3, randomGenerator(1)));
  assert.ok(Math.max(...hops(small, 0)) <= 10, `${Math.max(...hops(small, 0))} layers`);
  assert.equal(Math.max(...hops(window, 0)), 999);
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(
    () => hops(slidingWindow(3, 1, { keys: 4 }), 0),
    "hops: graph must have 3 queries and 3 keys; got 3 and 4",
  );
  raises(() => hops(slidingWindow(3, 1), 3), "hops: i must be an integer in [0, 2]; got 3");
});
