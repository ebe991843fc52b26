import type { Matrix } from "../matrix.ts";
import type { Routine, Routines } from "./wasm.ts";
import { checkFinite, checkMatrix } from "../matrix.ts";
import { compile, f32x4, f64x2, i32, loop, routine, set } from "./wasm.ts";
import { fillRows, scratch, scratchMemory, takeRows } from "./scratch.ts";

/**
 * The code of a layer norm of the rows X … end, each of `row` bytes, a multiple of 16: in place.
 *
 *     μ_i    = (1/d) Σ_c X[i,c]                                     (1)
 *     σ²_i   = (1/d) Σ_c (X[i,c] − μ_i)²                            (2)
 *     Y[i,c] = γ[c] (X[i,c] − μ_i) / √(σ²_i + ε) + β[c]             (3)
 *
 * `gamma`, `beta` and `there` are rows of as many bytes; `there` is 1 for a column of X and 0 for one that
 * only fills up, so that it adds nothing to (2). 1/d and ε are doubles at `sizes`.
 */
export const normLoop: Routine = routine(7, (make, X, end, row, gamma, beta, there, sizes) => {
  const [p, stop, offset] = [make("i32"), make("i32"), make("i32")] as const;
  const [x, low, high] = [make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const [sum, mean, root] = [make("f32x4"), make("f32x4"), make("f32x4")] as const;
  const { add, sub, mul, div, loadSplat } = f64x2;
  const total = [set(sum, add(sum, f64x2.swap(sum))), set(sum, mul(sum, loadSplat(sizes)))];
  const centre = [
    set(low, sub(f64x2.low(x), mean)),
    set(high, sub(f64x2.high(x), mean)),
  ];
  const column = (parameter: typeof X) => f32x4.load(i32.add(parameter, offset));
  return [
    loop(X, end, row, [
      set(stop, i32.add(X, row)),
      set(sum, f64x2.of(0)),
      set(p, X),
      loop(p, stop, 16, [
        set(x, f32x4.load(p)),
        set(sum, add(sum, add(f64x2.low(x), f64x2.high(x)))),
      ]),
      total,
      set(mean, sum), //                                                             (1)
      set(sum, f64x2.of(0)),
      set(p, X),
      set(offset, 0),
      loop(p, stop, 16, [
        set(x, f32x4.load(p)),
        centre,
        set(x, column(there)),
        set(low, mul(low, f64x2.low(x))),
        set(high, mul(high, f64x2.high(x))),
        set(sum, add(sum, add(mul(low, low), mul(high, high)))),
        set(offset, i32.add(offset, 16)),
      ]),
      total, //                                                                      (2)
      set(root, f64x2.sqrt(add(sum, loadSplat(sizes, 8)))),
      set(p, X),
      set(offset, 0),
      loop(p, stop, 16, [
        set(x, f32x4.load(p)),
        centre,
        set(x, column(gamma)),
        set(low, div(mul(low, f64x2.low(x)), root)), //                              (3)
        set(high, div(mul(high, f64x2.high(x)), root)),
        set(x, column(beta)),
        set(low, f64x2.narrow(add(low, f64x2.low(x)))),
        set(high, f64x2.narrow(add(high, f64x2.high(x)))),
        f32x4.store(p, f32x4.shuffle(low, high, [0, 1, 4, 5])),
        set(offset, i32.add(offset, 16)),
      ]),
    ]),
  ];
});

const normRoutines: Routines<"normalize"> = compile({ normalize: normLoop }, scratchMemory);

/**
 * Each row brought to mean 0 and variance 1 (行ごとの正規化), then stretched and shifted by column, two numbers at
 * a time.
 *
 *     μ_i    = (1/d) Σ_c X[i,c]
 *     σ²_i   = (1/d) Σ_c (X[i,c] − μ_i)²
 *     Y[i,c] = γ[c] (X[i,c] − μ_i) / √(σ²_i + ε) + β[c]
 *
 *     X (n, d)   γ, β (1, d), 1 and 0 where absent   →   Y (n, d)
 *     The variance is the biased one, over d and not d − 1, and ε stands inside the root.
 *
 * Lanes: two doubles, for float32 sums would lose the digits of a row with a large mean. Rounds once to
 * float32: at most one step from the textbook's form, `layerNormRows` of kernels/layer-norm-rows.ts, where β
 * does not cancel. Cost: about 5 additions or multiplications a number.
 * Errors: RangeError unless ε is a finite number > 0 and γ and β are (1, d).
 */
export function layerNormRows(
  X: Matrix,
  eps: number,
  gamma?: Matrix | undefined,
  beta?: Matrix | undefined,
): Matrix {
  checkMatrix("layerNormRows", "X", X);
  checkFinite("layerNormRows", "eps", eps, 0);
  if (gamma !== undefined) checkMatrix("layerNormRows", "gamma", gamma, { rows: 1, cols: X.cols });
  if (beta !== undefined) checkMatrix("layerNormRows", "beta", beta, { rows: 1, cols: X.cols });
  const { rows: n, cols: d } = X;
  const Y = new Float32Array(n * d);
  const width = 4 * Math.ceil(d / 4);
  const block = Math.max(1, Math.floor(8192 / Math.max(1, width)));
  const [there, stretch, shift, rows] = [4, 4 + width, 4 + 2 * width, 4 + 3 * width] as const;
  const memory = scratch(rows + Math.min(n, block) * width);
  new Float64Array(memory.buffer, 0, 2).set([1 / d, eps]);
  memory.fill(1, there, there + d);
  memory.fill(0, there + d, stretch);
  memory.fill(1, stretch, shift);
  memory.fill(0, shift, rows);
  if (gamma !== undefined) memory.set(gamma.data, stretch);
  if (beta !== undefined) memory.set(beta.data, shift);
  for (let i = 0; i < n && d > 0; i += block) {
    const count = Math.min(block, n - i);
    const end = rows + count * width;
    fillRows(memory, rows, X.data.subarray(i * d, (i + count) * d), d, width);
    normRoutines.normalize(4 * rows, 4 * end, 4 * width, 4 * stretch, 4 * shift, 4 * there, 0);
    takeRows(memory, rows, width, count, Y, i * d, d);
  }
  return { rows: n, cols: d, data: Y };
}
