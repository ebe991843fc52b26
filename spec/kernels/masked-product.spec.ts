import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { maskedMultiply, maskedProduct } from "../../lib/kernels/masked-product.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";

test("maskedProduct: A Bᵀ to the bit where W is not 0, and exactly 0 elsewhere", () => {
  for (const [n, m, d] of [
    [1, 1, 1],
    [3, 5, 2],
    [5, 3, 7],
    [0, 3, 2],
    [3, 0, 2],
    [2, 3, 0],
  ] as const) {
    const [A, B] = [normal(n, d, 1), normal(m, d, 2)];
    const full = matmulTransposed(A, B);
    const W = fromFunction(n, m, (i, j) => ((i + j) % 2 === 0 ? 0.5 : 0));
    const expected = fromFunction(n, m, (i, j) => (at(W, i, j) === 0 ? 0 : at(full, i, j)));
    assertSameBits(maskedProduct(A, B, W), expected, `${n} × ${m} × ${d}`);
  }
});

test("maskedProduct: a row without weight is not read", () => {
  const [A, B] = [normal(4, 3, 1), normal(5, 3, 2)];
  const W = fromFunction(4, 5, (_, j) => (j === 2 ? 0 : 1));
  assertSameBits(maskedProduct(A, poison(B, 2, NaN), W), maskedProduct(A, B, W));
});

test("maskedMultiply: by hand; 0 beside NaN is 0", () => {
  const product = maskedMultiply(fromRows([[2, 0, 3]]), fromRows([[5, NaN, Infinity]]));
  assert.deepEqual(rowsOf(product), [[10, 0, Infinity]]);
});

test("errors say who, what and why", () => {
  assert.throws(() => maskedProduct(matrix(2, 3), matrix(4, 5), matrix(2, 4)), {
    message: "maskedProduct: B must be (any, 3); got (4, 5)",
  });
  assert.throws(() => maskedProduct(matrix(2, 3), matrix(4, 3), matrix(4, 2)), {
    message: "maskedProduct: W must be (2, 4); got (4, 2)",
  });
  assert.throws(() => maskedMultiply(matrix(2, 3), matrix(3, 2)), {
    message: "maskedMultiply: B must be (2, 3); got (3, 2)",
  });
});
