import type { Matrix } from "../matrix.ts";
import type { Dtype, Items } from "./tensor-items.ts";
import { decimal64 } from "./int64.ts";
import { JsonReader, quote } from "./json-reader.ts";
import { checkItemsKind, decodeItems, encodeItems, itemWidth, kindOf } from "./tensor-items.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** A tensor (テンソル): numbers in row-major order under a shape of any rank, also [] (one number) or with a 0 in it (none). */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Items;
}

/** What a file holds: its tensors in the order of the header, and its free texts in an object without a prototype. */
export interface Safetensors {
  readonly tensors: Map<string, Tensor>;
  readonly metadata: Record<string, string>;
}

interface Place {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const MAX_HEADER = 100000000;

/**
 * The tensors of a safetensors file (safetensors 形式の読み込み), from its bytes.
 *
 *   file   = N, 8 bytes little-endian · header, N bytes · data
 *   header = {"__metadata__": {text: text, …}, name: {"dtype": …, "shape": […], "data_offsets": [begin, end]}, …} and spaces
 *   tensor = data[begin … end − 1], little-endian, row-major
 *
 * Everything the header says is checked before the first number is read. Numbers are copied, so any alignment will do, and they take at
 * most twice the bytes that the file really has. Values are not judged, but a BOOL must be 0 or 1, and an I64 in ±(2⁵³ − 1).
 * Errors: TypeError unless given a Uint8Array; SyntaxError for a header that is not UTF-8, or not this JSON (a name twice, a field too many
 * or too few); RangeError for a header over 100 MB or past the end, another dtype, a shape and offsets that disagree, tensors that
 * overlap, and bytes that belong to none.
 * Source: huggingface.co/docs/safetensors, "Format"; the limit of 100 MB is the reference implementation's.
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (kindOf(bytes) !== "Uint8Array") throw new TypeError(`readSafetensors: bytes must be a Uint8Array; got ${kindOf(bytes)}`);
  if (bytes.length < 8) throw new RangeError(`readSafetensors: bytes must begin with 8 for the header's length; got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const high = view.getUint32(4, true);
  const length = view.getUint32(0, true);
  if (high > 0 || length > MAX_HEADER) {
    throw new RangeError(`readSafetensors: the header must not exceed ${MAX_HEADER} bytes; got a length of ${decimal64(high, length)}`);
  }
  if (length > bytes.length - 8) {
    throw new RangeError(`readSafetensors: the header must end within the file; got a length of ${length} with ${bytes.length - 8} bytes left`);
  }
  const { places, metadata } = readHeader(bytes.subarray(8, 8 + length));
  const data = bytes.subarray(8 + length);
  checkPlaces(places, data.length);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, begin, end } of places) {
    tensors.set(name, { dtype, shape, data: decodeItems(`readSafetensors: tensor ${quote(name)}`, dtype, data.subarray(begin, end)) });
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file that holds these tensors (safetensors 形式の書き出し), in this order.
 *
 * Reading them gives the same bits again; F16 is rounded to nearest, ties to even. The header is padded with spaces to a multiple of 8 and
 * the data of wide types comes first, so that every tensor is aligned. Metadata is left out when there is none.
 * Errors: TypeError for the wrong kind, RangeError for the wrong size or value, naming the tensor; a name twice is one.
 */
export function writeSafetensors(tensors: Iterable<readonly [string, Tensor]>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  if (kindOf(metadata) !== "Object") throw new TypeError(`writeSafetensors: metadata must be an object of texts; got ${kindOf(metadata)}`);
  const entries = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    checkText("writeSafetensors: a tensor's name", name);
    if (name === "__metadata__") throw new RangeError("writeSafetensors: a tensor must have another name than the format's own; got __metadata__");
    if (entries.has(name)) throw new RangeError(`writeSafetensors: tensors must have different names; got ${quote(name)} twice`);
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
    members.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`);
  });
  const header = encodeUtf8("writeSafetensors", `{${members.join(",")}}`);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > MAX_HEADER) throw new RangeError(`writeSafetensors: the header must not exceed ${MAX_HEADER} bytes; got ${length}`);
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(header, 8);
  entries.forEach(({ dtype, data }, name) => {
    bytes.set(encodeItems(`writeSafetensors: tensor ${quote(name)}`, dtype, data), 8 + length + places.get(name)!.begin);
  });
  return bytes;
}

/**
 * A tensor as a matrix (行列として見る), its leading axes folded into rows.
 *
 *   (a, b, c) → (a·b, c), a vector (c) → (1, c), a scalar () → (1, 1)
 *
 * F32 and F16 share their numbers with the matrix. Other types are copied and rounded to float32, which is exact for integers up to 2²⁴ only.
 * Errors: TypeError or RangeError for what is not a tensor.
 */
export function asMatrix(tensor: Tensor): Matrix {
  checkTensor("asMatrix", tensor);
  const { shape, data } = tensor;
  const cols = shape.length === 0 ? 1 : shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { rows, cols, data: kindOf(data) === "Float32Array" ? (data as Float32Array) : new Float32Array(data) };
}

function readHeader(bytes: Uint8Array): { places: Place[]; metadata: Record<string, string> } {
  const where = "readSafetensors: header";
  const reader = new JsonReader(where, decodeUtf8(where, bytes));
  const places: Place[] = [];
  const metadata = Object.create(null) as Record<string, string>; // so that a text called __proto__ is a text like any other
  if (bytes[0] !== 0x7b) throw new SyntaxError(`${where}: must begin with "{"; got ${bytes.length === 0 ? "nothing" : `byte 0x${bytes[0]!.toString(16)}`}`);
  reader.object("the header", (name) => {
    if (name === "__metadata__") {
      reader.object(name, (key) => {
        metadata[key] = reader.string(`${name} of ${quote(key)}`);
      });
      return;
    }
    const tensor = `tensor ${quote(name)}`;
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    reader.object(tensor, (field) => {
      if (field === "dtype") dtype = reader.string(`dtype of ${tensor}`);
      else if (field === "shape") shape = reader.integers(`shape of ${tensor}`);
      else if (field === "data_offsets") offsets = reader.integers(`data_offsets of ${tensor}`);
      else throw new SyntaxError(`${where}: ${tensor} must have the fields dtype, shape and data_offsets alone; got ${quote(field)}`);
    });
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      const missing = dtype === undefined ? "dtype" : shape === undefined ? "shape" : "data_offsets";
      throw new SyntaxError(`${where}: ${tensor} must have the fields dtype, shape and data_offsets; got no ${missing}`);
    }
    places.push(checkPlace(name, dtype, shape, offsets));
  });
  reader.end();
  return { places, metadata };
}

function checkPlace(name: string, dtype: string, shape: readonly number[], offsets: readonly number[]): Place {
  const where = `readSafetensors: tensor ${quote(name)}`;
  const size = itemWidth(where, dtype) * itemCount(where, shape);
  const [begin = NaN, end = NaN] = offsets;
  if (offsets.length !== 2 || begin > end) throw new RangeError(`${where}: data_offsets must be [begin, end], begin ≤ end; got ${listed(offsets)}`);
  if (end - begin !== size) {
    throw new RangeError(`${where}: ${dtype} of shape ${listed(shape)} must take ${size} bytes; got data_offsets ${listed(offsets)}, ${end - begin} bytes`);
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

/** The tensors must lie one after the other, in any order, from the first byte of the data to the last. */
function checkPlaces(places: readonly Place[], size: number): void {
  let covered = 0;
  for (const { name, begin, end } of places.slice().sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const where = `readSafetensors: tensor ${quote(name)}`;
    if (end > size) throw new RangeError(`${where}: must lie within the ${size} bytes of data; got data_offsets [${begin}, ${end}]`);
    if (begin < covered) throw new RangeError(`${where}: must not overlap another, which ends at ${covered}; got data_offsets [${begin}, ${end}]`);
    if (begin > covered) throw new RangeError(`${where}: must begin where the one before ends, at ${covered}; got data_offsets [${begin}, ${end}]`);
    covered = end;
  }
  if (covered < size) throw new RangeError(`readSafetensors: the data must end with the last tensor, at ${covered}; got ${size - covered} bytes more`);
}

function checkTensor(where: string, tensor: Tensor): void {
  if (typeof tensor !== "object" || tensor === null) throw new TypeError(`${where}: a tensor must be { dtype, shape, data }; got ${kindOf(tensor)}`);
  const { dtype, shape, data } = tensor;
  itemWidth(where, dtype);
  if (!Array.isArray(shape)) throw new TypeError(`${where}: shape must be a list of integers; got ${kindOf(shape)}`);
  checkItemsKind(where, dtype, data);
  const count = itemCount(where, shape);
  if (data.length !== count) throw new RangeError(`${where}: data of shape ${listed(shape)} must hold ${count} numbers; got ${data.length}`);
}

function itemCount(where: string, shape: readonly number[]): number {
  let product = 1; // of the sizes that are not 0, so that an empty tensor cannot hide an absurd shape
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) throw new RangeError(`${where}: shape must hold integers ≥ 0; got ${listed(shape)}`);
    product *= Math.max(n, 1);
    if (product > Number.MAX_SAFE_INTEGER) throw new RangeError(`${where}: shape must have a product below 2^53; got ${listed(shape)}`);
  }
  return shape.indexOf(0) >= 0 ? 0 : product;
}

function checkText(where: string, text: string): void {
  if (typeof text !== "string") throw new TypeError(`${where} must be a text; got ${kindOf(text)}`);
  if (/[\ud800-\udfff]/u.test(text)) throw new RangeError(`${where} must not hold half a surrogate pair; got ${quote(text)}`);
}

/** Numbers for a message, cut short when many. */
function listed(numbers: readonly number[]): string {
  return `[${numbers.slice(0, 8).join(", ")}${numbers.length > 8 ? ", …" : ""}]`;
}
