import assert from "node:assert/strict";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { asMatrix, lazyTensor, readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { fileOf, naiveRead, plainForm } from "../oracle/naive-safetensors.ts";
import { randomGenerator } from "../../lib/matrix.ts";

/** The bytes of a tensor's numbers, so that −0 is not 0 and a NaN is itself. */
const bits = ({ data }: Tensor): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();

function assertSameTensors(actual: Map<string, Tensor>, expected: Iterable<readonly [string, Tensor]>): void {
  const list = [...expected];
  assert.deepEqual(
    [...actual.keys()],
    list.map(([name]) => name),
  );
  for (const [name, tensor] of list) {
    const got = actual.get(name)!;
    assert.deepEqual(
      [got.dtype, got.shape, got.data.constructor],
      [tensor.dtype, tensor.shape, tensor.data.constructor],
      name,
    );
    assert.deepEqual(bits(got), bits(tensor), name);
  }
}

/** One tensor of every type, with each type's awkward numbers. */
const awkward: [string, Tensor][] = [
  ["bytes", { dtype: "U8", shape: [3], data: Uint8Array.of(0, 128, 255) }],
  [
    "half",
    {
      dtype: "F16",
      shape: [7],
      data: Float32Array.of(1, -0, 2 ** -24, 65504, -Infinity, NaN, 0.333251953125),
    },
  ],
  ["yes", { dtype: "BOOL", shape: [5], data: Uint8Array.of(0, 1, 1, 0, 1) }],
  [
    "single",
    {
      dtype: "F32",
      shape: [2, 3],
      data: new Float32Array(
        Uint32Array.of(0x80000000, 0x00000001, 0x7f800001, 0xffc12345, 0x7f7fffff, 0xff800000).buffer,
      ),
    },
  ],
  ["long", { dtype: "I64", shape: [4], data: Float64Array.of(0, -1, 2 ** 53 - 1, 1 - 2 ** 53) }],
  [
    "double",
    {
      dtype: "F64",
      shape: [1, 3],
      data: new Float64Array(Uint32Array.of(1, 0x7ff00000, 0x89abcdef, 0xfff81234, 0, 0x80000000).buffer),
    },
  ],
  [
    "brain",
    {
      dtype: "BF16",
      shape: [6],
      data: new Float32Array(
        Uint32Array.of(0x80000000, 0x00010000, 0x7f810000, 0xffc10000, 0x7f7f0000, 0xff800000).buffer,
      ),
    },
  ],
  ["word", { dtype: "U32", shape: [2], data: Uint32Array.of(0, 4294967295) }],
  ["short", { dtype: "I16", shape: [3], data: Int16Array.of(-32768, -1, 32767) }],
  ["place", { dtype: "U16", shape: [2], data: Uint16Array.of(0, 65535) }],
  ["small", { dtype: "I8", shape: [3], data: Int8Array.of(-128, -1, 127) }],
  ["int", { dtype: "I32", shape: [3], data: Int32Array.of(-2147483648, -1, 2147483647) }],
];

test("a file put together by hand: 8 bytes of length, the header, two float32 numbers 1.5 and −2", () => {
  // 88 characters = 11 · 8, no padding
  const header = '{"__metadata__":{"made by":"hand"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  // 3fc00000 = 1.1₂ · 2⁰, c0000000 = −1.0₂ · 2¹
  const bytes = fileOf(header, [0x00, 0x00, 0xc0, 0x3f, 0x00, 0x00, 0x00, 0xc0]);
  assert.deepEqual([...bytes.subarray(0, 9)], [88, 0, 0, 0, 0, 0, 0, 0, 0x7b]);
  const { tensors, metadata } = readSafetensors(bytes);
  assertSameTensors(tensors, [["w", { dtype: "F32", shape: [2], data: Float32Array.of(1.5, -2) }]]);
  assert.deepEqual({ ...metadata }, { "made by": "hand" });
  assert.deepEqual(writeSafetensors(tensors, metadata), bytes);
});

test("what was written is read back to the bit, in the same order, and by the plain reading too", () => {
  const bytes = writeSafetensors(awkward, { b: "2", a: "", 注: '"\\\n😀\u0000' });
  const back = readSafetensors(bytes);
  assertSameTensors(back.tensors, awkward);
  assert.deepEqual(Object.entries(back.metadata), [
    ["b", "2"],
    ["a", ""],
    ["注", '"\\\n😀\u0000'],
  ]);
  const { plain, ...expected } = naiveRead(bytes);
  assert.ok(plain, "the header is written as JSON.stringify writes it");
  assert.deepEqual(plainForm(back), expected);
  assert.deepEqual(writeSafetensors(back.tensors, back.metadata), bytes);
});

test("random tensors of every type, rank 0 to 4, zeros among the sizes, come back to the bit", () => {
  const random = randomGenerator(5);
  const below = (n: number): number => Math.floor(random() * n);
  for (let round = 0; round < 200; round++) {
    const entries = Array.from({ length: below(8) }, (_, k): [string, Tensor] => {
      const { dtype, data } = awkward[below(awkward.length)]![1];
      const shape = Array.from({ length: below(5) }, () => below(4));
      const values = Array.from(
        { length: shape.reduce((a, b) => a * b, 1) },
        () => data[below(data.length)]!,
      );
      return [
        `${k}.${'名"\\'.slice(below(3))}`,
        { dtype, shape, data: (data.constructor as Float32ArrayConstructor).from(values) },
      ];
    });
    assertSameTensors(readSafetensors(writeSafetensors(entries)).tensors, entries);
  }
});

test("wide types lie first, the header ends on a multiple of 8, and so every tensor is aligned", () => {
  const bytes = writeSafetensors(awkward);
  const length = new DataView(bytes.buffer).getUint32(0, true);
  assert.equal(length % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  const begins = Object.entries(header).map(([name, { data_offsets }]): [string, number] => [
    name,
    data_offsets[0],
  ]);
  assert.deepEqual(begins, [
    ["bytes", 136],
    ["half", 100],
    ["yes", 139],
    ["single", 56],
    ["long", 0],
    ["double", 32],
    ["brain", 114],
    ["word", 80],
    ["short", 126],
    ["place", 132],
    ["small", 144],
    ["int", 88],
  ]);
  assert.deepEqual(
    Buffer.from(writeSafetensors([])),
    Buffer.from([8, 0, 0, 0, 0, 0, 0, 0, ...Buffer.from("{}      ")]),
  );
});

test("any alignment is read: the file at each of 8 offsets in a buffer, its tensors narrow first", () => {
  const header =
    '{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},' +
    '"b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]},' +
    '"c":{"dtype":"F16","shape":[1],"data_offsets":[9,11]}}';
  const file = fileOf(header, [7, ...new Uint8Array(Float64Array.of(-0.1).buffer), 0x55, 0x35]);
  for (let offset = 0; offset < 8; offset++) {
    const bytes = new Uint8Array(offset + file.length + 3).subarray(offset, offset + file.length);
    bytes.set(file);
    const { tensors } = readSafetensors(bytes);
    assert.deepEqual(
      [...tensors.values()].map(({ data }) => data[0]),
      [7, -0.1, 0.333251953125],
    );
    bytes.fill(0); // what was read is a copy
    assert.equal(tensors.get("b")!.data[0], -0.1);
  }
});

test("names and texts are only names and texts", () => {
  const names = [
    "",
    "__proto__",
    "constructor",
    "toString",
    "10",
    "9",
    "注意.重み",
    "😀",
    '"quoted"',
    "back\\slash",
    "\n\u0000\u2028",
    "x".repeat(10000),
  ];
  const entries = names.map((name, k): [string, Tensor] => [
    name,
    { dtype: "U8", shape: [], data: Uint8Array.of(k) },
  ]);
  const texts = JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>;
  const back = readSafetensors(writeSafetensors(new Map(entries), texts));
  assertSameTensors(back.tensors, entries);
  assert.deepEqual(Object.entries(back.metadata), [
    ["__proto__", "a"],
    ["constructor", "b"],
  ]);
  assert.equal(readSafetensors(fileOf("{}")).metadata["constructor"], undefined);
  assert.equal(({} as Record<string, unknown>)["a"], undefined);
});

test("forms that the format allows: white space, escapes, any order of tensors, empty ones", () => {
  const header =
    '{ "b" : {"shape":[ 1 ' +
    '],\t"data_offsets":[1,2],"dtype":"U8"},\r\n' +
    '"\\u0061":{"dtype":"\\u00558","shape":[1,1],"data_offsets":[0,1]},' +
    '"e":{"dtype":"F64","shape":[3,0],"data_offsets":[1,1]},' +
    '"f":{"dtype":"I32","shape":[0],"data_offsets":[2,2]},' +
    '"g":{"dtype":"I32","shape":[0],"data_offsets":[0,0]}} \n ';
  const { tensors } = readSafetensors(fileOf(header, [5, 6]));
  assert.deepEqual(
    [...tensors].map(([name, { dtype, shape, data }]) => [name, dtype, shape, [...data]]),
    [
      ["b", "U8", [1], [6]],
      ["a", "U8", [1, 1], [5]],
      ["e", "F64", [3, 0], []],
      ["f", "I32", [0], []],
      ["g", "I32", [0], []],
    ],
  );
});

test("asMatrix folds leading axes into rows, shares float32 numbers and rounds the others to float32", () => {
  const shapes: [number[], number, number][] = [
    [[], 1, 1],
    [[6], 1, 6],
    [[2, 3], 2, 3],
    [[2, 1, 3], 2, 3],
    [[5, 2, 3, 7], 30, 7],
    [[0], 1, 0],
    [[4, 0], 4, 0],
    [[2, 0, 3], 0, 3],
  ];
  for (const [shape, rows, cols] of shapes) {
    const data = Float32Array.from({ length: rows * cols }, (_, e) => e);
    const M = asMatrix({ dtype: "F32", shape, data });
    assert.deepEqual([M.rows, M.cols], [rows, cols]);
    assert.equal(M.data, data);
  }
  const numbers = Float64Array.of(2 ** 24 + 1, -0.1, 1e300);
  assert.deepEqual(
    asMatrix({ dtype: "F64", shape: [3], data: numbers }).data,
    Float32Array.of(2 ** 24, Math.fround(-0.1), Infinity),
  );
  assert.deepEqual(
    asMatrix({ dtype: "I64", shape: [1], data: Float64Array.of(2 ** 53 - 1) }).data,
    Float32Array.of(2 ** 53),
  );
  assert.deepEqual(
    asMatrix({ dtype: "I32", shape: [2], data: Int32Array.of(-3, 2147483647) }).data,
    Float32Array.of(-3, 2147483648),
  );
  assert.deepEqual(asMatrix({ dtype: "BOOL", shape: [2, 1], data: Uint8Array.of(1, 0) }), {
    rows: 2,
    cols: 1,
    data: Float32Array.of(1, 0),
  });
});

test("one tensor that cannot be read spoils no other, whichever it is and wherever it stands", () => {
  const good = '"a.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}';
  const bf16 = '"b.weight":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}';
  const data = [0x00, 0x00, 0xc0, 0x3f, 0x00, 0x00, 0x00, 0xc0, 0xc0, 0x3f, 0x00, 0xc0];
  const odd: [string, number, number[]][] = [
    ['"dtype":"U64","shape":[1]', 8, [1, 0, 0, 0, 0, 0, 0, 0]],
    ['"dtype":"C64","shape":[1]', 8, [1, 0, 0, 0, 0, 0, 0, 0]],
    ['"dtype":"I64","shape":[1]', 8, [255, 255, 255, 255, 255, 255, 255, 127]],
    ['"dtype":"BOOL","shape":[2]', 2, [0, 2]],
    ['"dtype":"F8_E4M3","shape":[3]', 3, [1, 2, 3]],
    ['"dtype":"F8_E5M2","shape":[3]', 3, [1, 2, 3]],
    ['"dtype":"F6_E2M3","shape":[4]', 3, [1, 2, 3]],
    ['"dtype":"F4","shape":[2,3]', 3, [1, 2, 3]],
    ['"dtype":"F8_E9M9_OF_TOMORROW","shape":[5]', 3, [1, 2, 3]],
  ];
  for (const [fields, size, bytes] of odd) {
    const place = `"q.idx":{${fields},"data_offsets":[12,${12 + size}]}`;
    for (const order of [
      [place, good, bf16],
      [good, place, bf16],
      [good, bf16, place],
    ]) {
      const { tensors } = readSafetensors(fileOf(`{${order.join(",")}}`, [...data, ...bytes]));
      assert.deepEqual([...tensors.keys()].sort(), ["a.weight", "b.weight", "q.idx"], fields);
      assert.deepEqual(tensors.get("a.weight")!.data, Float32Array.of(1.5, -2), fields);
      assert.deepEqual(tensors.get("b.weight")!.data, Float32Array.of(1.5, -2), fields);
      assert.throws(
        () => tensors.get("q.idx")!.data,
        /^RangeError: readSafetensors: tensor "q\.idx": /,
        fields,
      );
      assert.throws(
        () => asMatrix(tensors.get("q.idx")!),
        /^RangeError: readSafetensors: tensor "q\.idx": /,
        fields,
      );
      assert.throws(
        () => writeSafetensors(tensors),
        /^RangeError: readSafetensors: tensor "q\.idx": /,
        fields,
      );
    }
  }
});

test("numbers are decoded when they are first asked for, once", () => {
  let fetched = 0;
  const tensor = lazyTensor({ name: "w", dtype: "U8", shape: [2] }, () => {
    fetched++;
    return Uint8Array.of(3, 4);
  });
  assert.deepEqual([tensor.dtype, tensor.shape, fetched], ["U8", [2], 0]);
  assert.deepEqual([...tensor.data], [3, 4]);
  assert.equal(tensor.data, tensor.data);
  assert.equal(fetched, 1);
  const never = lazyTensor({ name: "w", dtype: "F4", shape: [2] }, () => assert.fail("must not be fetched"));
  assert.throws(() => never.data, /dtype must be one of/);
});
