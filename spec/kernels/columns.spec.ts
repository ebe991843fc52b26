import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, normal, rowsOf } from "../support/values.ts";
import { concatColumns, sliceColumns } from "../../lib/kernels/columns.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("side by side, in order, of any widths", () => {
  assertSameBits(
    concatColumns([
      fromRows([[1], [2]]),
      fromRows([
        [3, 4],
        [5, 6],
      ]),
      matrix(2, 0),
    ]),
    fromRows([
      [1, 3, 4],
      [2, 5, 6],
    ]),
  );
  const parts = [normal(5, 3, 1), normal(5, 2, 2), normal(5, 7, 3)];
  assertSameBits(
    concatColumns(parts),
    fromRows([0, 1, 2, 3, 4].map((i) => parts.flatMap((P) => rowsOf(P)[i]!))),
  );
  assertSameBits(concatColumns([matrix(0, 2), matrix(0, 3)]), matrix(0, 5));
});

test("the result is a copy", () => {
  const A = fromRows([[1, 2]]);
  concatColumns([A]).data[0] = 9;
  assert.equal(A.data[0], 1);
});

test("errors say who, what and why", () => {
  assert.throws(() => concatColumns(matrix(1, 1) as never), {
    name: "TypeError",
    message: "concatColumns: parts must be an array of matrices; got object",
  });
  assert.throws(() => concatColumns([null as never]), {
    name: "TypeError",
    message: "concatColumns: parts[0] must be a Matrix { rows, cols, data }; got null",
  });
  assert.throws(() => concatColumns([]), {
    name: "RangeError",
    message: "concatColumns: parts must hold at least 1 matrix; got 0",
  });
  assert.throws(() => concatColumns([matrix(2, 3), matrix(3, 2)]), {
    name: "RangeError",
    message: "concatColumns: parts[1] must be (2, any); got (3, 2)",
  });
});

test("columns start to end − 1, copied", () => {
  assertSameBits(
    sliceColumns(
      fromRows([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      1,
      3,
    ),
    fromRows([
      [2, 3],
      [5, 6],
    ]),
  );
  const A = normal(5, 7, 1);
  for (const [start, end] of [
    [0, 7],
    [0, 3],
    [3, 7],
    [2, 3],
    [4, 4],
  ] as const) {
    assertSameBits(
      sliceColumns(A, start, end),
      matrix(
        5,
        end - start,
        rowsOf(A).flatMap((row) => row.slice(start, end)),
      ),
    );
  }
  sliceColumns(A, 0, 7).data[0] = 99;
  assert.notEqual(A.data[0], 99);
});

test("errors say who, what and why", () => {
  assert.throws(() => sliceColumns(matrix(2, 3), 0, 4), {
    name: "RangeError",
    message: "sliceColumns: end must be an integer in [0, 3]; got 4",
  });
  assert.throws(() => sliceColumns(matrix(2, 3), 2, 1), {
    name: "RangeError",
    message: "sliceColumns: start must be an integer in [0, 1]; got 2",
  });
  assert.throws(() => sliceColumns(matrix(2, 3), -1, 1), {
    name: "RangeError",
    message: "sliceColumns: start must be an integer in [0, 1]; got -1",
  });
});
