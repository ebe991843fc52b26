import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/kernels/matmul.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { matmul, matmulTransposed } from "../../lib/simd/matmul.ts";

test("the plain kernels within 1e-6 of the largest number, on shapes that tiles do not divide", () => {
  for (const [n, K, m] of [[1, 512, 33], [7, 65, 9], [67, 64, 70], [130, 257, 131]] as const) {
    const [A, B, T] = [normal(n, K, 1), normal(K, m, 2), normal(m, K, 3)];
    assertNear(matmul(A, B).data, plain.matmul(A, B).data, `${n} × ${K} × ${m}`);
    assertNear(matmulTransposed(A, T).data, plain.matmulTransposed(A, T).data, `${n} × ${K} × ${m}, transposed`);
  }
});

test("by hand, empty sides, and the plain kernels' errors", () => {
  assertSameBits(matmul(fromRows([[1, 2], [3, 4]]), fromRows([[5, 6], [7, 8]])), fromRows([[19, 22], [43, 50]]));
  assertSameBits(
    matmulTransposed(fromRows([[1, 2], [3, 4]]), fromRows([[5, 6], [7, 8]])),
    fromRows([[17, 23], [39, 53]]),
  );
  assertSameBits(matmul(matrix(0, 3), matrix(3, 2)), matrix(0, 2));
  assertSameBits(matmul(matrix(2, 3), matrix(3, 0)), matrix(2, 0));
  assertSameBits(matmul(matrix(4, 0), matrix(0, 5)), matrix(4, 5));
  assertSameBits(matmulTransposed(matrix(4, 0), matrix(5, 0)), matrix(4, 5));
  for (const [A, B] of [[matrix(2, 3), matrix(2, 4)], [null as never, matrix(2, 2)]] as const) {
    for (const name of ["matmul", "matmulTransposed"] as const) {
      const message = (run: () => unknown): string => {
        try {
          run();
        } catch (error) {
          return String(error);
        }
        return "no error";
      };
      const fast = { matmul, matmulTransposed }[name];
      assert.equal(message(() => fast(A, B)), message(() => plain[name](A, B)));
      assert.notEqual(message(() => fast(A, B)), "no error");
    }
  }
});
