import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/kernels/entrywise.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { matrix } from "../../lib/matrix.ts";
import { scale } from "../../lib/simd/scale.ts";

test("the bits of the plain kernel: every remainder of 4, more than a block, factors no float32 number holds", () => {
  for (const [n, m] of [[0, 3], [1, 1], [2, 3], [5, 7], [1, 8192], [3, 5001], [130, 129]] as const) {
    const A = normal(n, m, n + m);
    for (const factor of [1 / Math.sqrt(50), 0, -3, 1e-60, 1e300, Infinity, NaN]) {
      assertSameBits(scale(A, factor), plain.scale(A, factor), `${n} × ${m}, ${factor}`);
    }
  }
});

test("large numbers meet small factors; NaN and ∞ stay; the plain kernel's errors", () => {
  const A = matrix(1, 6, Float32Array.of(3e38, -3e38, NaN, Infinity, -Infinity, 1e-45));
  for (const factor of [1e-50, 0.1, 1e40]) assertSameBits(scale(A, factor), plain.scale(A, factor), `${factor}`);
  assert.throws(() => scale(A, "2" as never), {
    name: "TypeError",
    message: "scale: factor must be a number; got string",
  });
});
