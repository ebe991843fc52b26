import { decodeBfloat16, encodeBfloat16 } from "./bfloat16.ts";
import { decodeFloat16, encodeFloat16 } from "./float16.ts";
import { decodeInt64, encodeInt64 } from "./int64.ts";
import { kindOf } from "../matrix.ts";
import { quote } from "./json-reader.ts";

/** The number types of a tensor (データ型) that are read and written. */
export type Dtype =
  "F64" | "I64" | "F32" | "I32" | "U32" | "F16" | "BF16" | "I16" | "U16" | "I8" | "U8" | "BOOL";

/**
 * The numbers of a tensor.
 *
 *     F32, F16, BF16   Float32Array      I32   Int32Array      I16   Int16Array      I8         Int8Array
 *     F64, I64         Float64Array      U32   Uint32Array     U16   Uint16Array     U8, BOOL   Uint8Array
 */
export type Items =
  Float32Array | Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** The types that are read: bits of an item, and the kind of array that holds the items. */
const READ: ReadonlyMap<string, readonly [number, string]> = new Map([
  ["F64", [64, "Float64Array"]],
  ["I64", [64, "Float64Array"]],
  ["F32", [32, "Float32Array"]],
  ["I32", [32, "Int32Array"]],
  ["U32", [32, "Uint32Array"]],
  ["F16", [16, "Float32Array"]],
  ["BF16", [16, "Float32Array"]],
  ["I16", [16, "Int16Array"]],
  ["U16", [16, "Uint16Array"]],
  ["I8", [8, "Int8Array"]],
  ["U8", [8, "Uint8Array"]],
  ["BOOL", [8, "Uint8Array"]],
] as [string, [number, string]][]);

/** The format's other types, which are passed over: bits of an item. */
const PASSED_OVER: ReadonlyMap<string, number> = new Map([
  ["U64", 64],
  ["C64", 64],
  ["F8_E4M3", 8],
  ["F8_E5M2", 8],
  ["F8_E8M0", 8],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["F4", 4],
] as [string, number][]);

/**
 * The bits that one item takes, also of a type that is passed over. undefined: the format has no such type.
 */
export function itemBits(dtype: string): number | undefined {
  const read = READ.get(dtype);
  return read === undefined ? PASSED_OVER.get(dtype) : read[0];
}

/** The bytes that one item takes. Errors: RangeError for a dtype that is not a Dtype. */
export function itemWidth(where: string, dtype: string): number {
  return readable(where, dtype)[0] / 8;
}

/**
 * How many items a shape holds.
 *
 * Errors: RangeError unless its sizes are integers ≥ 0 whose product, zeros left out, is below 2⁵³.
 */
export function itemCount(where: string, shape: readonly number[]): number {
  let product = 1; // Zeros are left out, so that an empty tensor cannot hide an absurd shape.
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new RangeError(`${where}: shape must hold integers ≥ 0; got ${listed(shape)}`);
    }
    product *= Math.max(n, 1);
    if (product > Number.MAX_SAFE_INTEGER) {
      throw new RangeError(`${where}: shape must have a product below 2^53; got ${listed(shape)}`);
    }
  }
  return shape.indexOf(0) >= 0 ? 0 : product;
}

/**
 * The numbers that little-endian bytes stand for, copied (数値の復号).
 *
 * Errors: RangeError for a dtype that is not a Dtype, for a BOOL that is not 0 or 1, and for an I64 that no
 * double holds.
 */
export function decodeItems(where: string, dtype: string, bytes: Uint8Array): Items {
  const [bits, kind] = readable(where, dtype);
  if (dtype === "F16") return decodeFloat16(bytes);
  if (dtype === "BF16") return decodeBfloat16(bytes);
  if (dtype === "I64") return decodeInt64(where, bytes);
  const { buffer } = littleEndian(bytes, bits / 8);
  if (kind === "Float32Array") return new Float32Array(buffer);
  if (kind === "Float64Array") return new Float64Array(buffer);
  if (kind === "Int32Array") return new Int32Array(buffer);
  if (kind === "Uint32Array") return new Uint32Array(buffer);
  if (kind === "Int16Array") return new Int16Array(buffer);
  if (kind === "Uint16Array") return new Uint16Array(buffer);
  if (kind === "Int8Array") return new Int8Array(buffer);
  return checkByteItems(where, dtype, new Uint8Array(buffer));
}

/**
 * The little-endian bytes of numbers (数値の符号化).
 *
 * F16 and BF16 are rounded to nearest, ties to even.
 * Errors: TypeError for the wrong kind of array, RangeError as in `decodeItems`.
 */
export function encodeItems(where: string, dtype: string, items: Items): Uint8Array {
  checkItemsKind(where, dtype, items);
  if (dtype === "F16") return encodeFloat16(items as Float32Array);
  if (dtype === "BF16") return encodeBfloat16(items as Float32Array);
  if (dtype === "I64") return encodeInt64(where, items as Float64Array);
  if (dtype === "BOOL") checkByteItems(where, dtype, items as Uint8Array);
  const bytes = new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
  return littleEndian(bytes, itemWidth(where, dtype));
}

/** Throws unless `items` is the kind of array that holds this dtype. */
export function checkItemsKind(where: string, dtype: string, items: Items): void {
  const [, kind] = readable(where, dtype);
  if (kindOf(items) === kind) return;
  throw new TypeError(`${where}: data of ${dtype} must be of kind ${kind}; got ${kindOf(items)}`);
}

/**
 * A copy of items of `width` bytes, turned from little-endian to the machine's order or back (エンディアン).
 *
 * Bytes are moved, not numbers: a NaN keeps every bit, and any alignment is allowed.
 */
export function littleEndian(
  bytes: Uint8Array,
  width: number,
  machineIsLittle: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1,
): Uint8Array {
  const copy = new Uint8Array(bytes);
  if (!machineIsLittle) {
    for (let at = 0; at < copy.length; at += width) copy.subarray(at, at + width).reverse();
  }
  return copy;
}

/** Numbers for a message, cut short if there are many. */
export function listed(numbers: readonly number[]): string {
  return `[${numbers.slice(0, 8).join(", ")}${numbers.length > 8 ? ", …" : ""}]`;
}

/** Bits and kind of a dtype. Errors: RangeError unless it is a Dtype. */
function readable(where: string, dtype: string): readonly [number, string] {
  const form = READ.get(dtype);
  if (form !== undefined) return form;
  const got = typeof dtype === "string" ? quote(dtype) : kindOf(dtype);
  const known = ", which the format knows but this library does not read";
  const rule = `dtype must be one of ${Array.from(READ.keys()).join(", ")}`;
  throw new RangeError(`${where}: ${rule}; got ${got}${PASSED_OVER.has(dtype) ? known : ""}`);
}

function checkByteItems(where: string, dtype: string, items: Uint8Array): Uint8Array {
  const at = dtype === "BOOL" ? items.findIndex((x) => x > 1) : -1;
  if (at >= 0) {
    throw new RangeError(`${where}: entry ${at} of a BOOL must be 0 or 1; got ${items[at]}`);
  }
  return items;
}
