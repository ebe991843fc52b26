import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { panelProduct } from "./product.ts";

/**
 * Weighted sums of the rows of V (重み付き和), four numbers at a time.
 *
 *     O[i,·] = Σ_{j : A[i,j] ≠ 0} A[i,j] V[j,·]
 *
 *     A (n, m) weights   V (m, d)   →   O (n, d)
 *
 * Lanes: four columns of O. Where all of V is finite this is the product, for 0·v is 0. Where it is not, one
 * instruction more makes 0 of what a weight of 0 hides, to the same bits for all else.
 * Sums in float32: error under 1e-6 of the largest Σ_j |A[i,j] V[j,c]|. Cost: n·m·d multiply-adds.
 * The textbook's form: `mix` of kernels/mix.ts. Errors: RangeError unless V has as many rows as A has
 * columns.
 */
export function mix(A: Matrix, V: Matrix): Matrix {
  checkMatrix("mix", "A", A);
  checkMatrix("mix", "V", V, { rows: A.cols });
  return panelProduct(A, V, { hidden: true });
}
