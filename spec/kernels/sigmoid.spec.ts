import assert from "node:assert/strict";
import test from "node:test";
import { sigmoid } from "../../lib/kernels/sigmoid.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support.ts";

test("the logistic function of every entry: half of 1 + tanh(x/2)", () => {
  for (const [n, m] of [[0, 3], [1, 1], [5, 7]] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertClose(sigmoid(A), rowsOf(A).map((row) => row.map((x) => (1 + Math.tanh(x / 2)) / 2)), tolerance());
    assert.deepEqual(A.data, before, "nothing is written to");
  }
  assertSameBits(sigmoid(fromRows([[0, Math.log(3), 1000, -1000, Infinity, -Infinity, NaN]])), fromRows([[0.5, 0.75, 1, 0, 1, 0, NaN]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => sigmoid({ ...matrix(1, 2), data: [1, 2] } as never), { name: "TypeError", message: "sigmoid: A.data must be a Float32Array; got Array" });
});
