import assert from "node:assert/strict";
import test from "node:test";
import type { Dtype, Items } from "../../lib/checkpoints/tensor-items.ts";
import { checkItemsKind, decodeItems, encodeItems, itemCount } from "../../lib/checkpoints/tensor-items.ts";
import { itemBits, itemWidth, listed, littleEndian } from "../../lib/checkpoints/tensor-items.ts";

/** Bytes, least significant first, and the numbers that they are by hand. */
const cases: [Dtype, number[], Items][] = [
  // 3ff8…: 1.1₂ · 2⁰
  ["F64", [0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x80], Float64Array.of(1.5, -0)],
  ["I64", [0xfe, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 1, 0, 0, 0], Float64Array.of(-2, 4294967296)],
  ["F32", [0, 0, 0xc0, 0x3f, 0, 0, 0, 0x80], Float32Array.of(1.5, -0)], // 3fc00000
  ["I32", [0xfe, 255, 255, 255, 1, 2, 3, 4], Int32Array.of(-2, 0x04030201)],
  ["F16", [0, 0x3e, 0, 0x80], Float32Array.of(1.5, -0)], // 3e00: 1.1₂ · 2⁰
  ["BF16", [0xc0, 0x3f, 0, 0x80], Float32Array.of(1.5, -0)], // 3fc0: the upper half of 3fc00000
  ["U32", [0xfe, 255, 255, 255, 1, 2, 3, 4], Uint32Array.of(4294967294, 0x04030201)],
  ["I16", [0xfe, 255, 1, 2], Int16Array.of(-2, 0x0201)],
  ["U16", [0xfe, 255, 1, 2], Uint16Array.of(65534, 0x0201)],
  ["I8", [0xfe, 127], Int8Array.of(-2, 127)],
  ["U8", [0, 255], Uint8Array.of(0, 255)],
  ["BOOL", [1, 0], Uint8Array.of(1, 0)],
];

test("decodeItems and encodeItems are the bytes by hand, for every type, at every offset", () => {
  for (const [dtype, list, items] of cases) {
    assert.equal(itemWidth("spec", dtype), list.length / 2, dtype);
    for (let offset = 0; offset < 8; offset++) {
      const bytes = Uint8Array.of(...new Array<number>(offset).fill(9), ...list, 9).subarray(
        offset,
        offset + list.length,
      );
      const decoded = decodeItems("spec", dtype, bytes);
      assert.deepEqual(decoded, items, dtype);
      bytes.fill(0);
      assert.deepEqual(decoded, items, `${dtype}: a copy`);
    }
    const inside = (items.constructor as Float32ArrayConstructor).from([7, ...items, 7]).subarray(1, 3);
    assert.deepEqual([...encodeItems("spec", dtype, inside)], list, dtype);
    assert.equal(decodeItems("spec", dtype, new Uint8Array(0)).length, 0);
    assert.equal(encodeItems("spec", dtype, items.slice(0, 0)).length, 0);
  }
});

test("littleEndian copies on a little-endian machine and turns each item around on another", () => {
  const bytes = Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...littleEndian(bytes, 4, true)], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...littleEndian(bytes, 4, false)], [4, 3, 2, 1, 8, 7, 6, 5]);
  assert.deepEqual([...littleEndian(bytes, 8, false)], [8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual([...littleEndian(bytes, 1, false)], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...littleEndian(littleEndian(bytes, 2, false), 2, false)], [...bytes]);
  littleEndian(bytes, 4, true).fill(0);
  // also of a Buffer, whose own slice() would be a view
  assert.deepEqual([...bytes], [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("itemCount is the product of the sizes; itemBits knows every type; listed is for messages", () => {
  assert.deepEqual(
    [[], [7], [2, 3, 5], [0], [3, 0, 2], [1, 1]].map((shape) => itemCount("spec", shape)),
    [1, 7, 30, 0, 0, 1],
  );
  assert.equal(itemCount("spec", [2 ** 26, 2 ** 26, 1]), 2 ** 52);
  assert.deepEqual(
    ["F64", "I32", "BF16", "BOOL", "U64", "C64", "F8_E5M2", "F6_E3M2", "F4", "f32", "constructor"].map(
      itemBits,
    ),
    [64, 32, 16, 8, 64, 64, 8, 6, 4, undefined, undefined],
  );
  assert.deepEqual(
    [listed([]), listed([1]), listed([1, 2, 3, 4, 5, 6, 7, 8]), listed(new Array<number>(9).fill(0))],
    ["[]", "[1]", "[1, 2, 3, 4, 5, 6, 7, 8]", "[0, 0, 0, 0, 0, 0, 0, 0, …]"],
  );
});

test("messages", () => {
  const kinds: [Dtype, string][] = [
    ["F64", "Float64Array"],
    ["I64", "Float64Array"],
    ["F32", "Float32Array"],
    ["I32", "Int32Array"],
    ["F16", "Float32Array"],
    ["BF16", "Float32Array"],
    ["U32", "Uint32Array"],
    ["I16", "Int16Array"],
    ["U16", "Uint16Array"],
    ["I8", "Int8Array"],
    ["U8", "Uint8Array"],
    ["BOOL", "Uint8Array"],
  ];
  for (const [dtype, kind] of kinds) {
    const error = new TypeError(`spec: data of ${dtype} must be of kind ${kind}; got Uint8ClampedArray`);
    assert.throws(
      () => checkItemsKind("spec", dtype, new Uint8ClampedArray(1) as unknown as Items),
      error,
    );
    assert.throws(
      () => encodeItems("spec", dtype, new Uint8ClampedArray(1) as unknown as Items),
      error,
    );
  }
  const list = "F64, I64, F32, I32, U32, F16, BF16, I16, U16, I8, U8, BOOL";
  assert.throws(
    () => itemWidth("spec", "F8_E4M3"),
    new RangeError(
      `spec: dtype must be one of ${list}; got "F8_E4M3", which the format knows but this library does ` +
        `not read`,
    ),
  );
  assert.throws(
    () => itemWidth("spec", "F128"),
    new RangeError(`spec: dtype must be one of ${list}; got "F128"`),
  );
  assert.throws(
    () => decodeItems("spec", "BOOL", Uint8Array.of(1, 0, 255)),
    new RangeError("spec: entry 2 of a BOOL must be 0 or 1; got 255"),
  );
  assert.throws(
    () => encodeItems("spec", "BOOL", Uint8Array.of(3)),
    new RangeError("spec: entry 0 of a BOOL must be 0 or 1; got 3"),
  );
  assert.throws(
    () => encodeItems("spec", "I64", Float64Array.of(0.5)),
    new RangeError("spec: entry 0 must be an integer in ±(2^53 − 1); got 0.5"),
  );
  assert.throws(
    () => itemCount("spec", [2, -1]),
    new RangeError("spec: shape must hold integers ≥ 0; got [2, -1]"),
  );
  assert.throws(
    () => itemCount("spec", [0, 2 ** 27, 2 ** 26]),
    new RangeError("spec: shape must have a product below 2^53; got [0, 134217728, 67108864]"),
  );
  assert.throws(
    () => itemCount("spec", [2 ** 27, 2 ** 26]),
    new RangeError("spec: shape must have a product below 2^53; got [134217728, 67108864]"),
  );
});
