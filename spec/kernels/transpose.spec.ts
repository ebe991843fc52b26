import assert from "node:assert/strict";
import test from "node:test";
import { transpose } from "../../lib/kernels/transpose.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveTranspose } from "../naive.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

test("rows become columns", () => {
  assertSameBits(transpose(fromRows([[1, 2, 3], [4, 5, 6]])), fromRows([[1, 4], [2, 5], [3, 6]]));
  const A = normal(5, 7, 1);
  assertSameBits(transpose(A), fromRows(naiveTranspose(rowsOf(A))));
  assertSameBits(transpose(transpose(A)), A);
  assertSameBits(transpose(matrix(0, 3)), matrix(3, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => transpose(undefined as never), { name: "TypeError", message: "transpose: A must be a Matrix { rows, cols, data }; got undefined" });
});
