import type { Matrix } from "../matrix.ts";
import { checkShapes } from "../matrix.ts";
import { columnSums } from "../kernels/sums.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { transpose } from "../kernels/transpose.ts";

/** The gradients of Y = X W + b. */
export interface LinearGradient {
  readonly dX: Matrix;
  readonly dW: Matrix;
  readonly db: Matrix;
}

/**
 * Linear map of every row, backwards (線形写像の逆伝播): Y = X W + b.
 *
 *     dX = dY Wᵀ                                                        (1)
 *     dW = Xᵀ dY                                                        (2)
 *     db = Σ_t dY[t,·]                                                  (3)
 *
 *     X (n, d_in)   W (d_in, d_out)   dY (n, d_out)   →   dX (n, d_in), dW (d_in, d_out), db (1, d_out)
 *
 * (2) is computed as the transpose of dYᵀ X by `mix`, so a row of X is read only where dY is not 0: a NaN in
 * a row that the loss does not see reaches no weight. db is there whether or not the map has a bias.
 * Cost: 2·n·d_in·d_out multiply-adds, twice those of the map. Errors: RangeError unless the shapes agree as
 * above.
 */
export function linearGradient(X: Matrix, W: Matrix, dY: Matrix): LinearGradient {
  checkShapes("linearGradient", { X: [X, "n", "d_in"], W: [W, "d_in", "d_out"], dY: [dY, "n", "d_out"] });
  const dX = matmulTransposed(dY, W); //                  (1) (n, d_in)
  const dW = transpose(mix(transpose(dY), X)); //         (2) (d_in, d_out)
  const db = columnSums(dY); //                           (3) (1, d_out)
  return { dX, dW, db };
}
