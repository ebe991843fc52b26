import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";
import { product } from "./matmul.ts";

/**
 * Linear map of every row (線形写像): Y = X W + b, without b where there is none.  X (n, d_in), W (d_in, d_out), b (1, d_out) → Y (n, d_out).
 * Rounded twice, the product and then the sum. Errors: RangeError unless X has W's rows as columns and b has one row of W's columns.
 */
export function linear(X: Matrix, W: Matrix, b?: Matrix | undefined): Matrix {
  checkMatrix("linear", "W", W);
  checkMatrix("linear", "X", X, { cols: W.rows });
  if (b !== undefined) checkMatrix("linear", "b", b, { rows: 1, cols: W.cols });
  const Y = product(X, W);
  for (let i = 0, e = 0; b !== undefined && i < Y.rows; i++) {
    for (let j = 0; j < Y.cols; j++, e++) Y.data[e] = Y.data[e]! + b.data[j]!;
  }
  return Y;
}
