import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, fromFunction } from "../matrix.ts";
import { add, scale } from "../kernels/entrywise.ts";
import { maskRows } from "../kernels/rows.ts";
import { negativeLogShares } from "../kernels/cross-entropy-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/** The class that each row should name; undefined where the row has none and does not count. */
export type Targets = readonly (number | undefined)[];

/**
 * Cross-entropy after a softmax, and its gradient (ソフトマックスと交差エントロピー).
 *
 *     loss_t = −log softmax(X[t,·])[target_t]                           (1)
 *     loss   = (1/N) Σ_t loss_t, over the N rows that have a target     (2)
 *     dX[t,·] = (softmax(X[t,·]) − onehot(target_t)) / N                (3)
 *
 *     X (n, m) logits   targets: n classes in 0 … m − 1, or undefined   →   loss, dX (n, m)
 *
 * The logarithm is taken of the sum of exponentials after the maximum is subtracted, so that no loss
 * overflows. A row without a target gives zeros. No targets at all: loss 0.
 * Errors: RangeError unless there is a target, or undefined, for each row.
 */
export function crossEntropyGradient(X: Matrix, targets: Targets): { loss: number; dX: Matrix } {
  checkMatrix("crossEntropyGradient", "X", X, { rows: targets.length });
  Array.from(targets).forEach((target, t) => {
    if (target !== undefined) {
      checkInteger("crossEntropyGradient", `targets[${t}]`, target, 0, X.cols - 1);
    }
  });
  const N = Math.max(1, targets.filter((target) => target !== undefined).length);
  const losses = negativeLogShares(X, targets); //                                        (1) n numbers
  const loss = losses.reduce((sum, each) => sum + each, 0) / N; //                        (2)
  const P = maskRows(softmaxRows(X), (t) => targets[t] !== undefined);
  const minusOneHot = fromFunction(X.rows, X.cols, (t, c) => (targets[t] === c ? -1 : 0));
  const dX = scale(add(P, minusOneHot), 1 / N); //                                        (3) (n, m)
  return { loss, dX };
}
