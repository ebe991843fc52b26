/** What the trained models have in common: rows for symbols and places, and the way back into the tables. */
import type { Matrix, Random } from "../../lib/matrix.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { embeddingGradient } from "../../lib/gradients/embedding-gradient.ts";
import { fromFunction, gaussian } from "../../lib/matrix.ts";
import { gatherRows } from "../../lib/kernels/rows.ts";

/** A table (rows, d) of fresh rows from N(0, 1/d): each about as long as 1. */
export function table(rows: number, d: number, random: Random): Matrix {
  const normal = gaussian(random);
  return fromFunction(rows, d, () => normal() / Math.sqrt(d));
}

/**
 * A table (rows, d) of waves, from which neighbouring places are easy to find: sines and cosines of lengths
 * from 2π to about 1,300 places, about as long as 1 in all. exp and log in place of a power, whose bits
 * differ between engines.
 */
export function waves(rows: number, d: number): Matrix {
  return fromFunction(rows, d, (p, c) => {
    const angle = p / Math.exp(((c - (c % 2)) / d) * Math.log(200));
    return (c % 2 === 0 ? Math.sin(angle) : Math.cos(angle)) * Math.sqrt(2 / d);
  });
}

/** The places 0 … n − 1. */
export function places(n: number): number[] {
  return Array.from({ length: n }, (_, t) => t);
}

/** X[t,·] = symbols[tokens[t],·] + positions[t,·]. */
export function embed(symbols: Matrix, positions: Matrix, tokens: readonly number[]): Matrix {
  return add(gatherRows(symbols, tokens), gatherRows(positions, places(tokens.length)));
}

/** What the two tables of `embed` receive from dX. */
export function embedGradient(
  symbols: Matrix,
  positions: Matrix,
  tokens: readonly number[],
  dX: Matrix,
): { symbols: Matrix; positions: Matrix } {
  return {
    symbols: embeddingGradient(symbols, tokens, dX),
    positions: embeddingGradient(positions, places(tokens.length), dX),
  };
}

/** How many rows of logits have their largest number at the target; rows without a target do not count. */
export function rightAnswers(logits: Matrix, targets: readonly (number | undefined)[]): number {
  const best = argmaxRows(logits);
  return targets.reduce<number>(
    (sum, target, t) => sum + (target === undefined ? 0 : best.data[t * logits.cols + target]!),
    0,
  );
}

/** An integer in [0, n − 1]. */
export function below(n: number, random: Random): number {
  return Math.floor(random() * n);
}
