import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Windowed weights seen from their keys (窓の転置): a band along the diagonal, transposed, is a band again.
 *
 *     B[j,m] = A[j−r+m, 2r−m],  m = 0 … 2r;  0 where there is no such row
 *
 *     A (T, 2r + 1), slot m of row t stands for key t − r + m   →   B (T, 2r + 1), slot m of row j for query j − r + m
 *
 * What A says of keys beyond the ends is gone. With it, a sum over the queries of a key is a `windowMix`.
 * Errors: RangeError unless A has an odd number of columns.
 */
export function transposeWindow(A: Matrix): Matrix {
  checkMatrix("transposeWindow", "A", A);
  const { rows: T, cols: slots } = A;
  const radius = (slots - 1) / 2;
  checkInteger("transposeWindow", "(A.cols − 1) / 2", radius, 0);
  const data = new Float32Array(T * slots);
  for (let j = 0; j < T; j++) {
    const last = Math.min(slots - 1, T - 1 - j + radius);
    for (let m = Math.max(0, radius - j); m <= last; m++) {
      data[j * slots + m] = A.data[(j - radius + m) * slots + slots - 1 - m]!;
    }
  }
  return { rows: T, cols: slots, data };
}
