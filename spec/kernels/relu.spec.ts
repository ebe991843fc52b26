import assert from "node:assert/strict";
import test from "node:test";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { relu } from "../../lib/kernels/relu.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("what is above zero stays, the rest is zero", () => {
  assertSameBits(relu(fromRows([[-2, -0.5, 0], [0.25, 3, Infinity]])), fromRows([[0, 0, 0], [0.25, 3, Infinity]]));
  assertSameBits(relu(fromRows([[-Infinity, NaN]])), fromRows([[0, NaN]]), "a NaN stays NaN");
  for (const [n, m] of [[0, 3], [3, 0], [1, 1], [7, 5]] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertSameBits(relu(A), matrix(n, m, rowsOf(A).flat().map((x) => (x > 0 ? x : 0))));
    assert.deepEqual(A.data, before);
  }
});

test("errors say who, what and why", () => {
  assert.throws(() => relu([1] as never), { name: "TypeError", message: "relu: A.rows must be a number; got undefined" });
});
