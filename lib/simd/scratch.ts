import type { LinearMemory } from "./wasm.ts";
import { newMemory } from "./wasm.ts";

/**
 * The one memory that the vector kernels compute in (作業用メモリー).
 *
 * It is scratch of the call in progress, like an array that a kernel makes: no number in it outlives the
 * call, and no view of it is kept, for growing takes the old buffer away. It grows to the largest call so far
 * and never shrinks. Kernels take operands over 64 MiB part by part.
 */
export const scratchMemory: LinearMemory = newMemory();

/** The most bytes of one operand that stand in the scratch memory at a time: 64 MiB. */
export const LARGEST_OPERAND = 67108864;

/**
 * The scratch memory as float32 numbers, at least so many. Errors: RangeError where the platform has no more
 * memory.
 */
export function scratch(numbers: number): Float32Array {
  const missing = Math.ceil((4 * numbers - scratchMemory.buffer.byteLength) / 65536);
  if (missing > 0) scratchMemory.grow(missing);
  return new Float32Array(scratchMemory.buffer);
}

/**
 * Copies columns first … end − 1 of rows of `cols` numbers into the memory at number `to`, `width` numbers
 * apart. Between two rows stands `padding`.
 */
export function fillRows(
  memory: Float32Array,
  to: number,
  rows: Float32Array,
  cols: number,
  width: number,
  padding: number = 0,
  first: number = 0,
  end: number = cols,
): void {
  if (end - first === width && cols === width) {
    memory.set(rows, to);
    return;
  }
  for (let from = 0, at = to; from < rows.length; from += cols, at += width) {
    memory.set(rows.subarray(from + first, from + end), at);
    memory.fill(padding, at + end - first, at + width);
  }
}

/**
 * Copies `count` rows that begin `width` numbers apart at number `from` of the memory to columns first … end
 * − 1 of rows of `cols` numbers, from number `to` of `out` on.
 */
export function takeRows(
  memory: Float32Array,
  from: number,
  width: number,
  count: number,
  out: Float32Array,
  to: number,
  cols: number,
  first: number = 0,
  end: number = cols,
): void {
  if (end - first === width && cols === width) {
    out.set(memory.subarray(from, from + count * width), to);
    return;
  }
  for (let r = 0; r < count; r++) {
    const at = from + r * width;
    out.set(memory.subarray(at, at + end - first), to + r * cols + first);
  }
}
