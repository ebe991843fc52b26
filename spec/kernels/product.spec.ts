import assert from "node:assert/strict";
import test from "node:test";
import { product } from "../../lib/kernels/product.ts";
import { transpose } from "../../lib/kernels/transpose.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveMatmul } from "../naive.ts";
import { assertSameBits, normal, rowsOf } from "../support.ts";

/** Every remainder of the tile's three rows and three columns, and one size beyond it. */
const SIZES = [1, 2, 3, 4, 5, 7];

test("A B and, transposed, A Bᵀ: the definition to the bit, in the order of k, and nothing is written to", () => {
  for (const n of SIZES) {
    for (const m of SIZES) {
      for (const K of [1, 2, 6]) {
        const [A, B] = [normal(n, K, n), normal(K, m, 100 + m)];
        const [before, expected] = [[A.data.slice(), B.data.slice()], matrix(n, m, naiveMatmul(rowsOf(A), rowsOf(B)).flat())];
        assertSameBits(product(A, B), expected, `${n} × ${K} × ${m}`);
        assertSameBits(product(A, transpose(B), true), expected, `${n} × ${K} × ${m}, transposed`);
        assert.deepEqual([A.data, B.data], before);
      }
    }
  }
});

test("a square B tells the two apart", () => {
  const [A, B] = [normal(2, 3, 1), normal(3, 3, 2)];
  assert.notDeepEqual(product(A, B), product(A, B, true));
  assertSameBits(product(A, B, true), product(A, transpose(B)));
});

test("no rows, no columns, nothing to sum over", () => {
  assertSameBits(product(matrix(0, 3), matrix(3, 2)), matrix(0, 2));
  assertSameBits(product(matrix(2, 3), matrix(3, 0)), matrix(2, 0));
  assertSameBits(product(matrix(2, 0), matrix(0, 4)), matrix(2, 4)); // zeros
  assertSameBits(product(matrix(2, 0), matrix(4, 0), true), matrix(2, 4));
});
