import assert from "node:assert/strict";
import test from "node:test";
import { allKeys, keysFromLists } from "../../lib/graph/patterns.ts";
import { normal } from "../support/values.ts";
import { softmaxGradientAt } from "../../lib/graph/softmax-gradient-at.ts";
import { softmaxGradientRows } from "../../lib/kernels/gradient-rows.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

test("along the whole graph it is softmaxGradientRows to the bit", () => {
  const [A, dA] = [softmaxRows(normal(3, 5, 1)), normal(3, 5, 2)];
  assert.deepEqual(
    softmaxGradientAt(A.data, dA.data, allKeys(3, 5)),
    softmaxGradientRows(A, dA).data,
  );
});

test("by hand; a weight of 0 is not read; a query without keys has no entries", () => {
  const graph = keysFromLists([[0, 2], [], [1, 2]], 3);
  const dS = softmaxGradientAt(Float32Array.of(0.5, 0.5, 1, 0), Float32Array.of(4, 2, 7, NaN), graph);
  assert.deepEqual([...dS], [0.5, -0.5, 0, 0]);
  assert.throws(() => softmaxGradientAt(new Float32Array(3), new Float32Array(4), graph), {
    message: "softmaxGradientAt: A must hold one number for each of the graph's 4 pairs; got 3",
  });
});
