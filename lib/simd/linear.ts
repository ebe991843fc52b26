import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { panelProduct } from "./product.ts";

/**
 * Linear map of every row (線形写像), four numbers at a time.
 *
 *     Y = X W + b,  without b where there is none
 *
 *     X (n, d_in)   W (d_in, d_out)   b (1, d_out)   →   Y (n, d_out)
 *
 * Lanes: four columns of Y. b stands in the rows of Y before the products are added to them: it costs no pass
 * of its own. Sums in float32: error under 1e-6 of the largest |b[j]| + Σ_k |X[i,k] W[k,j]|.
 * Cost: n·d_in·d_out multiply-adds. The textbook's form: `linear` of kernels/linear.ts.
 * Errors: RangeError unless X has W's rows as columns and b is one row of W's columns.
 */
export function linear(X: Matrix, W: Matrix, b?: Matrix | undefined): Matrix {
  checkMatrix("linear", "W", W);
  checkMatrix("linear", "X", X, { cols: W.rows });
  if (b !== undefined) checkMatrix("linear", "b", b, { rows: 1, cols: W.cols });
  return panelProduct(X, W, { start: b?.data });
}
