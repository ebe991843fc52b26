/**
 * 64-bit integers (little-endian) as doubles, which hold those up to 2⁵³ − 1 exactly (64ビット整数).
 *
 * Errors: RangeError, prefixed by `where`, at one that does not fit: rounding an identifier would make it
 * another one.
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
      throw new RangeError(
        `${where}: entry ${i} must be in ±(2^53 − 1), where doubles are exact; got ${digits}`,
      );
    }
    values[i] = value;
  }
  return values;
}

/**
 * Doubles that are integers, as 64-bit little-endian ones. Errors: RangeError at one that is not an integer
 * in ±(2⁵³ − 1).
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
 * high · 2³² + low in decimal digits, exactly, also beyond what one double holds: the last six digits are
 * divided off by hand.
 */
export function decimal64(high: number, low: number): string {
  const million = 1000000;
  const carry = (high % million) * 4294967296 + low; // below 2⁵³
  const last = carry % million;
  const head = ((high - (high % million)) / million) * 4294967296 + (carry - last) / million;
  return head === 0 ? String(last) : String(head) + `00000${last}`.slice(-6);
}
