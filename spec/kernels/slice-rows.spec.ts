import assert from "node:assert/strict";
import test from "node:test";
import { sliceRows } from "../../lib/kernels/slice-rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("rows start to end − 1, as a view", () => {
  const A = normal(7, 5, 1);
  for (const [start, end] of [[0, 7], [0, 3], [3, 7], [2, 3], [4, 4]] as const) {
    const B = sliceRows(A, start, end);
    assertSameBits(B, matrix(end - start, 5, rowsOf(A).slice(start, end).flat()));
    assert.equal(B.data.buffer, A.data.buffer);
  }
});

test("a view of a view counts from the view", () => {
  assertSameBits(sliceRows(sliceRows(fromRows([[1], [2], [3], [4]]), 1, 4), 1, 2), fromRows([[3]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => sliceRows(matrix(3, 2), 0, 4), { name: "RangeError", message: "sliceRows: end must be an integer in [0, 3]; got 4" });
  assert.throws(() => sliceRows(matrix(3, 2), 2, 1), { name: "RangeError", message: "sliceRows: start must be an integer in [0, 1]; got 2" });
});
