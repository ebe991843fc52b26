import type { Matrix } from "../matrix.ts";
import { add } from "./entrywise.ts";
import { checkMatrix } from "../matrix.ts";
import { matmul } from "./matmul.ts";

/**
 * Linear map of every row (線形写像).
 *
 *     Y = X W + b,  without b where there is none
 *
 *     X (n, d_in)   W (d_in, d_out)   b (1, d_out)   →   Y (n, d_out)
 *
 * Rounded twice: the product and then the sum. Cost: n·d_in·d_out multiply-adds.
 * Errors: RangeError unless X has W's rows as columns and b is one row of W's columns.
 */
export function linear(X: Matrix, W: Matrix, b?: Matrix | undefined): Matrix {
  checkMatrix("linear", "W", W);
  checkMatrix("linear", "X", X, { cols: W.rows });
  if (b === undefined) return matmul(X, W);
  checkMatrix("linear", "b", b, { rows: 1, cols: W.cols });
  return add(matmul(X, W), b);
}
