import assert from "node:assert/strict";
import test from "node:test";
import { decimal64, decodeInt64, encodeInt64 } from "../../lib/checkpoints/int64.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const bytesOf = (...values: bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(values).buffer);
const random = randomGenerator(8);
const word = (): number => Math.floor(random() * 4294967296);
const edges = [
  0n,
  1n,
  -1n,
  255n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 32n - 1n,
  2n ** 32n,
  -(2n ** 32n),
  -(2n ** 32n) - 1n,
  2n ** 53n - 1n,
  1n - 2n ** 53n,
];

test("decodeInt64 and encodeInt64 are the platform's 64-bit integers, at every edge and at random", () => {
  for (let k = 0; k < 2000; k++) {
    edges.push(BigInt.asIntN(1 + Math.floor(random() * 53), (BigInt(word()) << 32n) | BigInt(word())));
  }
  const bytes = bytesOf(...edges);
  const values = decodeInt64("spec", bytes);
  assert.deepEqual(Array.from(values), edges.map(Number));
  assert.deepEqual(encodeInt64("spec", values), bytes);
});

test("by hand: −2 is 2⁶⁴ − 2 = fffffffe ffffffff; −0 has no form of its own", () => {
  assert.deepEqual(
    Array.from(encodeInt64("spec", Float64Array.of(-2))),
    [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  );
  assert.ok(
    Object.is(decodeInt64("spec", encodeInt64("spec", Float64Array.of(-0)))[0], 0),
    "−0 comes back as 0",
  );
});

test("a view is read from its own offset, odd ones too", () => {
  const bytes = Uint8Array.of(9, ...bytesOf(-3n, 4n), 9);
  assert.deepEqual(decodeInt64("spec", bytes.subarray(1, 17)), Float64Array.of(-3, 4));
});

test("decimal64 writes all 64 bits exactly", () => {
  for (let k = 0; k < 5000; k++) {
    const [high, low] = [word() >>> Math.floor(random() * 33), word() >>> Math.floor(random() * 33)];
    assert.equal(decimal64(high, low), String((BigInt(high) << 32n) | BigInt(low)));
  }
  for (const x of [0n, 999999n, 1000000n, 1000001n, 10n ** 18n, 2n ** 53n + 1n, 2n ** 64n - 1n]) {
    assert.equal(decimal64(Number(x >> 32n), Number(x & 0xffffffffn)), String(x));
  }
});

test("messages give the number exactly", () => {
  const refused = [
    2n ** 53n,
    -(2n ** 53n),
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    -(2n ** 63n) + 1n,
    -(2n ** 62n),
    -9007199254740993n,
  ];
  for (const x of refused) {
    const error = new RangeError(`spec: entry 1 must be in ±(2^53 − 1), where doubles are exact; got ${x}`);
    assert.throws(() => decodeInt64("spec", bytesOf(7n, x)), error);
  }
  for (const x of [0.5, 2 ** 53, -(2 ** 53), NaN, Infinity]) {
    assert.throws(
      () => encodeInt64("spec", Float64Array.of(1, 2, x)),
      new RangeError(`spec: entry 2 must be an integer in ±(2^53 − 1); got ${x}`),
    );
  }
});
