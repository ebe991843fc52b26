import assert from "node:assert/strict";
import test from "node:test";
import { fileOf, largestArray } from "../oracle/naive-safetensors.ts";
import { readHeader } from "../../lib/checkpoints/safetensors-header.ts";
import { readSafetensors } from "../../lib/checkpoints/safetensors.ts";

/** A header of one tensor "w", one field of it replaced. */
const header = (field: string): string => {
  const fields = new Map([
    ["dtype", '"U8"'],
    ["shape", "[2,3]"],
    ["data_offsets", "[0,6]"],
  ]);
  const [name, value] = field.split(/:(.*)/s) as [string, string];
  fields.set(name, value);
  return `{"w":{${[...fields].map(([key, text]) => `"${key}":${text}`).join(",")}}}`;
};
const place = (name: string, begin: number, end: number): string =>
  `"${name}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;

/** Every lie is an error of this kind and text, and making it takes no array larger than twice the file. */
function assertRefused(bytes: Uint8Array, error: Error): void {
  const largest = largestArray(() => assert.throws(() => readSafetensors(bytes), error));
  assert.ok(
    largest <= 2 * bytes.length + 64,
    `${error.message}: made an array of ${largest} bytes for a file of ${bytes.length}`,
  );
}

test("readHeader: where each tensor lies, in the header's order, and the texts", () => {
  const text = `{${place("b", 4, 6)},"__metadata__":{"k":"v"},"a":{"shape":[],"data_offsets":[0,4],"dtype":"F32"}} `;
  const { places, metadata } = readHeader(new TextEncoder().encode(text), 6);
  assert.deepEqual(places, [
    { name: "b", dtype: "U8", shape: [2], begin: 4, end: 6 },
    { name: "a", dtype: "F32", shape: [], begin: 0, end: 4 },
  ]);
  assert.deepEqual(Object.entries(metadata), [["k", "v"]]);
  assert.equal(Object.getPrototypeOf(metadata), null);
});

test("messages: values that cannot be", () => {
  const data = [1, 2, 3, 4, 5, 6];
  const refused: [string, string][] = [
    [header("shape:[2,-3]"), 'header: shape of tensor "w" must hold integers in [0, 2^53 − 1]; got -3'],
    [header("shape:[2,3.0]"), 'header: shape of tensor "w" must hold integers in [0, 2^53 − 1]; got 3.0'],
    [header("shape:[6e0]"), 'header: shape of tensor "w" must hold integers in [0, 2^53 − 1]; got 6e0'],
    [
      header("shape:[18446744073709551622]"),
      'header: shape of tensor "w" must hold integers in [0, 2^53 − 1]; got 18446744073709551622',
    ],
    [
      header("shape:[4294967296,2097152]"),
      'tensor "w": shape must have a product below 2^53; got [4294967296, 2097152]',
    ],
    [
      header("shape:[4294967296,4294967296,0]"),
      'tensor "w": shape must have a product below 2^53; got [4294967296, 4294967296, 0]',
    ],
    [
      header("shape:[9007199254740991]"),
      'tensor "w": U8 of shape [9007199254740991] must take 9007199254740991 bytes; got data_offsets [0, ' +
        "6], 6 bytes",
    ],
    [
      header("shape:[2,2]"),
      'tensor "w": U8 of shape [2, 2] must take 4 bytes; got data_offsets [0, 6], 6 bytes',
    ],
    [
      header("shape:[2,0]"),
      'tensor "w": U8 of shape [2, 0] must take 0 bytes; got data_offsets [0, 6], 6 bytes',
    ],
    [
      header('dtype:"F16"'),
      'tensor "w": F16 of shape [2, 3] must take 12 bytes; got data_offsets [0, 6], 6 bytes',
    ],
    [
      header(`shape:[7${",1".repeat(20)}]`),
      'tensor "w": U8 of shape [7, 1, 1, 1, 1, 1, 1, 1, …] must take 7 bytes; got data_offsets [0, 6], 6 ' +
        "bytes",
    ],
    [header("data_offsets:[]"), 'tensor "w": data_offsets must be [begin, end], begin ≤ end; got []'],
    [header("data_offsets:[6]"), 'tensor "w": data_offsets must be [begin, end], begin ≤ end; got [6]'],
    [
      header("data_offsets:[0,6,6]"),
      'tensor "w": data_offsets must be [begin, end], begin ≤ end; got [0, 6, 6]',
    ],
    [header("data_offsets:[6,0]"), 'tensor "w": data_offsets must be [begin, end], begin ≤ end; got [6, 0]'],
    [
      header("data_offsets:[-6,0]"),
      'header: data_offsets of tensor "w" must hold integers in [0, 2^53 − 1]; got -6',
    ],
    [
      header("data_offsets:[0,6.5]"),
      'header: data_offsets of tensor "w" must hold integers in [0, 2^53 − 1]; got 6.5',
    ],
    [
      header("data_offsets:[1,7]"),
      'tensor "w": must lie within the 6 bytes of data; got data_offsets [1, 7]',
    ],
    [
      header("data_offsets:[9007199254740985,9007199254740991]"),
      'tensor "w": must lie within the 6 bytes of data; got data_offsets [9007199254740985, ' +
        "9007199254740991]",
    ],
    [
      `{${place("a", 1, 6)}}`,
      'tensor "a": must begin where the one before ends, at 0; got data_offsets [1, 6]',
    ],
    [
      `{${place("b", 4, 6)},${place("a", 0, 3)}}`,
      'tensor "b": must begin where the one before ends, at 3; got data_offsets [4, 6]',
    ],
    [
      `{${place("a", 0, 4)},${place("b", 3, 6)}}`,
      'tensor "b": must not overlap another, which ends at 4; got data_offsets [3, 6]',
    ],
    [
      `{${place("a", 0, 6)},${place("b", 0, 6)}}`,
      'tensor "b": must not overlap another, which ends at 6; got data_offsets [0, 6]',
    ],
    [
      `{${place("a", 0, 6)},${place("b", 3, 3)}}`,
      'tensor "b": must not overlap another, which ends at 6; got data_offsets [3, 3]',
    ],
    [`{${place("a", 0, 5)}}`, "the data must end with the last tensor, at 5; got 1 bytes more"],
    ["{}", "the data must end with the last tensor, at 0; got 6 bytes more"],
  ];
  for (const [text, message] of refused) {
    assertRefused(fileOf(text, data), new RangeError(`readSafetensors: ${message}`));
  }
});

test("what a number's type or value makes unreadable is refused when it is asked for, and not before", () => {
  const data = [1, 2, 3, 4, 5, 6];
  const list = "F64, I64, F32, I32, U32, F16, BF16, I16, U16, I8, U8, BOOL";
  const known = ", which the format knows but this library does not read";
  const long = header('dtype:"I64"').replace("[2,3]", "[1]").replace("[0,6]", "[0,8]");
  const odd: [string, string, number[]][] = [
    [header('dtype:"BOOL"'), "entry 1 of a BOOL must be 0 or 1; got 2", data],
    [
      long,
      "entry 0 must be in ±(2^53 − 1), where doubles are exact; got 9007199254740993",
      [1, 0, 0, 0, 0, 0, 32, 0],
    ],
    ...["F8_E4M3", "F8_E5M2", "F8_E8M0"].map((dtype): [string, string, number[]] => [
      header(`dtype:"${dtype}"`),
      `dtype must be one of ${list}; got "${dtype}"${known}`,
      data,
    ]),
    ...["u8", "F128", "constructor", "__proto__"].map((dtype): [string, string, number[]] => [
      header(`dtype:"${dtype}"`),
      `dtype must be one of ${list}; got "${dtype}"`,
      data,
    ]),
  ];
  for (const [text, message, bytes] of odd) {
    const { tensors } = readSafetensors(fileOf(text, bytes));
    assert.equal(tensors.size, 1, `${message}: the file is read`);
    const error = new RangeError(`readSafetensors: tensor "w": ${message}`);
    assert.throws(() => tensors.get("w")!.data, error);
    assert.throws(() => tensors.get("w")!.data, error, "and again");
  }
});

test("a tensor of a type that is passed over still needs the place that its shape says", () => {
  const refused: [string, string][] = [
    ["U64", "48"],
    ["C64", "48"],
    ["F8_E4M3", "5"],
    ["F6_E2M3", "4.5"],
    ["F4", "3"],
  ];
  for (const [dtype, size] of refused) {
    const shape = dtype === "F8_E4M3" ? "[5]" : "[2,3]";
    const text = header(`dtype:"${dtype}"`).replace("[2,3]", shape);
    const rule = `${dtype} of shape ${shape.replace(",", ", ")} must take ${size} bytes`;
    assertRefused(
      fileOf(text, [1, 2, 3, 4, 5, 6]),
      new RangeError(`readSafetensors: tensor "w": ${rule}; got data_offsets [0, 6], 6 bytes`),
    );
  }
});

test("files of other formats are said to be what they are, wherever they are taken for this one", () => {
  const text = (begin: string): Uint8Array => Buffer.from(begin.padEnd(140, "-"), "latin1");
  const save = "save its tensors with safetensors.torch.save_file";
  const others: [string, string][] = [
    [
      `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d7a2146".repeat(8)}\nsize 440449768\n`,
      'a Git LFS pointer to it: "git lfs pull" fetches the file',
    ],
    ["PK\x03\x04\x00\x00\x08\x08\x00\x00", `a zip file, as PyTorch writes .pt, .pth and .bin: ${save}`],
    ["PK\x03\x04\x00\x00\x00\x00\x00\x00", `a zip file, as PyTorch writes .pt, .pth and .bin: ${save}`],
    [
      "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a",
      `a Python pickle, as PyTorch wrote .pt and .bin: ${save}`,
    ],
    ["\x89HDF\r\n\x1a\n\x00", "an HDF5 file, as Keras writes .h5"],
    ["GGUF\x03\x00\x00\x00", "a GGUF file"],
    ["\x1f\x8b\x08\x00\x00\x00\x00\x00", "a gzip file: unpack it first"],
    ["<!DOCTYPE html>\n<html>", "a web page: the download gave a page about the file"],
    ['{\n  "metadata": {', "JSON text: readShards reads a model.safetensors.index.json"],
  ];
  for (const [begin, what] of others) {
    assertRefused(
      text(begin),
      new RangeError(`readSafetensors: bytes must be a safetensors file; got ${what}`),
    );
  }
  // A header whose length spells PK\x03\x04 is a header all the same.
  const bytes = text("PK\x03\x04\x00\x00\x00\x00{");
  const rule = "the header must end within the file; got a length of 67324752 with 132 bytes left";
  assertRefused(bytes, new RangeError(`readSafetensors: ${rule}`));
});

