import type { Matrix } from "../matrix.ts";
import { checkFunction } from "../matrix.ts";

/**
 * Called with each layer's attention weights as they are computed: a name and one matrix per head.
 * Nothing is kept. Attention along a graph gives `GraphWeights` in place of matrices; `toDense` makes a
 * Matrix of one.
 */
export type WeightsListener<Weights = Matrix> = (name: string, weights: readonly Weights[]) => void;

/** Throws unless `onWeights` is a function or absent: a record that holds one would never be called. */
export function checkListener(where: string, onWeights: unknown): void {
  if (onWeights === undefined) return;
  checkFunction(where, "onWeights", onWeights, "(name, weights) => void");
}

/**
 * The same listener with a prefix before each name (名前の接頭辞): "self" becomes "blocks[3].self".
 * undefined stays undefined.
 */
export function withPrefix<Weights = Matrix>(
  onWeights: WeightsListener<Weights> | undefined,
  prefix: string,
): WeightsListener<Weights> | undefined {
  return onWeights && ((name, weights) => onWeights(`${prefix}.${name}`, weights));
}
