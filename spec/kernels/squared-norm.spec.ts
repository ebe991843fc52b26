import assert from "node:assert/strict";
import test from "node:test";
import { squaredNorm } from "../../lib/kernels/squared-norm.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { normal, rowsOf } from "../support.ts";

test("the sum of squares, in doubles", () => {
  assert.equal(squaredNorm(fromRows([[1, -2], [3, 0]])), 14); // 1 + 4 + 9
  assert.equal(squaredNorm(identity(5)), 5);
  assert.equal(squaredNorm(matrix(0, 3)), 0);
  assert.equal(squaredNorm(fromRows([[4096, 1]])), 2 ** 24 + 1); // float32 would lose the 1
  const A = normal(5, 7, 1);
  assert.equal(squaredNorm(A), rowsOf(A).flat().reduce((sum, x) => sum + x * x, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => squaredNorm(3 as never), { name: "TypeError", message: "squaredNorm: A must be a Matrix { rows, cols, data }; got 3" });
});
