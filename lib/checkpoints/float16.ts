/**
 * Numbers from their 16-bit floating-point form (半精度浮動小数点数), two little-endian bytes each.
 *
 *     x = (−1)^s · (1024 + m) · 2^(e − 25)   e = 1 … 30
 *     x = (−1)^s · m · 2^(−24)               e = 0: zeros and subnormals
 *
 *     s the sign, 1 bit; e the exponent, 5 bits; m the mantissa, 10 bits
 *
 * Every number is exact in float32. e = 31 is ±∞ with m = 0, else NaN, whose bits m are kept.
 * Source: IEEE 754-2019 §3.4, binary16.
 */
export function decodeFloat16(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = new Float32Array(bytes.length >> 1);
  const words = new Uint32Array(values.buffer);
  // A table of powers: 7 × one Math.pow for each number.
  const powers = Array.from({ length: 31 }, (_, e) => Math.pow(2, Math.max(e, 1) - 25));
  for (let i = 0; i < values.length; i++) {
    const half = view.getUint16(2 * i, true);
    const sign = half >> 15;
    const e = (half >> 10) & 31;
    const m = half & 1023;
    if (e === 31) words[i] = ((sign << 31) | 0x7f800000 | (m << 13)) >>> 0;
    else values[i] = (sign === 1 ? -1 : 1) * (e === 0 ? m : 1024 + m) * powers[e]!;
  }
  return values;
}

/**
 * The 16-bit form of float32 numbers (半精度への丸め), rounded to nearest, ties to even.
 *
 * Numbers from 65520 on, halfway past the largest 65504, become ∞. Numbers below 2⁻¹⁴ lose bits, and up to
 * 2⁻²⁵ all of them, but keep the sign.
 * Source: IEEE 754-2019 §4.3.1.
 */
export function encodeFloat16(values: Float32Array): Uint8Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const sign = (words[i]! >>> 16) & 0x8000;
    const size = words[i]! & 0x7fffffff;
    let half: number;
    if (size > 0x7f800000) {
      half = 0x7c00 | ((size >> 13) & 1023 || 512); // NaN: m = 0 would mean ∞
    } else if (size < 0x38800000) {
      // Below 2⁻¹⁴ the form counts steps of 2⁻²⁴. Doubles from 2⁵² on are whole, so adding 2⁵² rounds.
      half = Math.abs(values[i]!) * 16777216 + 4503599627370496 - 4503599627370496;
    } else {
      // The exponent's bias goes from 127 to 15; half a step is added, a hair less if the number is even.
      const rounded = (size - 0x38000000 + 0xfff + ((size >> 13) & 1)) >> 13;
      half = Math.min(0x7c00, rounded);
    }
    view.setUint16(2 * i, sign | half, true);
  }
  return bytes;
}
