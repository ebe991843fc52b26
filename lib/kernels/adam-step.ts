import type { Matrix } from "../matrix.ts";
import { checkFinite, checkMatrix, checkOptions } from "../matrix.ts";

/** The numbers of one step: β_1, β_2, 1 − β_1ᵗ, 1 − β_2ᵗ, ε, λ and the learning rate η. */
export interface AdamStep {
  readonly beta1: number;
  readonly beta2: number;
  readonly correction1: number;
  readonly correction2: number;
  readonly eps: number;
  readonly decay: number;
  readonly rate: number;
}

/**
 * One step of AdamW for one matrix (AdamW の一歩), in place.
 *
 *     m ← β_1 m + (1 − β_1) g,  v ← β_2 v + (1 − β_2) g²
 *     w ← w − η ((m / (1 − β_1ᵗ)) / (√(v / (1 − β_2ᵗ)) + ε) + λ w)
 *
 *     w, m, v, g of one shape; w, m and v are written
 *
 * Computes in doubles and rounds once to float32 when storing. It writes what it was given, which no other
 * kernel does.
 * Errors: RangeError unless the four matrices have one shape.
 */
export function adamStep(
  weights: { readonly w: Matrix; readonly m: Matrix; readonly v: Matrix },
  g: Matrix,
  step: AdamStep,
): void {
  checkOptions("adamStep", weights, ["w", "m", "v"], "weights");
  const { w, m, v } = weights;
  checkOptions("adamStep", step, ["beta1", "beta2", "correction1", "correction2", "eps", "decay", "rate"], "step");
  const { beta1, beta2, correction1, correction2, eps, decay, rate } = step;
  for (const name of ["beta1", "beta2", "correction1", "correction2", "eps", "decay", "rate"] as const) {
    checkFinite("adamStep", name, step[name]);
  }
  checkMatrix("adamStep", "w", w);
  checkMatrix("adamStep", "m", m, w);
  checkMatrix("adamStep", "v", v, w);
  checkMatrix("adamStep", "g", g, w);
  for (let e = 0; e < w.data.length; e++) {
    const gradient = g.data[e]!;
    const mean = beta1 * m.data[e]! + (1 - beta1) * gradient;
    const square = beta2 * v.data[e]! + (1 - beta2) * gradient * gradient;
    const direction = mean / correction1 / (Math.sqrt(square / correction2) + eps);
    m.data[e] = mean;
    v.data[e] = square;
    w.data[e] = w.data[e]! - rate * (direction + decay * w.data[e]!);
  }
}
