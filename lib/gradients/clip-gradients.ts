import type { Matrix } from "../matrix.ts";
import { checkFinite } from "../matrix.ts";
import { scale, squaredNorm } from "../kernels/entrywise.ts";

/**
 * All gradients, shortened together where they are too long (勾配のクリッピング).
 *
 *     ‖g‖ = √(Σ of the squares of all numbers of all gradients)         (1)
 *     g ← g · limit / ‖g‖  if ‖g‖ > limit                                (2)
 *
 *     gradients: name → matrix   →   new gradients, and ‖g‖ before
 *
 * The direction stays; one step over a steep place cannot undo many. Errors: RangeError unless limit is
 * finite and > 0.
 * Source: Pascanu, Mikolov and Bengio 2013, Algorithm 1, arXiv 1211.5063.
 */
export function clipGradients(
  gradients: ReadonlyMap<string, Matrix>,
  limit: number,
): { gradients: ReadonlyMap<string, Matrix>; norm: number } {
  checkFinite("clipGradients", "limit", limit, 0);
  let squares = 0;
  gradients.forEach((g) => (squares += squaredNorm(g)));
  const norm = Math.sqrt(squares); //                                      (1)
  if (norm <= limit) return { gradients, norm };
  const shorter = new Map<string, Matrix>();
  gradients.forEach((g, name) => shorter.set(name, scale(g, limit / norm))); // (2)
  return { gradients: shorter, norm };
}
