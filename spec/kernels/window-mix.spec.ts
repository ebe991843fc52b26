import assert from "node:assert/strict";
import test from "node:test";
import { mix } from "../../lib/kernels/mix.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { windowMix } from "../../lib/kernels/window-mix.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, assertSameRows, copyOf, normal, poison, rowsOf } from "../support.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, t) => t);

test("O[t] = Σ_m A[t, m] v_(t−r+m) over the keys that exist: every remainder of four columns, every end", () => {
  for (const T of [0, 1, 2, 7, 13]) {
    for (const radius of [0, 1, 2, 20]) {
      for (const d of [0, 1, 2, 3, 4, 9]) {
        const [A, V] = [normal(T, 2 * radius + 1, 1), normal(T, d, 2)];
        const [a, v] = [rowsOf(A), rowsOf(V)];
        const expected = upTo(T).map((t) => upTo(d).map((c) => a[t]!.reduce((sum, w, m) => sum + w * (v[t - radius + m]?.[c] ?? 0), 0)));
        for (const edges of ["cut", "zero"] as const) {
          const O = windowMix(A, unfoldWindow(V, radius, { edges }), d);
          if (T > 0) assertClose(O, expected, 1e-6, `T ${T}, radius ${radius}, d ${d}, ${edges}`);
          assert.deepEqual([O.rows, O.cols], [T, d]);
        }
      }
    }
  }
});

test("by hand: radius 1, three values; the same as mix of the band as a full matrix", () => {
  // slot m of query t is value t − 1 + m. Row 0: [5 (no value), 1, 2] · [–, 10, 20] = 50; row 1: [1, 0, 3] · [10, 20, 30] = 100; row 2: [4, 5] · [20, 30] = 230
  const A = fromRows([[5, 1, 2], [1, 0, 3], [4, 5, 7]]);
  assertSameBits(windowMix(A, unfoldWindow(fromRows([[10], [20], [30]]), 1), 1), fromRows([[50], [100], [230]]));
  const band = normal(13, 7, 1);
  const full = fromFunction(13, 13, (t, j) => (Math.abs(t - j) <= 3 ? rowsOf(band)[t]![j - t + 3]! : 0));
  assertClose(windowMix(band, unfoldWindow(normal(13, 5, 2), 3), 5), mix(full, normal(13, 5, 2)), 1e-6);
});

test("a value of weight 0, and one outside the window, are not read; a weight without a value neither", () => {
  const V = normal(11, 6, 2);
  const A = fromFunction(11, 5, (_t, m) => (m === 1 ? 0 : 0.25));
  const clean = windowMix(A, unfoldWindow(V, 2), 6);
  for (const value of [NaN, Infinity]) {
    for (const j of upTo(11)) {
      const blind = upTo(11).filter((t) => Math.abs(t - j) > 2 || t - 2 + 1 === j); // slot 1 of query t is key t − 1
      assertSameRows(windowMix(A, unfoldWindow(poison(V, j, value), 2), 6), clean, blind, `value ${j}`);
    }
  }
  const outside = copyOf(A);
  [outside.data[0], outside.data[1], outside.data[5], outside.data[54]] = [NaN, NaN, NaN, NaN]; // slots before key 0 and after key 10
  assertSameBits(windowMix(outside, unfoldWindow(V, 2), 6), clean);
  assert.ok(rowsOf(windowMix(A, unfoldWindow(poison(V, 4, NaN), 2), 6))[4]!.every(Number.isNaN), "what has weight shows");
  assertSameBits(windowMix(matrix(11, 5), unfoldWindow(poison(V, 4, NaN), 2), 6), matrix(11, 6), "no weights: zeros");
  assertSameBits(V, normal(11, 6, 2));
});

test("errors name the argument and what was got", () => {
  const windows = unfoldWindow(matrix(7, 3), 2);
  const raises = (run: () => unknown, message: string): void => assert.throws(run, { name: "RangeError", message });
  raises(() => windowMix(matrix(6, 5), windows, 3), "windowMix: A must be (7, any); got (6, 5)");
  raises(() => windowMix(matrix(7, 4), windows, 3), "windowMix: (A.cols − 1) / 2 must be an integer ≥ 0; got 1.5");
  raises(() => windowMix(matrix(7, 0), windows, 3), "windowMix: (A.cols − 1) / 2 must be an integer ≥ 0; got -0.5");
  raises(() => windowMix(matrix(7, 7), windows, 3), "windowMix: windows[0] must be (4, 3); got (3, 3)");
  raises(() => windowMix(matrix(7, 5), windows, 4), "windowMix: windows[0] must be (any, 4); got (3, 3)");
  raises(() => windowMix(matrix(7, 5), windows, 2.5), "windowMix: d must be an integer ≥ 0; got 2.5");
});
