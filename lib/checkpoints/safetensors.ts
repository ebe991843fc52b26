import type { Items } from "./tensor-items.ts";
import type { Matrix } from "../matrix.ts";
import { checkItemsKind, decodeItems, encodeItems, itemCount, itemWidth, listed } from "./tensor-items.ts";
import { encodeUtf8 } from "./utf8.ts";
import { headerEnd, readHeader } from "./safetensors-header.ts";
import { kindOf } from "../matrix.ts";
import { quote } from "./json-reader.ts";

/**
 * A tensor (テンソル): numbers in row-major order under a shape of any rank. [] is one number, a 0 in it is none.
 *
 * `dtype` is a `Dtype` where the numbers can be read. A tensor of another type has its name and shape, and
 * its `data` throws.
 */
export interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Items;
}

/**
 * What a file holds: its tensors in the order of the header, and its free texts, an object without a
 * prototype.
 */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/**
 * The tensors of a safetensors file (safetensors 形式の読み込み), from its bytes.
 *
 *     file   = N, 8 bytes little-endian · header, N bytes · data
 *     header = {"__metadata__": {text: text, …}, name: tensor, …} and spaces
 *     tensor = {"dtype": text, "shape": […], "data_offsets": [begin, end]}
 *     its numbers: data[begin … end − 1], little-endian, row-major
 *
 * Everything the header says is checked at once. The numbers of a tensor are decoded when its `data` is first
 * asked for, and only then judged: a tensor that cannot be read spoils no other. They are copied, so any
 * alignment will do; until then `bytes` must not change. A BOOL must be 0 or 1, an I64 in ±(2⁵³ − 1).
 * Errors: TypeError unless given a Uint8Array; SyntaxError for a header that is not UTF-8, or not this JSON
 * (a name twice, a field too many or too few); RangeError for a file of another format, a header over 100 MB
 * or past the end, a shape and offsets that disagree, tensors that overlap, and bytes that belong to none;
 * RangeError at `data` for another dtype or a number that cannot be.
 * Source: huggingface.co/docs/safetensors, "Format"; the limit of 100 MB is the reference implementation's.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (kindOf(bytes) !== "Uint8Array") {
    throw new TypeError(`readSafetensors: bytes must be a Uint8Array; got ${kindOf(bytes)}`);
  }
  const end = headerEnd(bytes, bytes.length);
  const data = bytes.subarray(end);
  const { places, metadata } = readHeader(bytes.subarray(8, end), data.length);
  const tensors = new Map<string, Tensor>();
  for (const place of places) {
    tensors.set(
      place.name,
      lazyTensor(place, () => data.subarray(place.begin, place.end)),
    );
  }
  return { tensors, metadata };
}

/**
 * A tensor whose bytes are fetched and decoded when its `data` is first asked for (遅延読み込み).
 *
 * `fetch` gives its bytes, from a file on disk, say. Later uses of `data` give the same array.
 * Errors: at `data`, RangeError for a dtype that is not read or a number that cannot be, naming the tensor.
 */
export function lazyTensor(
  { name, dtype, shape }: { name: string; dtype: string; shape: readonly number[] },
  fetch: () => Uint8Array,
): Tensor {
  let items: Items | undefined;
  return {
    dtype,
    shape,
    get data(): Items {
      if (items === undefined) {
        const where = `readSafetensors: tensor ${quote(name)}`;
        itemWidth(where, dtype); // refuses another dtype before any byte is fetched
        items = decodeItems(where, dtype, fetch());
      }
      return items;
    },
  };
}

/**
 * The bytes of a safetensors file that holds these tensors (safetensors 形式の書き出し), in this order.
 *
 * Reading them gives the same bits again; F16 and BF16 are rounded to nearest, ties to even. The header is
 * padded with spaces to a multiple of 8, and the data of wide types comes first, so that every tensor is
 * aligned. Metadata is left out if there is none.
 * Errors: TypeError for the wrong kind, RangeError for the wrong size or value, or a name given twice; the
 * message names the tensor.
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
      const rule = "a tensor must have another name than the format's own";
      throw new RangeError(`writeSafetensors: ${rule}; got __metadata__`);
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
    const fields = `"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]`;
    members.push(`${JSON.stringify(name)}:{${fields}}`);
  });
  const header = encodeUtf8("writeSafetensors", `{${members.join(",")}}`);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > 100000000) {
    throw new RangeError(`writeSafetensors: the header must not exceed 100000000 bytes; got ${length}`);
  }
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(header, 8);
  entries.forEach(({ dtype, data }, name) => {
    const own = encodeItems(`writeSafetensors: tensor ${quote(name)}`, dtype, data);
    bytes.set(own, 8 + length + places.get(name)!.begin);
  });
  return bytes;
}

/**
 * A tensor as a matrix (行列として見る), its leading axes folded into rows.
 *
 *     (a, b, c) → (a·b, c), a vector (c) → (1, c), a scalar () → (1, 1)
 *
 * F32, F16 and BF16 share their numbers with the matrix. Other types are copied and rounded to float32, which
 * is exact for integers up to 2²⁴ only.
 * Errors: TypeError or RangeError for a value that is not a tensor, or whose numbers cannot be read.
 */
export function asMatrix(tensor: Tensor): Matrix {
  checkTensor("asMatrix", tensor);
  const { shape, data } = tensor;
  const cols = shape.length === 0 ? 1 : shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const isFloat32 = kindOf(data) === "Float32Array";
  return { rows, cols, data: isFloat32 ? (data as Float32Array) : new Float32Array(data) };
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
    const rule = `data of shape ${listed(shape)} must hold ${count} numbers`;
    throw new RangeError(`${where}: ${rule}; got ${data.length}`);
  }
}

function checkText(where: string, text: string): void {
  if (typeof text !== "string") throw new TypeError(`${where} must be a text; got ${kindOf(text)}`);
  if (/[\ud800-\udfff]/u.test(text)) {
    throw new RangeError(`${where} must not hold half a surrogate pair; got ${quote(text)}`);
  }
}
