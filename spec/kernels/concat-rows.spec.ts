import assert from "node:assert/strict";
import test from "node:test";
import { concatRows } from "../../lib/kernels/concat-rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("one under the other, in order, of any heights", () => {
  assertSameBits(concatRows([fromRows([[1, 2]]), matrix(0, 2), fromRows([[3, 4], [5, 6]])]), fromRows([[1, 2], [3, 4], [5, 6]]));
  const parts = [normal(2, 5, 1), normal(7, 5, 2)];
  assertSameBits(concatRows(parts), fromRows(parts.flatMap(rowsOf)));
  assertSameBits(concatRows([matrix(2, 0), matrix(3, 0)]), matrix(5, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => concatRows(matrix(1, 1) as never), { name: "TypeError", message: "concatRows: parts must be an array of matrices; got object" });
  assert.throws(() => concatRows([null as never]), { name: "TypeError", message: "concatRows: parts[0] must be a Matrix { rows, cols, data }; got null" });
  assert.throws(() => concatRows([]), { name: "RangeError", message: "concatRows: parts must hold at least 1 matrix; got 0" });
  assert.throws(() => concatRows([matrix(2, 3), matrix(3, 2)]), { name: "RangeError", message: "concatRows: parts[1] must be (any, 3); got (3, 2)" });
});
