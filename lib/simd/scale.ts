import type { Matrix } from "../matrix.ts";
import type { Routine, Routines } from "./wasm.ts";
import { checkMatrix } from "../matrix.ts";
import { compile, f32x4, f64x2, loop, routine, set } from "./wasm.ts";
import { scratch, scratchMemory } from "./scratch.ts";

/** The code of A[e] ← factor · A[e] for the numbers A … end, in doubles; the factor is a double too. */
export const scaleLoop: Routine = routine(3, (make, A, end, factor) => {
  const [x, low, high] = [make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const f = make("f32x4");
  return [
    set(f, f64x2.loadSplat(factor)),
    loop(A, end, 16, [
      set(x, f32x4.load(A)),
      set(low, f64x2.narrow(f64x2.mul(f64x2.low(x), f))),
      set(high, f64x2.narrow(f64x2.mul(f64x2.high(x), f))),
      f32x4.store(A, f32x4.shuffle(low, high, [0, 1, 4, 5])),
    ]),
  ];
});

const scaleRoutines: Routines<"multiply"> = compile({ multiply: scaleLoop }, scratchMemory);

/**
 * Every entry times one number (スカラー倍), two numbers at a time.
 *
 *     B[i,j] = factor · A[i,j]
 *
 *     A (n, m)   factor, a number   →   B (n, m)
 *
 * Lanes: two doubles, so that the product is rounded once: the bits are those of the textbook's form, `scale`
 * of kernels/entrywise.ts. The numbers pass through the memory 32 KiB at a time. Cost: n·m multiplications.
 * Errors: TypeError unless `factor` is a number.
 */
export function scale(A: Matrix, factor: number): Matrix {
  checkMatrix("scale", "A", A);
  if (typeof factor !== "number") {
    throw new TypeError(`scale: factor must be a number; got ${typeof factor}`);
  }
  const { rows, cols, data } = A;
  const B = new Float32Array(data.length);
  const block = 8192;
  const first = 4; // the factor stands before the numbers
  const memory = scratch(first + Math.min(block, data.length) + 4);
  new Float64Array(memory.buffer, 0, 1)[0] = factor;
  for (let e = 0; e < data.length; e += block) {
    const some = Math.min(block, data.length - e);
    memory.set(data.subarray(e, e + some), first);
    scaleRoutines.multiply(4 * first, 4 * (first + some), 0);
    B.set(memory.subarray(first, first + some), e);
  }
  return { rows, cols, data: B };
}
