import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * Cross-entropy of each row's softmax with the class that the row should name (交差エントロピー).
 *
 *     loss[t] = log Σ_c exp(X[t,c] − max_t) − (X[t,target_t] − max_t),  max_t = max_c X[t,c]
 *
 *     X (n, m) logits   targets: n classes, or undefined   →   n losses
 *
 * A row without a target has the loss 0. Computes in doubles and does not round.
 * Errors: RangeError unless each target is a column of X and there are as many as rows.
 */
export function negativeLogShares(X: Matrix, targets: readonly (number | undefined)[]): number[] {
  checkMatrix("negativeLogShares", "X", X, { rows: targets.length });
  const m = X.cols;
  return Array.from(targets, (target, t) => {
    if (target === undefined) return 0;
    checkInteger("negativeLogShares", `targets[${t}]`, target, 0, m - 1);
    let max = -Infinity;
    for (let c = 0; c < m; c++) max = Math.max(max, X.data[t * m + c]!);
    let sum = 0;
    for (let c = 0; c < m; c++) sum += Math.exp(X.data[t * m + c]! - max);
    return Math.log(sum) - (X.data[t * m + target]! - max);
  });
}
