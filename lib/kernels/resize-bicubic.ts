import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * An image channel in another size, by bicubic interpolation (双三次補間): CrossViT resizes its input so for each
 * branch.
 *
 *     B[i,j] = Σ_{s,t = −1 … 2} w(y − ⌊y⌋ − s) w(x − ⌊x⌋ − t) A[⌊y⌋ + s, ⌊x⌋ + t]
 *     y = (i + 1/2)·H/H' − 1/2,  x = (j + 1/2)·W/W' − 1/2
 *
 *     A (H, W)   →   B (H', W'),  w as in `bicubicWeight`, rows = H', cols = W'
 *
 * Pixel i covers [i, i + 1] and its value stands in the middle (half-pixel convention), so the corners of the
 * two images coincide. Beyond the edge the edge pixel is repeated. Each result reads 4 × 4 pixels however
 * much the image shrinks: there is no antialiasing. Values may overshoot. The same size gives the same finite
 * numbers. Sums in doubles and rounds once to float32. Cost: 4(H·W' + H'·W') multiply-adds.
 * Errors: RangeError unless A has a pixel and `rows` and `cols` are integers ≥ 1.
 * Source: Keys 1981, Eq. 4; a and conventions of `interpolate(mode="bicubic", align_corners=False)` in
 * PyTorch, which IBM/CrossViT calls.
 */
export function resizeBicubic(A: Matrix, rows: number, cols: number): Matrix {
  checkMatrix("resizeBicubic", "A", A);
  checkInteger("resizeBicubic", "A.rows", A.rows, 1);
  checkInteger("resizeBicubic", "A.cols", A.cols, 1);
  checkInteger("resizeBicubic", "rows", rows, 1);
  checkInteger("resizeBicubic", "cols", cols, 1);
  const down = bicubicTaps(A.rows, rows);
  const across = bicubicTaps(A.cols, cols);

  // First along the rows: (H, W').
  const wide = new Float64Array(A.rows * cols);
  for (let i = 0; i < A.rows; i++) {
    for (let j = 0; j < cols; j++) {
      for (let t = 4 * j; t < 4 * j + 4; t++) {
        wide[i * cols + j]! += across.weight[t]! * A.data[i * A.cols + across.from[t]!]!;
      }
    }
  }

  // Then down the columns: (H', W').
  const out = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      let sum = 0;
      for (let s = 4 * i; s < 4 * i + 4; s++) sum += down.weight[s]! * wide[down.from[s]! * cols + j]!;
      out[i * cols + j] = sum;
    }
  }
  return { rows, cols, data: out };
}

/**
 * For each of `after` pixels the four pixels that it is made of, and their weights (補間の重み).
 *
 *     before, after: two lengths   →   4·after places in [0, before − 1] and 4·after weights
 */
function bicubicTaps(before: number, after: number): { from: Int32Array; weight: Float64Array } {
  const from = new Int32Array(4 * after);
  const weight = new Float64Array(4 * after);
  for (let i = 0; i < after; i++) {
    const y = ((i + 0.5) * before) / after - 0.5;
    const floor = Math.floor(y);
    for (let s = -1; s <= 2; s++) {
      from[4 * i + s + 1] = Math.min(Math.max(floor + s, 0), before - 1);
      weight[4 * i + s + 1] = bicubicWeight(y - floor - s);
    }
  }
  return { from, weight };
}

/**
 * The weight of a pixel at distance z (双三次補間の核).
 *
 *     w(z) = (a + 2)|z|³ − (a + 3)z² + 1    for |z| ≤ 1          (1)
 *     w(z) = a|z|³ − 5az² + 8a|z| − 4a      for 1 < |z| ≤ 2      (2)
 *
 *     z, a number with |z| ≤ 2   →   w(z), a number;   a = −3/4
 */
function bicubicWeight(z: number): number {
  const a = -0.75;
  const r = Math.abs(z);
  if (r <= 1) return ((a + 2) * r - (a + 3)) * r * r + 1; //    (1)
  return ((a * r - 5 * a) * r + 8 * a) * r - 4 * a; //          (2)
}
