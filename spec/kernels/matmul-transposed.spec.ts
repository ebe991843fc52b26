import assert from "node:assert/strict";
import test from "node:test";
import { matmul } from "../../lib/kernels/matmul.ts";
import { matmulTransposed } from "../../lib/kernels/matmul-transposed.ts";
import { sliceRows } from "../../lib/kernels/slice-rows.ts";
import { transpose } from "../../lib/kernels/transpose.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { dot } from "../naive.ts";
import { assertSameBits, copyOf, normal, rowsOf } from "../support.ts";

/** Every remainder of the tile's three rows and three columns, and one size beyond it. */
const SIZES = [1, 2, 3, 4, 5, 11];

test("every row of A against every row of B, to the bit: sums in doubles, in the order of k, rounded once", () => {
  for (const n of SIZES) {
    for (const m of SIZES) {
      for (const K of [1, 2, 7, 13]) {
        const [A, B] = [normal(n, K, n), normal(m, K, 100 + m)];
        const before = [A.data.slice(), B.data.slice()];
        assertSameBits(matmulTransposed(A, B), matrix(n, m, rowsOf(A).flatMap((a) => rowsOf(B).map((b) => dot(a, b)))), `${n} × ${K} × ${m}`);
        assert.deepEqual([A.data, B.data], before, "nothing is written to");
      }
    }
  }
});

test("no rows, and nothing to sum over", () => {
  assertSameBits(matmulTransposed(matrix(0, 3), matrix(2, 3)), matrix(0, 2));
  assertSameBits(matmulTransposed(matrix(2, 3), matrix(0, 3)), matrix(2, 0));
  assertSameBits(matmulTransposed(matrix(4, 0), matrix(5, 0)), matrix(4, 5)); // zeros
});

test("a NaN stays in its row of A, and in the column of its row of B", () => {
  const [A, B] = [normal(5, 4, 1), normal(7, 4, 2)];
  const C = matmulTransposed(A, B);
  for (let i = 0; i < 5; i++) {
    for (let j = 0; j < 7; j++) {
      const [badA, badB] = [copyOf(A), copyOf(B)];
      badA.data[i * 4 + 1] = NaN;
      badB.data[j * 4 + 2] = NaN;
      matmulTransposed(badA, badB).data.forEach((x, e) => {
        const hit = Math.floor(e / 7) === i || e % 7 === j;
        assert.ok(Object.is(x, hit ? NaN : C.data[e]), `NaN in row ${i} and column ${j}: entry ${e} is ${x}`);
      });
    }
  }
});

test("by hand, also where float32 sums would fail", () => {
  // 1·5 + 2·6 = 17, 1·7 + 2·8 = 23; 3·5 + 4·6 = 39, 3·7 + 4·8 = 53
  assertSameBits(matmulTransposed(fromRows([[1, 2], [3, 4]]), fromRows([[5, 6], [7, 8]])), fromRows([[17, 23], [39, 53]]));
  assertSameBits(matmulTransposed(fromRows([[16777216, 1, 1]]), fromRows([[1, 1, 1]])), fromRows([[16777218]]));
  assertSameBits(matmulTransposed(fromRows([[1e30, -1e30, 1]]), fromRows([[1e30, 1e30, 1]])), fromRows([[1]]));
});

test("identities: A·Bᵀ is the product with B transposed, A·Iᵀ = A, A·Aᵀ is symmetric", () => {
  const [A, B] = [normal(7, 5, 1), normal(4, 5, 2)];
  assertSameBits(matmulTransposed(A, B), matmul(A, transpose(B)));
  assertSameBits(matmulTransposed(A, identity(5)), A);
  assertSameBits(matmulTransposed(A, A), transpose(matmulTransposed(A, A)));
  assertSameBits(matmulTransposed(A, sliceRows(B, 1, 3)), matmul(A, transpose(sliceRows(B, 1, 3))));
});

test("errors say who, what and why", () => {
  assert.throws(() => matmulTransposed(matrix(2, 3), matrix(3, 2)), { name: "RangeError", message: "matmulTransposed: B must be (any, 3); got (3, 2)" });
  assert.throws(() => matmulTransposed(matrix(2, 3), undefined as never), {
    name: "TypeError",
    message: "matmulTransposed: B must be a Matrix { rows, cols, data }; got undefined",
  });
});
