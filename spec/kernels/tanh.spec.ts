import assert from "node:assert/strict";
import test from "node:test";
import { tanh } from "../../lib/kernels/tanh.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support.ts";

test("the hyperbolic tangent of every entry", () => {
  for (const [n, m] of [[0, 3], [1, 1], [5, 7]] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertClose(tanh(A), rowsOf(A).map((row) => row.map((x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1))), tolerance());
    assert.deepEqual(A.data, before);
  }
  assertSameBits(tanh(fromRows([[0, -0, 50, -50, Infinity, NaN]])), fromRows([[0, -0, 1, -1, 1, NaN]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => tanh({ ...matrix(1, 2), data: [1, 2] } as never), { name: "TypeError", message: "tanh: A.data must be a Float32Array; got Array" });
});
