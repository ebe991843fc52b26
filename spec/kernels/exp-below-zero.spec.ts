import assert from "node:assert/strict";
import test from "node:test";
import { expBelowZero } from "../../lib/kernels/exp-below-zero.ts";

// Contract: e^x for x ≤ 0, nearer to it than float32 can tell, and by +, · and / alone: the same bits everywhere.
test("by hand: 1 at 0, half at −ln 2, and nothing where float32 has nothing", () => {
  assert.equal(expBelowZero(0), 1);
  assert.equal(expBelowZero(-0), 1);
  assert.ok(Math.abs(expBelowZero(-Math.LN2) - 0.5) < 1e-15, "half");
  assert.equal(Math.fround(expBelowZero(-103.9)), 2 ** -149, "the least number of float32");
  for (const x of [-104.1, -1e4, -Number.MAX_VALUE, -Infinity]) assert.equal(expBelowZero(x), 0, `e^${x}`);
  assert.ok(Number.isNaN(expBelowZero(NaN)), "NaN stays");
});

test("the error is below 2e-13 down to −16, and below 4e-10 everywhere", () => {
  for (let n = 0; n <= 104000; n++) {
    const x = -n / 1000;
    const error = Math.abs(expBelowZero(x) / Math.exp(x) - 1);
    assert.ok(error < (n <= 16000 ? 2e-13 : 4e-10), `e^${x}: error ${error}`);
  }
});

test("it grows with x", () => {
  for (let x = -104; x < 0; x += 0.013) assert.ok(expBelowZero(x) < expBelowZero(x + 0.013), `at ${x}`);
});

/** Of e^−0.1, e^−1, e^−10 and e^−100. */
const BITS = ["3fecf46d99d52abf", "3fd78b56362cf004", "3f07cd79b5647ca5", "36ea8c1f14c88f49"];

test("its bits, as every engine must have them", () => {
  const bits = (x: number): string => {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, expBelowZero(x));
    return view.getBigUint64(0).toString(16);
  };
  assert.deepEqual([-0.1, -1, -10, -100].map(bits), BITS);
});
