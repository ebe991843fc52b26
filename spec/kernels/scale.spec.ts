import assert from "node:assert/strict";
import test from "node:test";
import { scale } from "../../lib/kernels/scale.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("every entry times the factor, rounded once", () => {
  for (const [n, m, factor] of [[0, 3, 2], [1, 1, -1], [5, 7, 1 / Math.sqrt(3)], [7, 5, 0]] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertSameBits(scale(A, factor), matrix(n, m, rowsOf(A).flat().map((x) => x * factor)));
    assert.deepEqual(A.data, before);
  }
  assertSameBits(scale(fromRows([[Infinity, NaN, 3]]), 0), fromRows([[NaN, NaN, 0]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => scale(matrix(1, 1), "2" as never), { name: "TypeError", message: "scale: factor must be a number; got string" });
});
