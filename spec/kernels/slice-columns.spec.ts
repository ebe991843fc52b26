import assert from "node:assert/strict";
import test from "node:test";
import { sliceColumns } from "../../lib/kernels/slice-columns.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("columns start to end − 1, copied", () => {
  assertSameBits(sliceColumns(fromRows([[1, 2, 3], [4, 5, 6]]), 1, 3), fromRows([[2, 3], [5, 6]]));
  const A = normal(5, 7, 1);
  for (const [start, end] of [[0, 7], [0, 3], [3, 7], [2, 3], [4, 4]] as const) {
    assertSameBits(sliceColumns(A, start, end), matrix(5, end - start, rowsOf(A).flatMap((row) => row.slice(start, end))));
  }
  sliceColumns(A, 0, 7).data[0] = 99;
  assert.notEqual(A.data[0], 99);
});

test("errors say who, what and why", () => {
  assert.throws(() => sliceColumns(matrix(2, 3), 0, 4), { name: "RangeError", message: "sliceColumns: end must be an integer in [0, 3]; got 4" });
  assert.throws(() => sliceColumns(matrix(2, 3), 2, 1), { name: "RangeError", message: "sliceColumns: start must be an integer in [0, 1]; got 2" });
  assert.throws(() => sliceColumns(matrix(2, 3), -1, 1), { name: "RangeError", message: "sliceColumns: start must be an integer in [0, 1]; got -1" });
});
