import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/graph/softmax-at.ts";
import { allKeys, keysFromLists } from "../../lib/graph/patterns.ts";
import { assertNear } from "../support/near.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { normal } from "../support/values.ts";
import { softmaxPairs } from "../../lib/simd/softmax-at.ts";

test("the plain kernel within 1e-6 of the largest weight, along every pattern", () => {
  for (const [name, graph] of everyPattern(37)) {
    const S = normal(1, graph.key.length, 1).data.map((x) => 9 * x);
    assertNear(softmaxPairs(S, graph), plain.softmaxPairs(S, graph), name);
  }
});

test("−∞ has weight 0, alone zeros; NaN and +∞ make the weights of their own query NaN", () => {
  const graph = keysFromLists([[0, 1, 2], [0, 1], [], [0, 2], [1]], 3);
  const S = Float32Array.of(1, -Infinity, 1, -Infinity, -Infinity, NaN, 3, Infinity);
  assert.deepEqual(Array.from(softmaxPairs(S, graph)), [0.5, 0, 0.5, 0, 0, NaN, NaN, NaN]);
  assert.throws(() => softmaxPairs(S, allKeys(2, 2)), {
    name: "RangeError",
    message: "softmaxPairs: S must hold one number for each of the graph's 4 pairs; got 8",
  });
});
