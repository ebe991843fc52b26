import assert from "node:assert/strict";
import test from "node:test";
import { meanOf } from "../../lib/kernels/mean-of.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits } from "../support.ts";

test("by hand, and rounded once", () => {
  const parts = [fromRows([[1, 2, 3]]), fromRows([[4, 0, -3]]), fromRows([[1, 1, 0.5]])];
  assertSameBits(meanOf(parts), fromRows([[2, 1, 0.5 / 3]]));
  assertSameBits(meanOf([parts[0]!]), parts[0]!);
  // 2²⁴ + 1 − 2²⁴ is 1 in doubles and 0 in float32.
  assertSameBits(meanOf([fromRows([[2 ** 24]]), fromRows([[1]]), fromRows([[-(2 ** 24)]])]), fromRows([[1 / 3]]));
  assert.deepEqual(meanOf([matrix(0, 2), matrix(0, 2)]), matrix(0, 2));
});

test("errors say who, what and why", () => {
  assert.throws(() => meanOf([]), { name: "RangeError", message: "meanOf: parts must hold at least 1 matrix; got 0" });
  assert.throws(() => meanOf([matrix(2, 3), matrix(3, 2)]), { name: "RangeError", message: "meanOf: parts[1] must be (2, 3); got (3, 2)" });
});
