import type { LinearMemory, Routine } from "../../lib/simd/wasm.ts";
import { compile, f32x4, loop, newMemory, routine, set } from "../../lib/simd/wasm.ts";

/** Sums in registers: with the number that they meet, 15 of the 16 that an x64 has. */
const SUMS = 14;
const TURNS = 100_000;

/** Half of the sums are multiplied and half are added to, four numbers at a time, and nothing is loaded. */
const registers: Routine = routine(1, (make, turns) => {
  const [i, b] = [make("i32"), make("f32x4")] as const;
  const sums = Array.from({ length: SUMS }, () => make("f32x4"));
  return [
    set(b, f32x4.of(1)),
    loop(i, turns, 1, sums.map((sum, n) => set(sum, n % 2 === 0 ? f32x4.mul(sum, b) : f32x4.add(sum, b)))),
    sums.map((sum, n) => f32x4.store(0, sum, 16 * n)), // or the sums would not be computed
  ];
});

/** Multiply-adds of `ceiling`: a pair of vector instructions makes four. */
export const CEILING_MULTIPLY_ADDS = (TURNS * SUMS * 4) / 2;

/**
 * What 128-bit vectors allow without fused multiply-adds: as many multiplications as additions, one beside the
 * other and from registers. A product of matrices, which also loads, cannot be faster.
 */
export function ceiling(): () => void {
  const memory: LinearMemory = newMemory();
  const { run } = compile({ run: registers }, memory);
  return () => run(TURNS);
}
