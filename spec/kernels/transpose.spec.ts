import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveTranspose } from "../oracle/naive.ts";
import { transpose, channelsFirst } from "../../lib/kernels/transpose.ts";

test("rows become columns", () => {
  assertSameBits(
    transpose(
      fromRows([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
    fromRows([
      [1, 4],
      [2, 5],
      [3, 6],
    ]),
  );
  const A = normal(5, 7, 1);
  assertSameBits(transpose(A), fromRows(naiveTranspose(rowsOf(A))));
  assertSameBits(transpose(transpose(A)), A);
  assertSameBits(transpose(matrix(0, 3)), matrix(3, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => transpose(undefined as never), {
    name: "TypeError",
    message: "transpose: A must be a Matrix { rows, cols, data }; got undefined",
  });
});

test("Z_c[t, s] = X_t[s, c], and three turns are none", () => {
  for (const [n, m, C] of [
    [2, 3, 5],
    [1, 4, 2],
    [7, 1, 1],
  ] as const) {
    const parts = Array.from({ length: n }, (_, t) => normal(m, C, t));
    const turned = channelsFirst(parts);
    assert.equal(turned.length, C);
    turned.forEach((Z, c) => {
      assert.deepEqual([Z.rows, Z.cols], [n, m]);
      parts.forEach((X, t) => Array.from({ length: m }, (_, s) => assert.equal(at(Z, t, s), at(X, s, c))));
    });
    channelsFirst(channelsFirst(turned)).forEach((X, t) => assertSameBits(X, parts[t]!));
  }
});

test("by hand: two matrices of one row", () => {
  assert.deepEqual(channelsFirst([fromRows([[1, 2]]), fromRows([[3, 4]])]).map(rowsOf), [
    [[1], [3]],
    [[2], [4]],
  ]);
});

test("errors say who, what and why", () => {
  assert.throws(() => channelsFirst([]), {
    name: "RangeError",
    message: "channelsFirst: parts.length must be an integer ≥ 1; got 0",
  });
  assert.throws(() => channelsFirst([matrix(1, 2), matrix(2, 1)]), {
    name: "RangeError",
    message: "channelsFirst: parts[1] must be (1, 2); got (2, 1)",
  });
});
