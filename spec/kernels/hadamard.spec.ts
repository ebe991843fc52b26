import assert from "node:assert/strict";
import test from "node:test";
import { hadamard } from "../../lib/kernels/hadamard.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("entry by entry, rounded once", () => {
  for (const [n, m] of [[0, 3], [3, 0], [1, 1], [7, 5], [5, 7]] as const) {
    const [A, B] = [normal(n, m, 1), normal(n, m, 2)];
    const before = [A.data.slice(), B.data.slice()];
    assertSameBits(hadamard(A, B), matrix(n, m, rowsOf(A).flatMap((row, i) => row.map((x, j) => x * rowsOf(B)[i]![j]!))));
    assert.deepEqual([A.data, B.data], before, "nothing is written to");
  }
  assertSameBits(hadamard(fromRows([[2, NaN, 0]]), fromRows([[-3, 1, Infinity]])), fromRows([[-6, NaN, NaN]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => hadamard(matrix(3, 2), matrix(1, 2)), { name: "RangeError", message: "hadamard: B must be (3, 2); got (1, 2)" });
  assert.throws(() => hadamard("A" as never, matrix(1, 2)), { name: "TypeError", message: 'hadamard: A must be a Matrix { rows, cols, data }; got "A"' });
});
