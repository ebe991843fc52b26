import assert from "node:assert/strict";
import test from "node:test";
import { repeatRows } from "../../lib/kernels/repeat-rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("all rows, then all rows again", () => {
  const A = fromRows([[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(repeatRows(A, 3), fromRows([[1, 2, 3], [4, 5, 6], [1, 2, 3], [4, 5, 6], [1, 2, 3], [4, 5, 6]]));
  assert.deepEqual(repeatRows(A, 1), A);
  assert.notEqual(repeatRows(A, 1).data, A.data);
  assert.deepEqual(repeatRows(A, 0), matrix(0, 3));
  assert.deepEqual(repeatRows(matrix(0, 3), 5), matrix(0, 3));
});

test("errors say who, what and why", () => {
  assert.throws(() => repeatRows(matrix(1, 1), 1.5), { name: "RangeError", message: "repeatRows: times must be an integer ≥ 0; got 1.5" });
  assert.throws(() => repeatRows(3 as never, 1), { name: "TypeError", message: "repeatRows: A must be a Matrix { rows, cols, data }; got 3" });
});
