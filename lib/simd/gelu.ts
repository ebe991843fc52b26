import type { Code, Routine, Routines } from "./wasm.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { compile, f32x4, loop, routine, set } from "./wasm.ts";
import { exponential } from "./exponential.ts";
import { scratch, scratchMemory } from "./scratch.ts";

/** The coefficients of the polynomial P, the highest power of t first. */
const GELU_POLYNOMIAL: readonly number[] = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
];

/**
 * The code of GELU for the numbers from p to `end`, a multiple of 16 bytes, in place.
 *
 *     B = x Φ(x),  Φ(x) = 1 − Φ(−x)                                               (1)
 *     Φ(−|x|) = erfc(z) / 2 = t/2 · e^(P(t) − z²),  z = |x|/√2,  t = 1/(1 + z/2)  (2)
 *
 * P is a polynomial of degree 9. Source: Press et al., Numerical Recipes, §6.2, erfcc: within 1.2e-7 of
 * erfc(z), relative to it.
 */
export const geluLoop: Routine = routine(2, (make, p, end) => {
  const [x, z, t, power] = [make("f32x4"), make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const exp = exponential(make);
  const { of, add, sub, mul, div } = f32x4;
  const polynomial = GELU_POLYNOMIAL.slice(1).reduce<Code>(
    (sum, coefficient) => add(mul(sum, t), of(coefficient)),
    of(GELU_POLYNOMIAL[0]!),
  );
  return [
    exp.constants,
    loop(p, end, 16, [
      set(x, f32x4.load(p)),
      set(z, mul(f32x4.abs(x), of(Math.SQRT1_2))),
      set(t, div(of(1), add(of(1), mul(z, of(0.5))))),
      set(power, sub(polynomial, mul(z, z))),
      exp.of(power),
      set(t, mul(mul(t, of(0.5)), power)), //                                       (2) Φ(−|x|)
      set(t, f32x4.select(t, sub(of(1), t), f32x4.less(x, of(0)))), //              (1) Φ(x)
      // Where Φ is 0 the product is too, also at x = −∞, where −∞ · 0 would be NaN.
      f32x4.store(p, f32x4.and(mul(x, t), f32x4.notEqual(t, of(0)))), //            (1)
    ]),
  ];
});

const geluRoutines: Routines<"gelu"> = compile({ gelu: geluLoop }, scratchMemory);

/**
 * Gaussian error linear unit of every entry (GELU, 厳密形), four numbers at a time.
 *
 *     B[i,j] = x Φ(x) = x/2 · (1 + erf(x / √2)),  x = A[i,j]
 *
 *     A (n, m)   →   B (n, m)
 *
 * Lanes: four entries, 32 KiB of them at a time. Computed in float32: error under 1e-6 of |x|, and of the
 * largest value. The textbook's form: `gelu` of kernels/activations.ts, with erf as a series.
 */
export function gelu(A: Matrix): Matrix {
  checkMatrix("gelu", "A", A);
  const B = new Float32Array(A.data.length);
  const memory = scratch(8192);
  for (let e = 0; e < B.length; e += 8192) {
    const part = A.data.subarray(e, e + 8192);
    memory.set(part);
    geluRoutines.gelu(0, 16 * Math.ceil(part.length / 4));
    B.set(memory.subarray(0, part.length), e);
  }
  return { rows: A.rows, cols: A.cols, data: B };
}
