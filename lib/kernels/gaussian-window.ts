import type { Matrix } from "../matrix.ts";
import { checkFinite, checkInteger, checkMatrix, zeros } from "../matrix.ts";

/**
 * A bell around each row's own centre (ガウス窓): 1 at the centre, falling off to both sides.
 *
 *     G[i,j] = exp(−(j − p[i])² / (2σ²))
 *
 *     p (n, 1) centres, any real numbers   →   G (n, keys), not normalised, one column for each of the keys
 *
 * Rounds once to float32. A centre that is NaN makes its own row NaN.
 * Errors: RangeError unless p has one column, `keys` is an integer ≥ 0, and σ is finite and > 0.
 */
export function gaussianWindow(p: Matrix, keys: number, sigma: number): Matrix {
  checkMatrix("gaussianWindow", "p", p, { cols: 1 });
  checkInteger("gaussianWindow", "keys", keys, 0);
  checkFinite("gaussianWindow", "sigma", sigma, 0);
  const out = zeros("gaussianWindow", p.rows, keys);
  for (let i = 0, e = 0; i < p.rows; i++) {
    for (let j = 0; j < keys; j++, e++) {
      const far = (j - p.data[i]!) / sigma;
      out[e] = Math.exp((-far * far) / 2);
    }
  }
  return { rows: p.rows, cols: keys, data: out };
}

/**
 * A mask of the keys within a distance of each row's centre (窓の内側), for `maskScores`.
 *
 *     allow(i, j) = |j − p[i]| ≤ radius
 *
 *     p (n, 1) centres, any real numbers   →   a function of query i and key j
 *
 * A centre that is NaN allows nothing. Errors: RangeError unless p has one column and `radius` is finite.
 */
export function withinWindow(p: Matrix, radius: number): (i: number, j: number) => boolean {
  checkMatrix("withinWindow", "p", p, { cols: 1 });
  checkFinite("withinWindow", "radius", radius);
  return (i, j) => Math.abs(j - p.data[i]!) <= radius;
}
