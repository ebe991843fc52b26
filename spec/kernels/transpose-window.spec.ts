import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { transposeWindow } from "../../lib/kernels/transpose-window.ts";

test("by hand: three tokens, radius 1", () => {
  const A = fromRows([[9, 11, 12], [21, 22, 23], [32, 33, 9]]);
  assert.deepEqual(rowsOf(transposeWindow(A)), [[0, 11, 21], [12, 22, 32], [23, 33, 0]]);
});

test("equals the dense transpose, at the ends too", () => {
  for (const [T, r] of [[1, 0], [1, 3], [5, 1], [7, 2], [3, 9]] as const) {
    const A = normal(T, 2 * r + 1, 1);
    const B = transposeWindow(A);
    for (let j = 0; j < T; j++) {
      for (let m = 0; m <= 2 * r; m++) {
        const t = j - r + m;
        assert.equal(
          at(B, j, m),
          t < 0 || t >= T ? 0 : at(A, t, j - t + r),
          `T ${T}, r ${r}: [${j}, ${m}]`,
        );
      }
    }
  }
  assertSameBits(transposeWindow(matrix(0, 3)), matrix(0, 3));
});

test("errors say who, what and why", () => {
  assert.throws(() => transposeWindow(matrix(3, 2)), {
    name: "RangeError",
    message: "transposeWindow: (A.cols − 1) / 2 must be an integer ≥ 0; got 0.5",
  });
});
