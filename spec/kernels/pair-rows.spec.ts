import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { pairRows } from "../../lib/kernels/pair-rows.ts";

test("every query with every key, the query first, queries outermost", () => {
  assertSameBits(
    pairRows(
      fromRows([[1], [2]]),
      fromRows([
        [7, 8],
        [9, 0],
        [5, 6],
      ]),
    ),
    fromRows([
      [1, 7, 8],
      [1, 9, 0],
      [1, 5, 6],
      [2, 7, 8],
      [2, 9, 0],
      [2, 5, 6],
    ]),
  );
  const [Q, K] = [normal(3, 2, 1), normal(5, 4, 2)];
  assertSameBits(pairRows(Q, K), fromRows(rowsOf(Q).flatMap((q) => rowsOf(K).map((k) => [...q, ...k]))));
});

test("empty sides", () => {
  assertSameBits(pairRows(matrix(0, 2), matrix(3, 4)), matrix(0, 6));
  assertSameBits(pairRows(matrix(3, 2), matrix(0, 4)), matrix(0, 6));
  assertSameBits(pairRows(matrix(2, 0), fromRows([[1], [2]])), fromRows([[1], [2], [1], [2]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => pairRows(matrix(1, 1), {} as never), {
    name: "TypeError",
    message: "pairRows: K.rows must be a number; got undefined",
  });
});
