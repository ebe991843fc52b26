import type { Dtype, Items } from "./tensor-items.ts";
import type { Matrix } from "../matrix.ts";
import { checkItemsKind, decodeItems, encodeItems, itemCount, itemWidth, kindOf } from "./tensor-items.ts";
import { listed } from "./tensor-items.ts";
import { decimal64 } from "./int64.ts";
import { encodeUtf8 } from "./utf8.ts";
import { quote } from "./json-reader.ts";
import { readHeader } from "./safetensors-header.ts";

/**
 * A tensor (テンソル): numbers in row-major order under a shape of any rank, also [] (one number) or with a 0 in
 * it (none).
 */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Items;
}

/**
 * What a file holds: its tensors in the order of the header, and its free texts in an object without a
 * prototype.
 */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

const MAX_HEADER = 100000000;

/**
 * The tensors of a safetensors file (safetensors 形式の読み込み), from its bytes.
 *
 *     file   = N, 8 bytes little-endian · header, N bytes · data
 *     header = {"__metadata__": {text: text, …}, name: {"dtype": …, "shape": […], "data_offsets": [begin, end]}, …} and spaces
 *     tensor = data[begin … end − 1], little-endian, row-major
 *
 * Everything the header says is checked before the first number is read. Numbers are copied, so any alignment
 * will do, and they take at most twice the bytes that the file really has. Values are not judged, but a BOOL
 * must be 0 or 1, and an I64 in ±(2⁵³ − 1).
 * Errors: TypeError unless given a Uint8Array; SyntaxError for a header that is not UTF-8, or not this JSON
 * (a name twice, a field too many or too few); RangeError for a header over 100 MB or past the end, another
 * dtype, a shape and offsets that disagree, tensors that overlap, and bytes that belong to none.
 * Source: huggingface.co/docs/safetensors, "Format"; the limit of 100 MB is the reference implementation's.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (kindOf(bytes) !== "Uint8Array") {
    throw new TypeError(`readSafetensors: bytes must be a Uint8Array; got ${kindOf(bytes)}`);
  }
  if (bytes.length < 8) {
    throw new RangeError(
      `readSafetensors: bytes must begin with 8 for the header's length; got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const high = view.getUint32(4, true);
  const length = view.getUint32(0, true);
  if (high > 0 || length > MAX_HEADER) {
    throw new RangeError(
      `readSafetensors: the header must not exceed ${MAX_HEADER} bytes; got a length of ` +
        `${decimal64(high, length)}`,
    );
  }
  if (length > bytes.length - 8) {
    throw new RangeError(
      `readSafetensors: the header must end within the file; got a length of ${length} with ` +
        `${bytes.length - 8} bytes left`,
    );
  }
  const data = bytes.subarray(8 + length);
  const { places, metadata } = readHeader(bytes.subarray(8, 8 + length), data.length);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of places) {
    tensors.set(name, {
      dtype,
      shape,
      data: decodeItems(`readSafetensors: tensor ${quote(name)}`, dtype, data.subarray(begin, end)),
    });
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file that holds these tensors (safetensors 形式の書き出し), in this order.
 *
 * Reading them gives the same bits again; F16 is rounded to nearest, ties to even. The header is padded with
 * spaces to a multiple of 8 and the data of wide types comes first, so that every tensor is aligned. Metadata
 * is left out when there is none.
 * Errors: TypeError for the wrong kind, RangeError for the wrong size or value, naming the tensor; a name
 * twice is one.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (kindOf(metadata) !== "Object") {
    throw new TypeError(`writeSafetensors: metadata must be an object of texts; got ${kindOf(metadata)}`);
  }
  if (tensors === null || typeof tensors !== "object" || typeof tensors[Symbol.iterator] !== "function") {
    throw new TypeError(
      `writeSafetensors: tensors must be a Map, or pairs of a name and a tensor; got ${kindOf(tensors)}`,
    );
  }
  const entries = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    checkText("writeSafetensors: a tensor's name", name);
    if (name === "__metadata__") {
      throw new RangeError(
        "writeSafetensors: a tensor must have another name than the format's own; got __metadata__",
      );
    }
    if (entries.has(name)) {
      throw new RangeError(`writeSafetensors: tensors must have different names; got ${quote(name)} twice`);
    }
    checkTensor(`writeSafetensors: tensor ${quote(name)}`, tensor);
    entries.set(name, tensor);
  }
  const places = new Map<string, { begin: number; end: number }>();
  let size = 0;
  for (const width of [8, 4, 2, 1]) {
    entries.forEach(({ dtype, data }, name) => {
      if (itemWidth("writeSafetensors", dtype) !== width) return;
      places.set(name, { begin: size, end: size + width * data.length });
      size += width * data.length;
    });
  }
  const members: string[] = [];
  const texts = Object.keys(metadata).map((key) => {
    checkText("writeSafetensors: a key of metadata", key);
    checkText(`writeSafetensors: metadata ${quote(key)}`, metadata[key]!);
    return `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`;
  });
  if (texts.length > 0) members.push(`"__metadata__":{${texts.join(",")}}`);
  entries.forEach(({ dtype, shape }, name) => {
    const { begin, end } = places.get(name)!;
    members.push(
      `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`,
    );
  });
  const header = encodeUtf8("writeSafetensors", `{${members.join(",")}}`);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > MAX_HEADER) {
    throw new RangeError(`writeSafetensors: the header must not exceed ${MAX_HEADER} bytes; got ${length}`);
  }
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(header, 8);
  entries.forEach(({ dtype, data }, name) => {
    bytes.set(
      encodeItems(`writeSafetensors: tensor ${quote(name)}`, dtype, data),
      8 + length + places.get(name)!.begin,
    );
  });
  return bytes;
}

/**
 * A tensor as a matrix (行列として見る), its leading axes folded into rows.
 *
 *     (a, b, c) → (a·b, c), a vector (c) → (1, c), a scalar () → (1, 1)
 *
 * F32 and F16 share their numbers with the matrix. Other types are copied and rounded to float32, which is
 * exact for integers up to 2²⁴ only.
 * Errors: TypeError or RangeError for what is not a tensor.
 */
export function asMatrix(tensor: Tensor): Matrix {
  checkTensor("asMatrix", tensor);
  const { shape, data } = tensor;
  const cols = shape.length === 0 ? 1 : shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return {
    rows,
    cols,
    data: kindOf(data) === "Float32Array" ? (data as Float32Array) : new Float32Array(data),
  };
}

function checkTensor(where: string, tensor: Tensor): void {
  if (typeof tensor !== "object" || tensor === null) {
    throw new TypeError(`${where}: a tensor must be { dtype, shape, data }; got ${kindOf(tensor)}`);
  }
  const { dtype, shape, data } = tensor;
  itemWidth(where, dtype);
  if (!Array.isArray(shape)) {
    throw new TypeError(`${where}: shape must be a list of integers; got ${kindOf(shape)}`);
  }
  checkItemsKind(where, dtype, data);
  const count = itemCount(where, shape);
  if (data.length !== count) {
    throw new RangeError(
      `${where}: data of shape ${listed(shape)} must hold ${count} numbers; got ${data.length}`,
    );
  }
}

function checkText(where: string, text: string): void {
  if (typeof text !== "string") throw new TypeError(`${where} must be a text; got ${kindOf(text)}`);
  if (/[\ud800-\udfff]/u.test(text)) {
    throw new RangeError(`${where} must not hold half a surrogate pair; got ${quote(text)}`);
  }
}
