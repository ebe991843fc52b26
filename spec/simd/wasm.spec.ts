import assert from "node:assert/strict";
import test from "node:test";
import type { Code } from "../../lib/simd/wasm.ts";
import { acrossLanes, compile, f32x4, f64x2, i32, loop } from "../../lib/simd/wasm.ts";
import { moduleBytes, newMemory, routine, set } from "../../lib/simd/wasm.ts";

test("by hand: the bytes of a module with one routine, each at its place in the binary format", () => {
  // store(at, one number in all four lanes)
  const put = routine(1, (_, at) => f32x4.store(at, f32x4.of(1)));
  const one = [0x00, 0x00, 0x80, 0x3f];
  const body = [0x20, 0, 0xfd, 0x0c, ...one, ...one, ...one, ...one, 0xfd, 0x0b, 2, 0];
  assert.deepEqual(Array.from(moduleBytes({ put })), [
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    1, 5, 1, 0x60, 1, 0x7f, 0, //                                            (i32) → ()
    2, 19, 1, 7, ...Buffer.from("scratch"), 6, ...Buffer.from("memory"), 2, 0, 1,
    3, 2, 1, 0,
    7, 7, 1, 3, ...Buffer.from("put"), 0, 0,
    10, 3 + body.length + 1, 1, body.length + 2, 0, ...body, 0x0b,
  ]);
});

test("the example of the docstring adds 256 numbers", () => {
  const total = routine(3, (make, from, end, out) => {
    const sum = make("f32x4");
    return [
      loop(from, end, 16, set(sum, f32x4.add(sum, f32x4.load(from)))),
      f32x4.store(out, sum),
    ];
  });
  const memory = newMemory();
  const numbers = new Float32Array(memory.buffer);
  for (let e = 0; e < 256; e++) numbers[e] = e;
  compile({ total }, memory).total(0, 1024, 1024);
  assert.equal(numbers.subarray(256, 260).reduce((a, b) => a + b), 32640);
});

test("whole numbers of one byte and of several, of both signs, and addresses with an offset", () => {
  const values = [0, 1, 63, 64, 127, 128, 8191, 8192, 65536, 2147483647, -1, -64, -65, -8193, -2147483648];
  for (const value of values) {
    const put = routine(1, (_, at) => f32x4.store(at, f32x4.splat(value), 4096));
    const memory = newMemory();
    compile({ put }, memory).put(16);
    const got = new Int32Array(memory.buffer, 4112, 4);
    assert.deepEqual(Array.from(got), [value, value, value, value], `${value}`);
  }
});

test("a loop counts up to its end, and runs not at all from the end on", () => {
  const turns = routine(3, (make, from, end, at) => {
    const count = make("i32");
    return [
      loop(from, end, 3, set(count, i32.add(count, i32.mul(i32.sub(5, 4), 1)))),
      f32x4.store(at, f32x4.splat(count)),
    ];
  });
  const memory = newMemory();
  const { turns: run } = compile({ turns }, memory);
  for (const [from, end, expected] of [[0, 7, 3], [0, 6, 2], [5, 5, 0], [9, 2, 0]] as const) {
    run(from, end, 64);
    assert.equal(new Int32Array(memory.buffer, 64, 1)[0], expected, `${from} to ${end}`);
  }
});

test("each instruction on four numbers does what its docstring says, NaN and −0 included", () => {
  const memory = newMemory();
  const numbers = new Float32Array(memory.buffer);
  const of = (x: Code): number[] => {
    compile({ code: routine(0, () => f32x4.store(64, x)) }, memory).code();
    return Array.from(numbers.subarray(16, 20));
  };
  const [a, b] = [f32x4.load(0), f32x4.load(16)];
  numbers.set([1, -2, NaN, 4, 3, 5, 6, NaN]);
  assert.deepEqual(of(f32x4.add(a, b)), [4, 3, NaN, NaN]);
  assert.deepEqual(of(f32x4.sub(a, b)), [-2, -7, NaN, NaN]);
  assert.deepEqual(of(f32x4.mul(a, b)), [3, -10, NaN, NaN]);
  assert.deepEqual(of(f32x4.div(b, a)), [3, -2.5, NaN, NaN]);
  assert.deepEqual(of(f32x4.max(a, b)), [3, 5, NaN, 4], "where one is NaN, the first");
  assert.deepEqual(of(f32x4.abs(a)), [1, 2, NaN, 4]);
  assert.deepEqual(of(f32x4.select(a, b, f32x4.less(a, b))), [1, -2, 6, NaN]);
  assert.deepEqual(of(f32x4.and(b, f32x4.notEqual(a, f32x4.of(4)))), [3, 5, 6, 0]);
  assert.deepEqual(of(f32x4.without(b, f32x4.less(a, f32x4.of(0)))), [3, 0, 6, NaN]);
  assert.deepEqual(of(f32x4.shuffle(a, b, [0, 4, 1, 5])), [1, 3, -2, 5]);
  assert.deepEqual(of(f32x4.loadSplat(20)), [5, 5, 5, 5]);
  assert.deepEqual(of(f32x4.shiftBits(f32x4.splat(127), 23)), [1, 1, 1, 1], "127 is the exponent of 1");
  assert.deepEqual(of(f64x2.narrow(f64x2.sqrt(f64x2.low(f32x4.of(9))))), [3, 3, 0, 0]);
  const sum = f64x2.add(f64x2.low(b), f64x2.swap(f64x2.low(b)));
  const three = f64x2.sub(f64x2.of(5), f64x2.of(2));
  assert.deepEqual(of(f64x2.narrow(f64x2.div(f64x2.mul(sum, f64x2.of(3)), three))), [8, 8, 0, 0]);
  new Float64Array(memory.buffer, 128, 1)[0] = 7;
  assert.deepEqual(of(f64x2.narrow(f64x2.loadSplat(128))), [7, 7, 0, 0]);
  assert.deepEqual(of(f64x2.narrow(f64x2.high(f32x4.shuffle(a, b, [0, 1, 4, 5])))), [3, 5, 0, 0]);
});

test("what all four lanes make together stands in each", () => {
  const memory = newMemory();
  new Float32Array(memory.buffer).set([1, 7, 2, 5]);
  const both = routine(1, (make, at) => {
    const [sum, max] = [make("f32x4"), make("f32x4")] as const;
    return [
      set(sum, f32x4.load(at)),
      set(max, sum),
      acrossLanes(sum, f32x4.add),
      acrossLanes(max, f32x4.max),
      f32x4.store(at, sum, 16),
      f32x4.store(at, max, 32),
    ];
  });
  compile({ both }, memory).both(0);
  assert.deepEqual(Array.from(new Float32Array(memory.buffer, 16, 8)), [15, 15, 15, 15, 7, 7, 7, 7]);
});

test("one clear error where the platform refuses the module", () => {
  const wrong = { parameters: 0, variables: [], body: [0xfd, 0xff, 0x7f] }; // no such instruction
  assert.throws(() => compile({ wrong }, newMemory()), {
    name: "Error",
    message: /^attention-by-hand\/simd needs WebAssembly with 128-bit vectors.*The platform says: CompileError/,
  });
});
