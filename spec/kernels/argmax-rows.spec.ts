import assert from "node:assert/strict";
import test from "node:test";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { assertSameBits, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("one 1 a row, at the largest score", () => {
  for (const [n, m] of [
    [1, 1],
    [5, 3],
    [3, 7],
    [0, 4],
  ] as const) {
    const S = normal(n, m, 1);
    assertSameBits(
      argmaxRows(S),
      matrix(
        n,
        m,
        rowsOf(S).flatMap((row) => row.map((x) => (x === Math.max(...row) ? 1 : 0))),
      ),
    );
  }
});

test("ties go to the lowest index, and 0 ties with −0", () => {
  assertSameBits(
    argmaxRows(
      fromRows([
        [1, 3, 3],
        [2, 2, 2],
        [-0, 0, -1],
        [0, -0, -1],
      ]),
    ),
    fromRows([
      [0, 1, 0],
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 0],
    ]),
  );
});

test("nothing allowed gives zeros; a NaN or +∞ anywhere makes its own row NaN", () => {
  const I = Infinity;
  const S = fromRows([
    [-I, -I, -I],
    [-I, -1e38, -I],
    [-I, -I, -I],
    [NaN, -I, -I],
    [NaN, 5, 7],
    [5, NaN, 7],
    [5, 7, I],
    [1, 2, 3],
  ]);
  const N = [NaN, NaN, NaN];
  assertSameBits(argmaxRows(S), fromRows([[0, 0, 0], [0, 1, 0], [0, 0, 0], N, N, N, N, [0, 0, 1]]));
  assertSameBits(argmaxRows(matrix(3, 0)), matrix(3, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => argmaxRows(null as never), {
    name: "TypeError",
    message: "argmaxRows: S must be a Matrix { rows, cols, data }; got null",
  });
});
