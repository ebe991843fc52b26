import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/graph/scores-at.ts";
import { allKeys, keysFromLists, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertNear } from "../support/near.ts";
import { endOfPart, scoresAt } from "../../lib/simd/scores-at.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { matrix } from "../../lib/matrix.ts";
import { normal, poison } from "../support/values.ts";

test("the plain kernel within 1e-6 of the largest number, along every pattern and every width", () => {
  for (const [name, graph] of everyPattern(37)) {
    for (const d of [1, 3, 4, 7, 64]) {
      const [Q, K] = [normal(graph.queries, d, 1), normal(graph.keys, d, 2)];
      assertNear(scoresAt(Q, K, graph), plain.scoresAt(Q, K, graph), `${name}, d ${d}`);
    }
  }
});

test("no width, no queries, and queries without keys", () => {
  assert.deepEqual(scoresAt(matrix(5, 0), matrix(7, 0), allKeys(5, 7)), new Float32Array(35));
  assert.deepEqual(scoresAt(matrix(0, 3), matrix(7, 3), allKeys(0, 7)), new Float32Array(0));
  const graph = keysFromLists([[], [1, 4], [], [0]], 5);
  const [Q, K] = [normal(4, 6, 1), normal(5, 6, 2)];
  assertNear(scoresAt(Q, K, graph), plain.scoresAt(Q, K, graph), "few keys");
});

test("a key that no query sees is not read", () => {
  const graph = keysFromLists([[0, 2], [2], [0]], 3);
  const [Q, K] = [normal(3, 5, 1), normal(3, 5, 2)];
  assert.deepEqual(scoresAt(Q, poison(K, 1, NaN), graph), scoresAt(Q, K, graph));
});

test("a graph of several parts, and the ends of the parts", () => {
  const graph = slidingWindow(40000, 1);
  const [Q, K] = [normal(40000, 2, 1), normal(40000, 2, 2)];
  assertNear(scoresAt(Q, K, graph), plain.scoresAt(Q, K, graph), "40,000 queries");
  assert.equal(endOfPart(graph.start, 0, 40000), 16384);
  assert.equal(endOfPart(graph.start, 32768, 40000), 40000);
  const [long, few] = [Int32Array.of(0, 2000000, 2000001, 3500000), Int32Array.of(0, 1)];
  assert.deepEqual([0, 1, 2].map((i) => endOfPart(long, i, 3)), [1, 2, 3]);
  assert.equal(endOfPart(few, 0, 1), 1);
});

test("K over 64 MiB goes by columns", () => {
  const graph = keysFromLists([[0, 7, 599999], [0, 7, 599999], [0, 7, 599999]], 600000);
  const [Q, K] = [normal(3, 37, 1), normal(600000, 37, 2)];
  assertNear(scoresAt(Q, K, graph), plain.scoresAt(Q, K, graph), "600,000 keys");
});

test("the plain kernel's errors", () => {
  assert.throws(() => scoresAt(matrix(2, 3), matrix(2, 4), allKeys(2, 2)), {
    name: "RangeError",
    message: "scoresAt: K must be (any, 3); got (2, 4)",
  });
});
