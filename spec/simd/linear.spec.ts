import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/kernels/linear.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { linear } from "../../lib/simd/linear.ts";
import { matmul } from "../../lib/simd/matmul.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";

test("the plain kernel within 1e-6 of the largest number: every remainder, few rows and many, long sums", () => {
  const random = randomGenerator(5);
  for (let trial = 0; trial < 60; trial++) {
    const [n, d_in, d_out] = [0, 0, 0].map(() => Math.floor(random() * 40)) as [number, number, number];
    const [X, W, b] = [normal(n, d_in, trial), normal(d_in, d_out, trial + 1), normal(1, d_out, trial + 2)];
    assertNear(linear(X, W, b).data, plain.linear(X, W, b).data, `${n} × ${d_in} × ${d_out}`, 10);
  }
  const [X, W, b] = [normal(70, 700, 1), normal(700, 33, 2), normal(1, 33, 3)];
  assertNear(linear(X, W, b).data, plain.linear(X, W, b).data, "long sums");
});

test("without b the product; with it, b in every row where there is nothing to sum", () => {
  const [X, W, b] = [normal(5, 7, 1), normal(7, 9, 2), normal(1, 3, 3)];
  assertSameBits(linear(X, W), matmul(X, W));
  assertSameBits(linear(matrix(2, 0), matrix(0, 3), b), matrix(2, 3, Float32Array.of(...b.data, ...b.data)));
});

test("the plain kernel's errors", () => {
  for (const [X, W, b] of [
    [matrix(2, 3), matrix(4, 5), undefined],
    [matrix(2, 3), matrix(3, 5), matrix(1, 4)],
    [matrix(2, 3), matrix(3, 5), matrix(2, 5)],
  ] as const) {
    const { message } = ((): Error => {
      try {
        plain.linear(X, W, b);
      } catch (error) {
        return error as Error;
      }
      return new Error("none");
    })();
    assert.throws(() => linear(X, W, b), { name: "RangeError", message });
  }
});
