import assert from "node:assert/strict";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { asMatrix, readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { fileOf, largestArray, naiveRead, plainForm } from "../oracle/naive-safetensors.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const tensor = (given: object): Tensor =>
  ({ dtype: "F32", shape: [2], data: Float32Array.of(1, 2), ...given }) as Tensor;

test("messages: a file without its length, and a length that lies; nothing is allocated for it", () => {
  const refused: [Uint8Array, string][] = [
    [new Uint8Array(0), "bytes must begin with 8 for the header's length; got 0"],
    [Uint8Array.of(2, 0, 0, 0, 0, 0, 0), "bytes must begin with 8 for the header's length; got 7"],
    [fileOf("{}", [], 3n), "the header must end within the file; got a length of 3 with 2 bytes left"],
    [
      fileOf("{}", [], 100000000n),
      "the header must end within the file; got a length of 100000000 with 2 bytes left",
    ],
    [fileOf("{}", [], 100000001n), "the header must not exceed 100000000 bytes; got a length of 100000001"],
    [fileOf("{}", [], 4294967298n), "the header must not exceed 100000000 bytes; got a length of 4294967298"],
    [
      fileOf("{}", [], 2n ** 64n - 1n),
      "the header must not exceed 100000000 bytes; got a length of 18446744073709551615",
    ],
  ];
  for (const [bytes, message] of refused) {
    const largest = largestArray(() =>
      assert.throws(() => readSafetensors(bytes), new RangeError(`readSafetensors: ${message}`)),
    );
    assert.ok(largest <= 64, `${message}: an array of ${largest} bytes`);
  }
  for (const [given, kind] of [
    [new ArrayBuffer(16), "ArrayBuffer"],
    ["{}", '"{}"'],
    [[2, 0], "Array"],
    [null, "null"],
    [Int8Array.of(2), "Int8Array"],
  ]) {
    assert.throws(
      () => readSafetensors(given as unknown as Uint8Array),
      new TypeError(`readSafetensors: bytes must be a Uint8Array; got ${kind}`),
    );
  }
});

test("many tensors are no lie: ten thousand, read in the time that their text takes", () => {
  const entries = Array.from({ length: 10000 }, (_, k): [string, Tensor] => [
    `layer.${k}.weight`,
    tensor({}),
  ]);
  const bytes = writeSafetensors(entries);
  assert.ok(
    largestArray(() => assert.equal(readSafetensors(bytes).tensors.size, 10000)) <= bytes.length,
    "no array is larger than the file",
  );
});

const DTYPES = "dtype must be one of F64, I64, F32, I32, U32, F16, BF16, I16, U16, I8, U8, BOOL";

/** A small file with every type, written as JSON.stringify would write its header. */
const original = writeSafetensors(
  [
    ["d", tensor({ dtype: "F64", shape: [1], data: Float64Array.of(-0.1) })],
    ["l", tensor({ dtype: "I64", shape: [2, 1], data: Float64Array.of(-5, 2 ** 40) })],
    ["名", tensor({})],
    ["i", tensor({ dtype: "I32", shape: [], data: Int32Array.of(-7) })],
    ["h", tensor({ dtype: "F16", shape: [3], data: Float32Array.of(1, -0, 1e-6) })],
    ["u", tensor({ dtype: "U8", shape: [0, 10], data: new Uint8Array(0) })],
    ["b", tensor({ dtype: "BOOL", shape: [2], data: Uint8Array.of(1, 0) })],
    ["t", tensor({ dtype: "BF16", shape: [2], data: Float32Array.of(-1.5, 3) })],
    ["w", tensor({ dtype: "U32", shape: [1], data: Uint32Array.of(4294967295) })],
    ["s", tensor({ dtype: "I16", shape: [1], data: Int16Array.of(-2) })],
    ["v", tensor({ dtype: "U16", shape: [1], data: Uint16Array.of(65535) })],
    ["y", tensor({ dtype: "I8", shape: [1], data: Int8Array.of(-1) })],
  ],
  { note: "例 10" },
);

/**
 * A damaged file is refused with an error of ours exactly where the plain reading refuses it too, and never
 * read as something else.
 */
function verdict(bytes: Uint8Array, what: string): "read" | "refused" {
  let expected: ReturnType<typeof naiveRead> | undefined;
  try {
    expected = naiveRead(bytes);
  } catch {
    expected = undefined;
  }
  let result: "read" | "refused" = "read";
  const largest = largestArray(() => {
    try {
      const actual = plainForm(readSafetensors(bytes));
      assert.deepEqual(
        [new Map(actual.tensors.map((t) => [t[0], t])), actual.metadata],
        [new Map(expected?.tensors.map((t) => [t[0], t])), expected?.metadata],
        what,
      );
    } catch (error) {
      if (
        !/^readSafetensors: /.test((error as Error).message) ||
        !["RangeError", "SyntaxError"].includes((error as Error).name)
      ) {
        throw error;
      }
      if (expected?.plain === true) throw new Error(`${what}: a sound file was refused`, { cause: error });
      result = "refused";
    }
  });
  assert.ok(largest <= 2 * original.length, `${what}: made an array of ${largest} bytes`);
  return result;
}

test("every truncation is refused, every flipped bit is refused or read as what it now says", () => {
  assert.equal(verdict(original, "the original"), "read");
  for (let length = 0; length < original.length; length++) {
    assert.equal(verdict(original.slice(0, length), `cut to ${length}`), "refused");
  }
  assert.equal(verdict(Uint8Array.of(...original, 0), "one byte more"), "refused");
  const count = { read: 0, refused: 0 };
  for (let at = 0; at < original.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const bytes = original.slice();
      bytes[at]! ^= 1 << bit;
      count[verdict(bytes, `byte ${at}, bit ${bit}`)]++;
    }
  }
  assert.ok(
    count.read > 250 && count.refused > 1500,
    `both kinds must occur: ${count.read} read, ${count.refused} refused`,
  );
});

