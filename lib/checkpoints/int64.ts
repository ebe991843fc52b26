/**
 * 64-bit little-endian integers as doubles (64ビット整数), which hold integers up to 2⁵³ − 1 exactly.
 *
 * Errors: RangeError, prefixed by `where`, at one beyond: rounding would turn an identifier into another one.
 */
export function decodeInt64(where: string, bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float64Array(bytes.length / 8);
  for (let i = 0; i < values.length; i++) {
    const high = view.getInt32(8 * i + 4, true);
    const low = view.getUint32(8 * i, true);
    const value = high * 4294967296 + low;
    if (!Number.isSafeInteger(value)) {
      const digits = high < 0 ? `-${decimal64(low === 0 ? -high : ~high, -low >>> 0)}` : decimal64(high, low);
      const rule = "must be in ±(2^53 − 1), where doubles are exact";
      throw new RangeError(`${where}: entry ${i} ${rule}; got ${digits}`);
    }
    values[i] = value;
  }
  return values;
}

/**
 * The 64-bit little-endian form of doubles that are integers (64ビット整数への変換).
 *
 * Errors: RangeError, prefixed by `where`, at one that is not an integer in ±(2⁵³ − 1).
 */
export function encodeInt64(where: string, values: Float64Array): Uint8Array {
  const bytes = new Uint8Array(8 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    if (!Number.isSafeInteger(value)) {
      throw new RangeError(`${where}: entry ${i} must be an integer in ±(2^53 − 1); got ${value}`);
    }
    const high = Math.floor(value / 4294967296);
    view.setInt32(8 * i + 4, high, true);
    view.setUint32(8 * i, value - high * 4294967296, true);
  });
  return bytes;
}

/**
 * high · 2³² + low in decimal digits, exactly, also beyond what one double holds.
 * The last six digits are divided off first; the rest fits into a double.
 */
export function decimal64(high: number, low: number): string {
  const million = 1000000;
  const carry = (high % million) * 4294967296 + low; // below 2⁵³
  const last = carry % million;
  const head = ((high - (high % million)) / million) * 4294967296 + (carry - last) / million;
  return head === 0 ? String(last) : String(head) + `00000${last}`.slice(-6);
}
