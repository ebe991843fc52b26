import assert from "node:assert/strict";
import test from "node:test";
import { columnDots, columnSums, sumOf } from "../../lib/kernels/sums.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { rowsOf } from "../support/values.ts";

test("by hand: sums of columns, and of products of columns", () => {
  const A = fromRows([
    [1, 2, 3],
    [10, 20, 0],
  ]);
  assert.deepEqual(rowsOf(columnSums(A)), [[11, 22, 3]]);
  assert.deepEqual(
    rowsOf(
      columnDots(
        A,
        fromRows([
          [1, 1, 2],
          [2, 3, NaN],
        ]),
      ),
    ),
    [[21, 62, 6]],
  );
});

test("no rows give zeros, no columns give nothing; sums are taken in doubles", () => {
  assert.deepEqual(rowsOf(columnSums(matrix(0, 2))), [[0, 0]]);
  assert.deepEqual(rowsOf(columnDots(matrix(3, 0), matrix(3, 0))), [[]]);
  assert.deepEqual(rowsOf(columnSums(fromRows([[16777216], [1], [1]]))), [[16777218]]);
  assert.throws(() => columnDots(matrix(2, 3), matrix(2, 2)), {
    message: "columnDots: B must be (2, 3); got (2, 2)",
  });
});

test("sumOf adds matrices entry by entry, in doubles, and rounds once", () => {
  assert.deepEqual(rowsOf(sumOf([fromRows([[1, 2]]), fromRows([[10, 20]]), fromRows([[100, -22]])])), [
    [111, 0],
  ]);
  assert.deepEqual(
    rowsOf(sumOf([fromRows([[16777216]]), fromRows([[1]]), fromRows([[1]])])),
    [[16777218]],
  );
  assert.deepEqual(rowsOf(sumOf([matrix(0, 3)])), []);
  assert.throws(() => sumOf([]), { message: "sumOf: parts must hold at least 1 matrix; got 0" });
  assert.throws(() => sumOf([matrix(1, 2), matrix(2, 1)]), {
    message: "sumOf: parts[1] must be (1, 2); got (2, 1)",
  });
});