test("random damage: bytes replaced, doubled, dropped and swapped, three thousand times", () => {
  const data = original.length - 8 - new DataView(original.buffer).getUint32(0, true);
  const count = { read: 0, refused: 0 };
  const random = randomGenerator(11);
  const below = (n: number): number => Math.floor(random() * n);
  const signs = [...new TextEncoder().encode('{}[]",:0123456789-.eE\\u \n'), 0, 255, 0xc0, 0xed];
  for (let round = 0; round < 3000; round++) {
    const bytes = [...original];
    for (let k = 0; k <= below(3); k++) {
      const at = below(4) === 0 ? below(bytes.length) : 8 + below(original.length - data - 8);
      const how = below(4);
      if (how === 0) bytes[at] = signs[below(signs.length)]!;
      else if (how === 1) bytes.splice(at, 0, ...bytes.slice(at, at + 1 + below(40)));
      else if (how === 2) bytes.splice(at, 1 + below(40));
      else [bytes[at], bytes[at + 1]] = [bytes[at + 1]!, bytes[at]!];
    }
    const length = bytes.length - 8 - data;
    if (below(4) > 0) bytes.splice(0, 2, length & 255, length >> 8); // it fits again
    count[verdict(Uint8Array.from(bytes), `round ${round}`)]++;
  }
  assert.ok(
    count.read > 20 && count.refused > 2000,
    `both kinds must occur: ${count.read} read, ${count.refused} refused`,
  );
});

test("messages of writeSafetensors and asMatrix", () => {
  const refused: [Tensor, new (message: string) => Error, string][] = [
    [null as unknown as Tensor, TypeError, "a tensor must be { dtype, shape, data }; got null"],
    [
      tensor({ dtype: "F8_E4M3" }),
      RangeError,
      `${DTYPES}; got "F8_E4M3", which the format knows but this library does not read`,
    ],
    [tensor({ dtype: undefined }), RangeError, `${DTYPES}; got undefined`],
    [tensor({ shape: 2 }), TypeError, "shape must be a list of integers; got 2"],
    [tensor({ shape: [2, 1.5] }), RangeError, "shape must hold integers ≥ 0; got [2, 1.5]"],
    [tensor({ shape: [-2] }), RangeError, "shape must hold integers ≥ 0; got [-2]"],
    [tensor({ shape: [NaN] }), RangeError, "shape must hold integers ≥ 0; got [NaN]"],
    [
      tensor({ shape: [2 ** 30, 2 ** 30] }),
      RangeError,
      "shape must have a product below 2^53; got [1073741824, 1073741824]",
    ],
    [tensor({ shape: [3] }), RangeError, "data of shape [3] must hold 3 numbers; got 2"],
    [tensor({ data: [1, 2] }), TypeError, "data of F32 must be of kind Float32Array; got Array"],
    [tensor({ dtype: "I32" }), TypeError, "data of I32 must be of kind Int32Array; got Float32Array"],
    [tensor({ dtype: "I64" }), TypeError, "data of I64 must be of kind Float64Array; got Float32Array"],
  ];
  for (const [given, Kind, message] of refused) {
    assert.throws(
      () => writeSafetensors([["w", given]]),
      new Kind(`writeSafetensors: tensor "w": ${message}`),
    );
    assert.throws(() => asMatrix(given), new Kind(`asMatrix: ${message}`));
  }
  const bool = tensor({ dtype: "BOOL", data: Uint8Array.of(0, 2) });
  const long = tensor({ dtype: "I64", data: Float64Array.of(0.5, 1) });
  const written: [unknown, unknown, new (message: string) => Error, string][] = [
    [[["w", bool]], {}, RangeError, 'tensor "w": entry 1 of a BOOL must be 0 or 1; got 2'],
    [[["w", long]], {}, RangeError, 'tensor "w": entry 0 must be an integer in ±(2^53 − 1); got 0.5'],
    [
      [
        ["w", tensor({})],
        ["w", tensor({})],
      ],
      {},
      RangeError,
      'tensors must have different names; got "w" twice',
    ],
    [
      [["__metadata__", tensor({})]],
      {},
      RangeError,
      "a tensor must have another name than the format's own; got __metadata__",
    ],
    [
      [["\ud800", tensor({})]],
      {},
      RangeError,
      'a tensor\'s name must not hold half a surrogate pair; got "\\ud800"',
    ],
    [[[7, tensor({})]], {}, TypeError, "a tensor's name must be a text; got 7"],
    [{ w: tensor({}) }, {}, TypeError, "tensors must be a Map, or pairs of a name and a tensor; got Object"],
    [[], new Map(), TypeError, "metadata must be an object of texts; got Map"],
    [[], { a: 1 }, TypeError, 'metadata "a" must be a text; got 1'],
    [
      [],
      { "\udc00": "" },
      RangeError,
      'a key of metadata must not hold half a surrogate pair; got "\\udc00"',
    ],
    [[], { a: "\udc00" }, RangeError, 'metadata "a" must not hold half a surrogate pair; got "\\udc00"'],
  ];
  for (const [tensors, metadata, Kind, message] of written) {
    assert.throws(
      () => writeSafetensors(tensors as [], metadata as {}),
      new Kind(`writeSafetensors: ${message}`),
    );
  }
});
