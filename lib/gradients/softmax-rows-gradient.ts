import type { Matrix } from "../matrix.ts";
import { checkShapes } from "../matrix.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Softmax by rows, backwards (ソフトマックスの逆伝播): what a change of each score does to the loss.
 *
 *     A[i,·]  = softmax(S[i,·])                                         (1)
 *     dS[i,j] = A[i,j] (dA[i,j] − Σ_j' A[i,j'] dA[i,j'])                (2)
 *
 *     S (n, m) scores   dA (n, m) gradient of the weights   →   dS (n, m)
 *
 * Where one weight is 1, all of dS is 0: a saturated softmax no longer learns. A score of −∞ gets exactly 0,
 * and a row of −∞ alone gives zeros. Cost: n·m exponentials and 3·n·m multiply-adds.
 * Errors: RangeError unless S and dA have one shape.
 * Source: the Jacobian ∂A_j/∂S_k = A_j (δ_jk − A_k); Bridle 1990.
 */
export function softmaxRowsGradient(S: Matrix, dA: Matrix): Matrix {
  checkShapes("softmaxRowsGradient", { S: [S, "n", "m"], dA: [dA, "n", "m"] });
  const A = softmaxRows(S); //                     (1) (n, m)
  return softmaxGradientRows(A, dA); //            (2) (n, m)
}
