import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertSameBits, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { gaussianWindow, withinWindow } from "../../lib/kernels/gaussian-window.ts";

const p = fromRows([[0], [2.5], [-3], [100]]);

test("by its definition, for centres anywhere", () => {
  for (const keys of [0, 1, 7]) {
    for (const sigma of [0.5, 1, 4]) {
      const expected = rowsOf(p).map(([centre]) =>
        Array.from({ length: keys }, (_, j) => Math.exp(-((j - centre!) ** 2) / (2 * sigma ** 2))),
      );
      assertClose(gaussianWindow(p, keys, sigma), expected, tolerance(), `${keys} ${sigma}`);
    }
  }
  // By hand: σ = 1, one away e^−½ = 0.60653, two away e^−2 = 0.13534.
  assertClose(gaussianWindow(fromRows([[1]]), 4, 1), [[0.60653, 1, 0.60653, 0.13534]], 5e-6);
  assertSameBits(gaussianWindow(fromRows([[NaN]]), 2, 1), fromRows([[NaN, NaN]]));
});

test("within: 2·radius + 1 places around a whole number, 2·radius around a half", () => {
  const seen = (centre: number, radius: number): number[] =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((j) => withinWindow(fromRows([[centre]]), radius)(0, j));
  assert.deepEqual(seen(3, 2), [1, 2, 3, 4, 5]);
  assert.deepEqual(seen(3.5, 2), [2, 3, 4, 5]);
  assert.deepEqual(seen(3, 0), [3]);
  assert.deepEqual(seen(0, 1), [0, 1]);
  assert.deepEqual(seen(9, 1), []);
  assert.deepEqual(seen(NaN, 9), [], "nowhere");
  assert.equal(withinWindow(p, 1)(1, 3), true, "each row its own centre");
});

test("errors say who, what and why", () => {
  assert.throws(() => gaussianWindow(matrix(2, 2), 3, 1), {
    name: "RangeError",
    message: "gaussianWindow: p must be (any, 1); got (2, 2)",
  });
  assert.throws(() => gaussianWindow(p, -1, 1), {
    name: "RangeError",
    message: "gaussianWindow: keys must be an integer ≥ 0; got -1",
  });
  assert.throws(() => gaussianWindow(p, 3, 0), {
    name: "RangeError",
    message: "gaussianWindow: sigma must be a finite number > 0; got 0",
  });
  assert.throws(() => withinWindow(matrix(1, 2), 1), {
    name: "RangeError",
    message: "withinWindow: p must be (any, 1); got (1, 2)",
  });
  assert.throws(() => withinWindow(p, NaN), {
    name: "RangeError",
    message: "withinWindow: radius must be a finite number; got NaN",
  });
});
