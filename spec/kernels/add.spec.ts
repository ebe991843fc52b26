import assert from "node:assert/strict";
import test from "node:test";
import { add } from "../../lib/kernels/add.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("entry by entry, rounded once", () => {
  for (const [n, m] of [[0, 3], [3, 0], [1, 1], [1, 5], [7, 5], [5, 7]] as const) {
    const A = normal(n, m, 1);
    const B = normal(n, m, 2);
    const before = [A.data.slice(), B.data.slice()];
    assertSameBits(add(A, B), matrix(n, m, rowsOf(A).flatMap((row, i) => row.map((x, j) => x + rowsOf(B)[i]![j]!))));
    assert.deepEqual([A.data, B.data], before, "nothing is written to");
  }
});

test("one row goes onto every row", () => {
  assertSameBits(add(fromRows([[1, 2, 3], [4, 5, 6]]), fromRows([[10, 20, 30]])), fromRows([[11, 22, 33], [14, 25, 36]]));
  assertSameBits(add(matrix(0, 3), fromRows([[1, 2, 3]])), matrix(0, 3));
  assertSameBits(add(matrix(4, 0), matrix(1, 0)), matrix(4, 0));
});

test("NaN and infinities stay in their cell", () => {
  assertSameBits(add(fromRows([[NaN, 1], [Infinity, -Infinity]]), fromRows([[1, 1], [1, Infinity]])), fromRows([[NaN, 2], [Infinity, NaN]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => add(matrix(3, 2), matrix(2, 2)), { name: "RangeError", message: "add: B must be (3, 2); got (2, 2)" });
  assert.throws(() => add(matrix(3, 2), matrix(1, 3)), { name: "RangeError", message: "add: B must be (1, 2); got (1, 3)" });
  assert.throws(() => add(matrix(3, 2), null as never), { name: "TypeError", message: "add: B must be a Matrix { rows, cols, data }; got null" });
  assert.throws(() => add(matrix(3, 2), matrix(0, 2)), { name: "RangeError", message: "add: B must be (3, 2); got (0, 2)" });
});
