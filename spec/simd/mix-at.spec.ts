import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/graph/mix-at.ts";
import { allKeys, keysFromLists, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, normal, poison } from "../support/values.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { matrix } from "../../lib/matrix.ts";
import { mixAt } from "../../lib/simd/mix-at.ts";

test("the plain kernel within 1e-6 of the largest number, along every pattern and every width", () => {
  for (const [name, graph] of everyPattern(37)) {
    for (const d of [1, 4, 31, 32, 37, 64, 69]) {
      const V = normal(graph.keys, d, 2);
      const A = normal(1, graph.key.length, 3).data;
      for (let e = 0; e < A.length; e += 3) A[e] = 0;
      assertNear(mixAt(A, V, graph).data, plain.mixAt(A, V, graph).data, `${name}, d ${d}`);
    }
  }
});

test("what has weight 0, or no pair, is not read", () => {
  const graph = keysFromLists([[0, 2], [1, 2], []], 4);
  const A = Float32Array.of(0.5, 0.5, 0, 1);
  const V = normal(4, 9, 1);
  const clean = mixAt(A, V, graph);
  assertSameBits(mixAt(A, poison(poison(V, 1, NaN), 3, Infinity), graph), clean);
  assert.deepEqual(clean.data.subarray(18), new Float32Array(9), "no keys: zeros");
  assert.ok(mixAt(A, poison(V, 0, NaN), graph).data.subarray(0, 9).every(Number.isNaN), "what has weight shows");
});

test("graphs of several parts, V over 64 MiB, and no width", () => {
  const window = slidingWindow(40000, 1);
  const A = normal(1, window.key.length, 3).data;
  const V = normal(40000, 2, 2);
  assertNear(mixAt(A, V, window).data, plain.mixAt(A, V, window).data, "40,000 queries");
  const wide = keysFromLists([[0, 7, 599999], [0, 7, 599999], [0, 7, 599999]], 600000);
  const values = normal(600000, 37, 2);
  const weights = Float32Array.of(1, 0.5, 0, 0.25, 1, 0.5, 0, 0.5, 1);
  assertNear(mixAt(weights, values, wide).data, plain.mixAt(weights, values, wide).data, "600,000 keys");
  assertSameBits(mixAt(new Float32Array(35), matrix(7, 0), allKeys(5, 7)), matrix(5, 0));
});

test("the plain kernel's errors", () => {
  assert.throws(() => mixAt(new Float32Array(3), matrix(2, 4), allKeys(2, 2)), {
    name: "RangeError",
    message: "mixAt: A must hold one number for each of the graph's 4 pairs; got 3",
  });
});
