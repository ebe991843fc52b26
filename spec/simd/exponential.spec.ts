import assert from "node:assert/strict";
import test from "node:test";
import { compile, f32x4, loop, newMemory, routine, set } from "../../lib/simd/wasm.ts";
import { exponential } from "../../lib/simd/exponential.ts";

const memory = newMemory();
const { exp } = compile({
  exp: routine(2, (make, p, end) => {
    const x = make("f32x4");
    const { constants, of } = exponential(make);
    return [constants, loop(p, end, 16, [set(x, f32x4.load(p)), of(x), f32x4.store(p, x)])];
  }),
}, memory);

/** e^x of up to 16,384 numbers. */
function exponentials(numbers: ArrayLike<number>): Float32Array {
  const view = new Float32Array(memory.buffer);
  view.fill(0).set(numbers);
  exp(0, 16 * Math.ceil(numbers.length / 4));
  return view.slice(0, numbers.length);
}

test("under one float32 step of e^x, over the whole range", () => {
  const word = new Int32Array(1);
  const float = new Float32Array(word.buffer);
  for (let part = 0; part < 40; part++) {
    const from = -87 + part * 4.375;
    const xs = Float32Array.from({ length: 16384 }, (_, e) => from + (e / 16384) * 4.375);
    exponentials(xs).forEach((y, e) => {
      const exact = Math.exp(xs[e]!);
      float[0] = exact;
      word[0] = word[0]! + 1;
      const step = float[0]! - Math.fround(exact);
      assert.ok(Math.abs(y - exact) < step, `e^${xs[e]}: got ${y}, expected ${exact} ± ${step}`);
    });
  }
});

test("0 from −88 down and at −∞, 1 at 0 and at −0; a NaN stays a NaN", () => {
  const got = Array.from(exponentials([-88, -1e30, -Infinity, 0, -0, NaN, 88]));
  assert.deepEqual(got.slice(0, 6), [0, 0, 0, 1, 1, NaN]);
  assert.ok(Number.isFinite(got[6]!), "e^88 is a float32 number");
});
