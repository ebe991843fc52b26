/**
 * Numbers from their bfloat16 form (bfloat16 の復号), two little-endian bytes each: the upper half of a float32.
 *
 *     bits(x) = bits(bfloat16) · 2^16
 *
 * Every number is exact in float32, and a NaN keeps its bits.
 * Source: Kalamkar et al. 2019, "A Study of BFLOAT16 for Deep Learning Training" §3, arXiv 1905.12322.
 */
export function decodeBfloat16(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const words = new Uint32Array(bytes.length >> 1);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint16(2 * i, true) << 16;
  return new Float32Array(words.buffer);
}

/**
 * The bfloat16 form of float32 numbers (bfloat16 への丸め), rounded to nearest, ties to even.
 *
 * Numbers from 2¹²⁸ − 2¹¹⁹ on, halfway past the largest, become ∞. A NaN keeps its upper bits and stays a
 * NaN.
 */
export function encodeBfloat16(values: Float32Array): Uint8Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const half = word >>> 16;
    const isNaN = (word & 0x7fffffff) > 0x7f800000;
    // Half a step is added, a hair less if the number is even.
    const rounded = (word + 0x7fff + (half & 1)) >>> 16;
    const quiet = (half & 0x7f) === 0 ? 0x40 : 0; // upper bits that would mean ∞ get one bit more
    view.setUint16(2 * i, isNaN ? half | quiet : rounded, true);
  }
  return bytes;
}
