import type { Matrix } from "../matrix.ts";
import { decodeFloat16, encodeFloat16 } from "./float16.ts";
import { decimal64, decodeInt64, encodeInt64 } from "./int64.ts";
import { JsonReader, quote } from "./json-reader.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";

/** The number types that are read and written. */
export type Dtype = "F64" | "I64" | "F32" | "I32" | "F16" | "U8" | "BOOL";

/**
 * A tensor (テンソル): numbers in row-major order under a shape of any rank.
 *
 * data: F32 and F16 a Float32Array, F64 and I64 a Float64Array, I32 an Int32Array, U8 and BOOL (0 or 1) a Uint8Array.
 */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array | Int32Array | Uint8Array;
}

/** What a file holds: its tensors in the header's order, and its free text, an object without a prototype. */
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
const WIDTHS: ReadonlyMap<string, number> = new Map([["F64", 8], ["I64", 8], ["F32", 4], ["I32", 4], ["F16", 2], ["U8", 1], ["BOOL", 1]]);
const OTHER_DTYPES: readonly string[] = ["BF16", "C64", "F4", "F6_E2M3", "F6_E3M2", "F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "I16", "U16", "U32", "U64"];

/**
 * The tensors of a safetensors file (safetensors 形式の読み込み), from its bytes.
 *
 *   file     = N (8 bytes, little-endian) · header (N bytes) · data
 *   header   = { "__metadata__": { text: text, … }, name: { "dtype", "shape", "data_offsets": [begin, end] }, … } and spaces
 *   tensor   = data[begin … end − 1], little-endian, row-major
 *
 * Everything that the header says is checked before a number is read, and what is read is copied: any alignment will do, and a file
 * never takes more than twice its own size. 64-bit integers must lie in ±(2⁵³ − 1), a BOOL must be 0 or 1.
 * Errors: TypeError unless given a Uint8Array; SyntaxError for a header that is not UTF-8 or not this JSON (a name twice, another
 * field); RangeError for a header over 100 MB or past the end, another dtype, sizes that disagree, tensors that overlap, and bytes that
 * belong to none.
 * Source: huggingface.co/docs/safetensors, "Format".
 */
export function readSafetensors(bytes: Uint8Array): Safetensors {
  if (kindOf(bytes) !== "Uint8Array") throw new TypeError(`readSafetensors: bytes must be a Uint8Array; got ${kindOf(bytes)}`);
  if (bytes.length < 8) throw new RangeError(`readSafetensors: a file must begin with the 8 bytes of its header's length; got ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const high = view.getUint32(4, true);
  const length = view.getUint32(0, true);
  if (high > 0 || length > MAX_HEADER) throw new RangeError(`readSafetensors: the header must not exceed ${MAX_HEADER} bytes; it claims ${decimal64(high, length)}`);
  if (length > bytes.length - 8) throw new RangeError(`readSafetensors: the header must lie in the file; it claims ${length} bytes of the ${bytes.length - 8} that follow`);
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
 * Reading them gives the same bits again. The data of wide types comes first and the header is padded with spaces to a multiple of 8, so
 * that every tensor is aligned. F16 rounds to nearest, ties to even.
 * Errors: TypeError or RangeError, naming the tensor, for what `readSafetensors` would not read.
 */
export function writeSafetensors(tensors: Iterable<readonly [string, Tensor]>, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const places = new Map<string, Place>();
  const entries = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    checkText("writeSafetensors: a tensor's name", name);
    if (name === "__metadata__") throw new RangeError("writeSafetensors: a tensor must not be called __metadata__: the format keeps that name");
    if (entries.has(name)) throw new RangeError(`writeSafetensors: names must be unique; got ${quote(name)} twice`);
    checkTensor(`writeSafetensors: tensor ${quote(name)}`, tensor);
    entries.set(name, tensor);
  }
  let size = 0;
  for (const width of [8, 4, 2, 1]) {
    entries.forEach(({ dtype, shape, data }, name) => {
      if (WIDTHS.get(dtype) !== width) return;
      places.set(name, { name, dtype, shape, begin: size, end: size + width * data.length });
      size += width * data.length;
    });
  }
  const members: string[] = [];
  const texts = Object.keys(metadata).map((key) => {
    checkText("writeSafetensors: a metadata key", key);
    checkText(`writeSafetensors: metadata ${quote(key)}`, metadata[key]!);
    return `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`;
  });
  if (texts.length > 0) members.push(`"__metadata__":{${texts.join(",")}}`);
  entries.forEach((_, name) => {
    const { dtype, shape, begin, end } = places.get(name)!;
    members.push(`${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`);
  });
  const header = encodeUtf8("writeSafetensors", `{${members.join(",")}}`);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > MAX_HEADER) throw new RangeError(`writeSafetensors: the header must not exceed ${MAX_HEADER} bytes; it takes ${length}`);
  const bytes = new Uint8Array(8 + length + size);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.fill(0x20, 8, 8 + length);
  bytes.set(header, 8);
  places.forEach(({ begin }, name) => bytes.set(encodeItems(`writeSafetensors: tensor ${quote(name)}`, entries.get(name)!), 8 + length + begin));
  return bytes;
}

/**
 * A tensor as a matrix, its leading axes folded into rows: (a, b, c) → (a·b, c). A vector is one row, a scalar (1, 1).
 *
 * F32 and F16 share their numbers with the matrix; the other types are copied and rounded to float32 (an integer beyond 2²⁴ may change).
 */
export function asMatrix(tensor: Tensor): Matrix {
  checkTensor("asMatrix: the tensor", tensor);
  const { shape, data } = tensor;
  const cols = shape.length === 0 ? 1 : shape[shape.length - 1]!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { rows, cols, data: kindOf(data) === "Float32Array" ? (data as Float32Array) : new Float32Array(data) };
}

/** Items of `width` bytes from little-endian to the machine's order or back: a copy. Bytes move, not numbers, so that a NaN keeps every bit. */
export function littleEndian(bytes: Uint8Array, width: number, machineIsLittle: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1): Uint8Array {
  const copy = new Uint8Array(bytes);
  if (!machineIsLittle) for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse();
  return copy;
}

function readHeader(bytes: Uint8Array): { places: Place[]; metadata: Record<string, string> } {
  const reader = new JsonReader("readSafetensors: header", decodeUtf8("readSafetensors: header", bytes));
  const places: Place[] = [];
  const metadata: Record<string, string> = Object.create(null) as Record<string, string>;
  if (bytes[0] !== 0x7b) throw new SyntaxError('readSafetensors: header: it must begin with "{"');
  reader.object("the header", (name) => {
    if (name === "__metadata__") {
      reader.object("__metadata__, texts by name", (key) => {
        metadata[key] = reader.string(`a text for ${quote(key)} of __metadata__`);
      });
      return;
    }
    const tensor = `tensor ${quote(name)}`;
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    reader.object(`${tensor}, an object`, (field) => {
      if (field === "dtype") dtype = reader.string(`the dtype of ${tensor}, a text`);
      else if (field === "shape") shape = reader.integers(`the shape of ${tensor}, a list of integers`);
      else if (field === "data_offsets") offsets = reader.integers(`the data_offsets of ${tensor}, a list of two integers`);
      else throw new SyntaxError(`readSafetensors: header: ${tensor} must have the fields dtype, shape and data_offsets; got ${quote(field)}`);
    });
    places.push(checkPlace(name, dtype, shape, offsets));
  });
  reader.end();
  return { places, metadata };
}

function checkPlace(name: string, dtype: string | undefined, shape: number[] | undefined, offsets: number[] | undefined): Place {
  const where = `readSafetensors: tensor ${quote(name)}`;
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    throw new SyntaxError(`${where}: dtype, shape and data_offsets must all be there; got ${[dtype && "dtype", shape && "shape", offsets && "data_offsets"].filter(Boolean).join(", ") || "none"}`);
  }
  const width = widthOf(where, dtype);
  const size = width * countOf(where, shape);
  const [begin = NaN, end = NaN] = offsets;
  if (offsets.length !== 2 || begin > end) throw new RangeError(`${where}: data_offsets must be [begin, end] with begin ≤ end; got [${offsets.slice(0, 5)}]`);
  if (end - begin !== size) throw new RangeError(`${where}: ${dtype} of shape [${shape}] must take ${size} bytes; data_offsets [${begin}, ${end}] take ${end - begin}`);
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

function checkPlaces(places: readonly Place[], size: number): void {
  let last = "the beginning of the data";
  let covered = 0;
  for (const { name, begin, end } of places.slice().sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (end > size) throw new RangeError(`readSafetensors: tensor ${quote(name)}: data_offsets must lie in the ${size} bytes of data; got [${begin}, ${end}]`);
    if (begin < covered) throw new RangeError(`readSafetensors: tensor ${quote(name)}: must not overlap ${last}, which ends at ${covered}; it begins at ${begin}`);
    if (begin > covered) throw new RangeError(`readSafetensors: tensor ${quote(name)}: must follow ${last}, which ends at ${covered}; it begins at ${begin}, and the bytes between belong to none`);
    last = `tensor ${quote(name)}`;
    covered = end;
  }
  if (covered < size) throw new RangeError(`readSafetensors: the data must end with ${last}, at ${covered}; ${size - covered} bytes follow`);
}

function checkTensor(where: string, tensor: Tensor): void {
  if (typeof tensor !== "object" || tensor === null) throw new TypeError(`${where} must be { dtype, shape, data }; got ${kindOf(tensor)}`);
  const { dtype, shape, data } = tensor;
  widthOf(where, dtype);
  if (!Array.isArray(shape)) throw new TypeError(`${where}: shape must be a list of integers; got ${kindOf(shape)}`);
  const count = countOf(where, shape);
  const kind = dtype === "F32" || dtype === "F16" ? "Float32Array" : dtype === "I32" ? "Int32Array" : dtype === "F64" || dtype === "I64" ? "Float64Array" : "Uint8Array";
  if (kindOf(data) !== kind) throw new TypeError(`${where}: the data of ${dtype} must be a ${kind}; got ${kindOf(data)}`);
  if (data.length !== count) throw new RangeError(`${where}: shape [${shape}] must hold ${count} numbers; got ${data.length}`);
}

function checkText(where: string, text: string): void {
  if (typeof text !== "string") throw new TypeError(`${where} must be a text; got ${kindOf(text)}`);
  if (/[\ud800-\udfff]/u.test(text)) throw new RangeError(`${where} must not hold half a surrogate pair; got ${quote(text)}`);
}

function widthOf(where: string, dtype: string): number {
  const width = WIDTHS.get(dtype);
  if (width !== undefined) return width;
  const known = OTHER_DTYPES.indexOf(dtype) >= 0 ? "which the format has but this library does not" : "which is none of the format's";
  throw new RangeError(`${where}: dtype must be one of ${Array.from(WIDTHS.keys()).join(", ")}; got ${typeof dtype === "string" ? quote(dtype) : kindOf(dtype)}, ${known}`);
}

function countOf(where: string, shape: readonly number[]): number {
  let product = 1; // of the sizes that are not 0: an empty tensor must not hide an absurd shape
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) throw new RangeError(`${where}: shape must hold integers ≥ 0; got [${shape}]`);
    product *= Math.max(n, 1);
    if (product > Number.MAX_SAFE_INTEGER) throw new RangeError(`${where}: the product of the shape must stay below 2^53; got [${shape.slice(0, 20)}]`);
  }
  return shape.indexOf(0) >= 0 ? 0 : product;
}

function decodeItems(where: string, dtype: Dtype, bytes: Uint8Array): Tensor["data"] {
  if (dtype === "F16") return decodeFloat16(bytes);
  if (dtype === "I64") return decodeInt64(where, bytes);
  if (dtype === "BOOL") checkBooleans(where, bytes);
  const { buffer } = littleEndian(bytes, WIDTHS.get(dtype)!);
  return dtype === "F32" ? new Float32Array(buffer) : dtype === "F64" ? new Float64Array(buffer) : dtype === "I32" ? new Int32Array(buffer) : new Uint8Array(buffer);
}

function encodeItems(where: string, { dtype, data }: Tensor): Uint8Array {
  if (dtype === "F16") return encodeFloat16(data as Float32Array);
  if (dtype === "I64") return encodeInt64(where, data as Float64Array);
  if (dtype === "BOOL") checkBooleans(where, data as Uint8Array);
  return littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), WIDTHS.get(dtype)!);
}

function checkBooleans(where: string, data: Uint8Array): void {
  const at = data.findIndex((x) => x > 1);
  if (at >= 0) throw new RangeError(`${where}: a BOOL must be 0 or 1; got ${data[at]} at ${at}`);
}

/** The kind of a value, also of another realm, where `instanceof` fails. */
function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
