import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveTranspose } from "../oracle/naive.ts";
import { channelsFirst, channelsLast, transpose } from "../../lib/kernels/transpose.ts";

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

test("Z_c[t, s] = X_t[s, c], channelsLast undoes it, and three turns are none", () => {
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
    const back = channelsLast(turned);
    assert.equal(back.length, n);
    back.forEach((X, t) => assertSameBits(X, parts[t]!));
    channelsFirst(channelsFirst(turned)).forEach((X, t) => assertSameBits(X, parts[t]!));
  }
});

test("X_t[s, c] = Z_c[t, s], and channelsFirst undoes it", () => {
  const [C, n, m] = [5, 2, 3];
  const channels = Array.from({ length: C }, (_, c) => normal(n, m, c));
  const parts = channelsLast(channels);
  assert.equal(parts.length, n);
  parts.forEach((X, t) => {
    assert.deepEqual([X.rows, X.cols], [m, C]);
    channels.forEach((Z, c) => Array.from({ length: m }, (_, s) => assert.equal(at(X, s, c), at(Z, t, s))));
  });
  channelsFirst(parts).forEach((Z, c) => assertSameBits(Z, channels[c]!));
  assert.deepEqual(channelsLast([matrix(0, 3), matrix(0, 3)]), []);
});

test("by hand: two matrices of one row", () => {
  assert.deepEqual(channelsFirst([fromRows([[1, 2]]), fromRows([[3, 4]])]).map(rowsOf), [
    [[1], [3]],
    [[2], [4]],
  ]);
  assert.deepEqual(channelsLast([fromRows([[1], [3]]), fromRows([[2], [4]])]).map(rowsOf), [
    [[1, 2]],
    [[3, 4]],
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
  assert.throws(() => channelsLast([]), {
    name: "RangeError",
    message: "channelsLast: channels.length must be an integer ≥ 1; got 0",
  });
  assert.throws(() => channelsLast([matrix(1, 2), matrix(2, 1)]), {
    name: "RangeError",
    message: "channelsLast: channels[1] must be (1, 2); got (2, 1)",
  });
});
