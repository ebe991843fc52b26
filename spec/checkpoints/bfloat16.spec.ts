import assert from "node:assert/strict";
import test from "node:test";
import { decodeBfloat16, encodeBfloat16 } from "../../lib/checkpoints/bfloat16.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length);
const halvesOf = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i]! + 256 * bytes[2 * i + 1]!);

/** All 65,536 patterns of two bytes. */
const all = Uint8Array.from({ length: 2 * 65536 }, (_, at) => (at % 2 === 0 ? (at / 2) & 255 : at >> 9));

test("every bfloat16 is the upper half of a float32, and comes back from writing", () => {
  const values = decodeBfloat16(all);
  const words = bitsOf(values);
  for (let half = 0; half < 65536; half++) assert.equal(words[half], half * 65536, `pattern ${half}`);
  assert.deepEqual(encodeBfloat16(values), all);
});

test("by hand: 1.5 is 3fc0, −2 is c000, 1 + 2⁻⁷ is 3f81, the smallest number is 2⁻¹³³", () => {
  const bytes = Uint8Array.of(0xc0, 0x3f, 0x00, 0xc0, 0x81, 0x3f, 0x01, 0x00, 0x80, 0xff);
  assert.deepEqual([...decodeBfloat16(bytes)], [1.5, -2, 1 + 2 ** -7, 2 ** -133, -Infinity]);
  assert.deepEqual([...decodeBfloat16(bytes.subarray(2, 4))], [-2]);
  assert.deepEqual(encodeBfloat16(Float32Array.of(9, 1.5, -2).subarray(1)), bytes.slice(0, 4));
});

/** The nearest bfloat16, the even one of two as near: by trying all neighbours in doubles. */
function nearest(x: number, values: Float32Array): number {
  const size = Math.abs(x);
  let half = 0;
  for (let bit = 1 << 14; bit > 0; bit >>= 1) {
    if (values[half + bit]! <= size) half += bit; // the largest number not above
  }
  if (half === 0x7f80) return half + (x < 0 ? 0x8000 : 0);
  const above = half + 1 === 0x7f80 ? 2 ** 128 : values[half + 1]!; // ∞ stands where the next number would
  const [down, up] = [size - values[half]!, above - size];
  const chosen = down < up || (down === up && half % 2 === 0) ? half : half + 1;
  return chosen + (x < 0 || Object.is(x, -0) ? 0x8000 : 0);
}

test("writing rounds to nearest, ties to even: near every number of the form, halfway, and at random", () => {
  const values = decodeBfloat16(all);
  const words: number[] = [
    0x7f7f7fff, 0x7f7f8000, 0x7f7fffff, 0xff7f8000, 1, 0x8000, 0x8001, 0x18000, 0x80000001,
  ];
  for (let half = 0; half < 0x7f80; half += 37) {
    for (const low of [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff])
      words.push(half * 65536 + low, (half + 0x8000) * 65536 + low);
  }
  const random = randomGenerator(3);
  for (let k = 0; k < 3000; k++) words.push(Math.floor(random() * 0x7f800000) + (k % 2) * 0x80000000);
  const floats = new Float32Array(Uint32Array.from(words).buffer);
  const got = halvesOf(encodeBfloat16(floats));
  floats.forEach((x, k) =>
    assert.equal(got[k], nearest(x, values), `${x} of bits ${words[k]!.toString(16)}`),
  );
});

test("a NaN stays a NaN of its sign, also where its upper bits would mean ∞", () => {
  const nans = new Float32Array(
    Uint32Array.of(0x7f800001, 0xff800001, 0x7fc00000, 0xffffffff, 0x7f80ffff).buffer,
  );
  assert.deepEqual(halvesOf(encodeBfloat16(nans)), [0x7fc0, 0xffc0, 0x7fc0, 0xffff, 0x7fc0]);
});
