import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { naiveLinear } from "../oracle/naive.ts";

test("X W + b for every row, and X W without b", () => {
  for (const [n, d_in, d_out] of [
    [1, 1, 1],
    [5, 3, 7],
    [2, 7, 3],
    [0, 3, 2],
  ] as const) {
    const [X, W, b] = [normal(n, d_in, 1), normal(d_in, d_out, 2), normal(1, d_out, 3)];
    assertClose(linear(X, W, b), naiveLinear(rowsOf(X), rowsOf(W), rowsOf(b)), tolerance());
    assertClose(linear(X, W), naiveLinear(rowsOf(X), rowsOf(W)), tolerance());
  }
});

test("by hand, and with W = I", () => {
  assertSameBits(
    linear(
      fromRows([[1, 2]]),
      fromRows([
        [1, 0, 3],
        [0, 1, 4],
      ]),
      fromRows([[10, 20, 30]]),
    ),
    fromRows([[11, 22, 41]]),
  ); // 1·3 + 2·4 + 30
  const X = normal(4, 3, 1);
  assertSameBits(linear(X, identity(3)), X);
  assertSameBits(
    linear(matrix(2, 0), matrix(0, 3), fromRows([[1, 2, 3]])),
    fromRows([
      [1, 2, 3],
      [1, 2, 3],
    ]),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => linear(matrix(2, 3), matrix(4, 5)), {
    name: "RangeError",
    message: "linear: X must be (any, 4); got (2, 3)",
  });
  assert.throws(() => linear(matrix(2, 4), matrix(4, 5), matrix(2, 5)), {
    name: "RangeError",
    message: "linear: b must be (1, 5); got (2, 5)",
  });
});
