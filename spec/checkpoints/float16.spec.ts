import assert from "node:assert/strict";
import test from "node:test";
import { decodeFloat16, encodeFloat16 } from "../../lib/checkpoints/float16.ts";

/** The definition, with the bits as text: sign, five of exponent, ten of mantissa. */
function definition(half: number): number {
  const bits = half.toString(2).padStart(16, "0");
  const sign = bits[0] === "1" ? -1 : 1;
  const exponent = parseInt(bits.slice(1, 6), 2);
  const fraction = parseInt(bits.slice(6), 2) / 2 ** 10;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const encodeOne = (x: number): number =>
  new DataView(encodeFloat16(Float32Array.of(x)).buffer).getUint16(0, true);
const floatBits = (values: Float32Array): number[] =>
  Array.from(new Uint32Array(values.buffer, values.byteOffset, values.length));
const fromBits = (...bits: number[]): Float32Array => new Float32Array(Uint32Array.from(bits).buffer);
const allHalves = Uint8Array.from({ length: 2 * 65536 }, (_, k) => (k % 2 === 0 ? (k / 2) & 255 : k >> 9));

test("decodeFloat16 is the definition on all 65536 patterns, and encodeFloat16 takes each back to the " +
  "same bits", () => {
  const values = decodeFloat16(allHalves);
  values.forEach((x, half) => {
    if (!Object.is(x, definition(half))) {
      assert.fail(`0x${half.toString(16)}: got ${x}, expected ${definition(half)}`);
    }
  });
  assert.deepEqual(encodeFloat16(values), allHalves);
});

test("encodeFloat16 rounds to the nearest, ties to even: every midpoint, and the float32 numbers beside " +
  "it", () => {
  const positive = Array.from({ length: 0x7c00 }, (_, half) => definition(half)); // 0 … 65504, ascending
  positive.push(65536); // where the next would be: what rounds to it is ∞, 0x7c00
  for (let half = 0; half < 0x7c00; half++) {
    const middle = (positive[half]! + positive[half + 1]!) / 2; // twelve bits at most: exact in float32
    const [word] = floatBits(Float32Array.of(middle)) as [number];
    const [below, above] = fromBits(word - 1, word + 1) as unknown as [number, number];
    const even = half % 2 === 0 ? half : half + 1;
    for (const [x, expected] of [
      [below, half],
      [middle, even],
      [above, half + 1],
    ] as const) {
      if (encodeOne(x) !== expected) {
        assert.fail(`${x}: got 0x${encodeOne(x).toString(16)}, expected 0x${expected.toString(16)}`);
      }
      if (encodeOne(-x) !== (expected | 0x8000)) assert.fail(`${-x}: got 0x${encodeOne(-x).toString(16)}`);
    }
  }
});

test("by hand: 1/3 = 0.010101…₂ = 1.0101010101₂ · 2⁻² rounded down, so 0 01101 0101010101 = 0x3555", () => {
  assert.equal(encodeOne(1 / 3), 0x3555);
  assert.equal(decodeFloat16(Uint8Array.of(0x55, 0x35))[0], (1024 + 0b0101010101) / 4096); // 0.333251953125
});

test("edges: the largest, the smallest, overflow to ∞, underflow to a zero of the same sign, float32 " +
  "subnormals", () => {
  const cases: [number, number][] = [
    [65504, 0x7bff],
    [65519.99609375, 0x7bff],
    [65520, 0x7c00],
    [3.4e38, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [-(2 ** -25), 0x8000],
    [-0, 0x8000],
    [1e-45, 0],
    [-1e-45, 0x8000],
  ];
  for (const [x, expected] of cases) assert.equal(encodeOne(x), expected, String(x));
});

test("a NaN keeps its sign and the ten bits of its payload that fit, and stays a NaN when none of them " +
  "does", () => {
  const bytes = encodeFloat16(fromBits(0x7fc00000, 0xffd54000, 0x7f802000, 0x7f800001));
  assert.deepEqual(Array.from(new Uint16Array(bytes.buffer)), [0x7e00, 0xfeaa, 0x7c01, 0x7e00]);
  assert.deepEqual(floatBits(decodeFloat16(bytes)), [0x7fc00000, 0xffd54000, 0x7f802000, 0x7fc00000]);
});

test("views are read from their own offset, odd ones too, and nothing is written to them", () => {
  const bytes = Uint8Array.of(0xff, 0x00, 0x3c, 0x00, 0xc0, 0xff);
  assert.deepEqual(decodeFloat16(bytes.subarray(1, 5)), Float32Array.of(1, -2));
  const values = Float32Array.of(9, 1, -2, 9);
  assert.deepEqual(encodeFloat16(values.subarray(1, 3)), bytes.slice(1, 5));
  assert.deepEqual(values, Float32Array.of(9, 1, -2, 9));
  assert.equal(decodeFloat16(new Uint8Array(0)).length, 0);
});