test("messages: a header that is not this JSON", () => {
  const data = [1, 2, 3, 4, 5, 6];
  const fields = "must have the fields dtype, shape and data_offsets";
  const refused: [string | number[], string][] = [
    ["", 'must begin with "{"; got nothing'],
    [" {}", 'must begin with "{"; got byte 0x20'],
    ["[]", 'must begin with "{"; got byte 0x5b'],
    ["\ufeff{}", 'must begin with "{"; got byte 0xef'],
    ["{", "expected a name in the header, a text in quotes; got the end of the text at character 1"],
    ["{}\u0000", 'expected nothing more; got "\\u0000" at character 2'],
    ['{"w":null}', 'expected tensor "w", an object; got "null}" at character 5'],
    ['{"w":[]}', 'expected tensor "w", an object; got "[]}" at character 5'],
    ['{"w":{}}', `tensor "w" ${fields}; got no dtype`],
    ['{"w":{"dtype":"U8","data_offsets":[0,6]}}', `tensor "w" ${fields}; got no shape`],
    ['{"w":{"dtype":"U8","shape":[6]}}', `tensor "w" ${fields}; got no data_offsets`],
    [header("strides:[1]"), `tensor "w" ${fields} alone; got "strides"`],
    [
      header("dtype:8"),
      'expected dtype of tensor "w", a text in quotes; got ' +
        '"8,\\"shape\\":[2,3],\\"data_offsets\\":[0,6]}}" at character 14',
    ],
    [
      header("shape:6"),
      'expected shape of tensor "w", a list of integers; got "6,\\"data_offsets\\":[0,6]}}" at character 27',
    ],
    [
      header('shape:"6"'),
      'expected shape of tensor "w", a list of integers; got "\\"6\\",\\"data_offsets\\":[0,6]}}" at ' +
        "character 27",
    ],
    [
      header("shape:[[6]]"),
      'expected an integer in shape of tensor "w"; got "[6]],\\"data_offsets\\":[0,6]}}" at character 28',
    ],
    [
      header("shape:[null]"),
      'expected an integer in shape of tensor "w"; got "null],\\"data_offsets\\":[0,6]}}" at character 28',
    ],
    [
      header("data_offsets:{}"),
      'expected data_offsets of tensor "w", a list of integers; got "{}}}" at character 48',
    ],
    [`{${place("a", 0, 6)},${place("a", 0, 6)}}`, 'the header must name each member once; got "a" twice'],
    [
      `{${place("a", 0, 6)},${place("\\u0061", 0, 6)}}`,
      'the header must name each member once; got "a" twice',
    ],
    [
      '{"w":{"dtype":"U8","shape":[6],"dtype":"U8","data_offsets":[0,6]}}',
      'tensor "w" must name each member once; got "dtype" twice',
    ],
    [
      '{"__metadata__":{},"__metadata__":{}}',
      'the header must name each member once; got "__metadata__" twice',
    ],
    ['{"__metadata__":{"a":"1","a":"2"}}', '__metadata__ must name each member once; got "a" twice'],
    ['{"__metadata__":{"a":1}}', 'expected __metadata__ of "a", a text in quotes; got "1}}" at character 21'],
    [
      '{"__metadata__":{"a":{}}}',
      'expected __metadata__ of "a", a text in quotes; got "{}}}" at character 21',
    ],
    ['{"__metadata__":"a"}', 'expected __metadata__, an object; got "\\"a\\"}" at character 16'],
    ['{"__metadata__":null}', 'expected __metadata__, an object; got "null}" at character 16'],
    [
      `${'{"a":'.repeat(20000)}`,
      'tensor "a" must have the fields dtype, shape and data_offsets alone; got "a"',
    ],
    [[0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d], "text must be UTF-8; no character begins at byte 2 (0xc0)"],
    [[0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d], "text must be UTF-8; no character begins at byte 2 (0xed)"],
    [[0x7b, 0x7d, 0xe6, 0xb3], "text must be UTF-8; no character begins at byte 2 (0xe6)"],
  ];
  for (const [text, message] of refused) {
    assertRefused(fileOf(text, data), new SyntaxError(`readSafetensors: header: ${message}`));
  }
});
