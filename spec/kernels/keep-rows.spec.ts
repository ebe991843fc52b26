import assert from "node:assert/strict";
import test from "node:test";
import { keepRows } from "../../lib/kernels/keep-rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits } from "../support.ts";

test("rows that are kept are the same bits, the others zero, also where they held NaN", () => {
  const A = fromRows([[1, -0], [NaN, 4], [5, Infinity], [-NaN, 8]]);
  const before = A.data.slice();
  assertSameBits(keepRows(A, (i) => i % 2 === 0), fromRows([[1, -0], [0, 0], [5, Infinity], [0, 0]]));
  assertSameBits(keepRows(A, () => true), A);
  assertSameBits(keepRows(A, () => false), matrix(4, 2));
  assert.deepEqual(keepRows(matrix(0, 2), () => true), matrix(0, 2));
  assert.deepEqual(A.data, before);
});

test("errors say who, what and why", () => {
  assert.throws(() => keepRows(matrix(1, 1), [true] as never), { name: "TypeError", message: "keepRows: keep must be a function (i) => boolean; got object" });
  assert.throws(() => keepRows(null as never, () => true), { name: "TypeError", message: "keepRows: A must be a Matrix { rows, cols, data }; got null" });
});
