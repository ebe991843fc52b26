import assert from "node:assert/strict";
import test from "node:test";
import { blend } from "../../lib/kernels/blend.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { sigmoid } from "../../lib/kernels/sigmoid.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("(1 − z) of the new and z of the old, rounded once", () => {
  for (const [n, m] of [[0, 3], [3, 0], [1, 1], [7, 5], [5, 7]] as const) {
    const [Z, N, H] = [sigmoid(normal(n, m, 1)), normal(n, m, 2), normal(n, m, 3)];
    const before = [Z, N, H].map(({ data }) => data.slice());
    const [z, fresh, old] = [rowsOf(Z), rowsOf(N), rowsOf(H)];
    assertSameBits(blend(Z, N, H), matrix(n, m, z.flatMap((row, i) => row.map((x, j) => (1 - x) * fresh[i]![j]! + x * old[i]![j]!))));
    assert.deepEqual([Z, N, H].map(({ data }) => data), before, "nothing is written to");
  }
  assertSameBits(blend(fromRows([[0, 1, 0.25]]), fromRows([[8, 8, 8]]), fromRows([[4, 4, 4]])), fromRows([[8, 4, 7]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => blend(matrix(3, 2), matrix(3, 1), matrix(3, 2)), { name: "RangeError", message: "blend: N must be (3, 2); got (3, 1)" });
  assert.throws(() => blend(matrix(3, 2), matrix(3, 2), matrix(2, 2)), { name: "RangeError", message: "blend: H must be (3, 2); got (2, 2)" });
});
