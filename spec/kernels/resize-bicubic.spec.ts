import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { assertClose, assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { resizeBicubic } from "../../lib/kernels/resize-bicubic.ts";

/**
 * Sixteen pixels at a time; the weight by the powers of the published formula, with every pixel of the image
 * asked.
 */
function naiveResize(A: Matrix, rows: number, cols: number): Rows {
  const a = -3 / 4;
  const w = (z: number): number => {
    const r = Math.abs(z);
    if (r >= 2) return 0;
    return r <= 1 ? (a + 2) * r ** 3 - (a + 3) * r ** 2 + 1 : a * r ** 3 - 5 * a * r ** 2 + 8 * a * r - 4 * a;
  };
  const pixels = rowsOf(A);
  const edge = (k: number, n: number): number => Math.min(n - 1, Math.max(0, k));
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: cols }, (_, j) => {
      const [y, x] = [(i + 1 / 2) * (A.rows / rows) - 1 / 2, (j + 1 / 2) * (A.cols / cols) - 1 / 2];
      let sum = 0;
      for (let k = -3; k < A.rows + 3; k++) {
        for (let l = -3; l < A.cols + 3; l++) {
          sum += w(y - k) * w(x - l) * pixels[edge(k, A.rows)]![edge(l, A.cols)]!;
        }
      }
      return sum;
    }),
  );
}

test("equals the definition: larger, smaller, either way, from one pixel, primes", () => {
  for (const [H, W, rows, cols] of [
    [1, 1, 1, 1],
    [1, 1, 3, 5],
    [2, 3, 4, 6],
    [7, 5, 3, 11],
    [13, 11, 6, 4],
    [9, 4, 2, 1],
    [15, 15, 14, 14],
  ] as const) {
    const A = normal(H, W, 1);
    assertClose(
      resizeBicubic(A, rows, cols),
      naiveResize(A, rows, cols),
      1e-6,
      `${H} × ${W} to ${rows} × ${cols}`,
    );
  }
});

test("identities: the same size gives the same bits; a constant stays; turned images resize alike; a " +
  "ramp keeps its middle", () => {
  const A = normal(5, 7, 1);
  assertSameBits(resizeBicubic(A, 5, 7), A);
  assertClose(
    resizeBicubic(
      fromFunction(5, 7, () => 3),
      9,
      4,
    ),
    Array.from({ length: 9 }, () => [3, 3, 3, 3]),
    1e-6,
  );
  const turned = (M: Matrix): Matrix =>
    fromRows(
      rowsOf(M)
        .map((row) => row.reverse())
        .reverse(),
    );
  assertClose(resizeBicubic(turned(A), 3, 11), turned(resizeBicubic(A, 3, 11)), 1e-6);
});

test("by hand: four pixels become eight; the pixel between reads with weights at distances 5/4, 1/4, " +
  "3/4, 7/4", () => {
  // w(5/4) = −27/256, w(1/4) = 225/256, w(3/4) = 67/256, w(7/4) = −9/256: their sum is 1
  const one = (k: number): Matrix => fromFunction(1, 4, (_, j) => (j === k ? 1 : 0));
  assertClose(
    fromRows([[0, 1, 2, 3].map((k) => at(resizeBicubic(one(k), 1, 8), 0, 3))]),
    [[-27, 225, 67, -9].map((w) => w / 256)],
    1e-7,
  );
  // The first of the eight stands a quarter before pixel 0, so that three of its weights fall on that edge
  // pixel.
  assertClose(
    resizeBicubic(fromRows([[1, 0, 0, 0]]), 1, 8),
    [[(-9 + 67 + 225) / 256, (-27 + 225) / 256, (-9 + 67) / 256, -27 / 256, -9 / 256, 0, 0, 0]],
    1e-7,
  );
});

test("reads nothing but its sixteen pixels", () => {
  const A = normal(12, 3, 1);
  const clean = rowsOf(resizeBicubic(A, 6, 3));
  // Row i of six stands at 2i + 1/2, between 2i and 2i + 1, and reads 2i − 1 … 2i + 2: row 11 reaches rows 5
  // alone.
  const poisoned = rowsOf(resizeBicubic(poison(A, 11, NaN), 6, 3));
  assert.deepEqual(poisoned.slice(0, 5), clean.slice(0, 5));
  assert.ok(poisoned[5]!.every(Number.isNaN), "row 5 sees it");
});

test("errors name the argument", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(() => resizeBicubic(matrix(0, 3), 2, 2), "resizeBicubic: A.rows must be an integer ≥ 1; got 0");
  raises(() => resizeBicubic(matrix(3, 0), 2, 2), "resizeBicubic: A.cols must be an integer ≥ 1; got 0");
  raises(() => resizeBicubic(matrix(3, 3), 0, 2), "resizeBicubic: rows must be an integer ≥ 1; got 0");
  raises(() => resizeBicubic(matrix(3, 3), 2, 1.5), "resizeBicubic: cols must be an integer ≥ 1; got 1.5");
});
