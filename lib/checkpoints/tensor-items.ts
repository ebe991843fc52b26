import { decodeFloat16, encodeFloat16 } from "./float16.ts";
import { decodeInt64, encodeInt64 } from "./int64.ts";
import { quote } from "./json-reader.ts";

/** The number types of a tensor (データ型) that are read and written. */
export type Dtype = "F64" | "I64" | "F32" | "I32" | "F16" | "U8" | "BOOL";

/**
 * The numbers of a tensor: F32 and F16 as a Float32Array, F64 and I64 as a Float64Array, I32 as an
 * Int32Array, U8 and BOOL (0 or 1) as a Uint8Array.
 */
export type Items = Float32Array | Float64Array | Int32Array | Uint8Array;

const WIDTHS: ReadonlyMap<string, number> = new Map([
  ["F64", 8],
  ["I64", 8],
  ["F32", 4],
  ["I32", 4],
  ["F16", 2],
  ["U8", 1],
  ["BOOL", 1],
]);
const KINDS: ReadonlyMap<string, string> = new Map([
  ["F64", "Float64Array"],
  ["I64", "Float64Array"],
  ["F32", "Float32Array"],
  ["I32", "Int32Array"],
  ["F16", "Float32Array"],
  ["U8", "Uint8Array"],
  ["BOOL", "Uint8Array"],
]);
const OTHER_DTYPES: readonly string[] = [
  "U64",
  "C64",
  "U32",
  "BF16",
  "I16",
  "U16",
  "I8",
  "F8_E4M3",
  "F8_E5M2",
  "F8_E8M0",
  "F6_E2M3",
  "F6_E3M2",
  "F4",
];

/** The bytes that one item takes. Errors: RangeError for a dtype that is not a Dtype. */
export function itemWidth(where: string, dtype: string): number {
  const width = WIDTHS.get(dtype);
  if (width !== undefined) return width;
  const got = typeof dtype === "string" ? quote(dtype) : kindOf(dtype);
  const note =
    OTHER_DTYPES.indexOf(dtype) >= 0 ? ", which the format knows but this library does not read" : "";
  throw new RangeError(
    `${where}: dtype must be one of ${Array.from(WIDTHS.keys()).join(", ")}; got ${got}${note}`,
  );
}

/**
 * How many items a shape holds. Errors: RangeError unless its sizes are integers ≥ 0 whose product, zeros
 * left out, is below 2⁵³.
 */
export function itemCount(where: string, shape: readonly number[]): number {
  let product = 1; // zeros are left out, so that an empty tensor cannot hide an absurd shape
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
 * The numbers that little-endian bytes stand for: a copy. Errors: RangeError for a BOOL that is not 0 or 1,
 * or an I64 that no double holds.
 */
export function decodeItems(where: string, dtype: Dtype, bytes: Uint8Array): Items {
  if (dtype === "F16") return decodeFloat16(bytes);
  if (dtype === "I64") return decodeInt64(where, bytes);
  const { buffer } = littleEndian(bytes, itemWidth(where, dtype));
  if (dtype === "F32") return new Float32Array(buffer);
  if (dtype === "F64") return new Float64Array(buffer);
  if (dtype === "I32") return new Int32Array(buffer);
  return checkByteItems(where, dtype, new Uint8Array(buffer));
}

/**
 * The little-endian bytes of numbers. Errors: TypeError for the wrong kind of array, RangeError as in
 * `decodeItems`.
 */
export function encodeItems(where: string, dtype: Dtype, items: Items): Uint8Array {
  checkItemsKind(where, dtype, items);
  if (dtype === "F16") return encodeFloat16(items as Float32Array);
  if (dtype === "I64") return encodeInt64(where, items as Float64Array);
  if (dtype === "BOOL") checkByteItems(where, dtype, items as Uint8Array);
  return littleEndian(
    new Uint8Array(items.buffer, items.byteOffset, items.byteLength),
    itemWidth(where, dtype),
  );
}

/** Throws unless `items` is the kind of array that holds this dtype. */
export function checkItemsKind(where: string, dtype: Dtype, items: Items): void {
  const kind = KINDS.get(dtype)!;
  if (kindOf(items) !== kind) {
    throw new TypeError(`${where}: data of ${dtype} must be of kind ${kind}; got ${kindOf(items)}`);
  }
}

/**
 * A copy of items of `width` bytes, turned from little-endian to the machine's order or back (エンディアン).
 *
 * Bytes move, not numbers: a NaN keeps every bit, and any alignment will do.
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

/**
 * The kind of a value, also of another realm (an iframe, a test runner's sandbox), where `instanceof` fails.
 */
export function kindOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** Numbers for a message, cut short when many. */
export function listed(numbers: readonly number[]): string {
  return `[${numbers.slice(0, 8).join(", ")}${numbers.length > 8 ? ", …" : ""}]`;
}

function checkByteItems(where: string, dtype: Dtype, items: Uint8Array): Uint8Array {
  const at = dtype === "BOOL" ? items.findIndex((x) => x > 1) : -1;
  if (at >= 0) throw new RangeError(`${where}: entry ${at} of a BOOL must be 0 or 1; got ${items[at]}`);
  return items;
}
