/** Why √d: scores of unit Gaussians in d features, and what the softmax makes of them. */
import type { Matrix } from "../../../lib/matrix.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { fromFunction, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";

export type Divisor = "none" | "root" | "width";

export const DIVISORS: readonly Divisor[] = ["none", "root", "width"];

export interface RootModel {
  /** q · k for each key, before any division. */
  readonly raw: readonly number[];
  readonly scores: Readonly<Record<Divisor, readonly number[]>>;
  readonly shares: Readonly<Record<Divisor, readonly number[]>>;
  /** The standard deviation of q · k over many keys: about √d. */
  readonly spread: number;
}

const ROOT_KEYS = 10;
const MANY = 400;

/** One query and ten keys of d numbers each, of mean 0 and variance 1. */
export function rootModel(d: number, seed: number): RootModel {
  const normal = gaussian(randomGenerator(seed));
  const q = fromFunction(1, d, normal);
  const K = fromFunction(ROOT_KEYS, d, normal);
  const many = fromFunction(MANY, d, normal);
  const Q = fromFunction(MANY, d, normal);
  const raw = Array.from(matmulTransposed(q, K).data);
  const factors: Readonly<Record<Divisor, number>> = { none: 1, root: 1 / Math.sqrt(d), width: 1 / d };
  const weights = (name: Divisor): Matrix =>
    new ScaledDotProductAttention({ scale: factors[name] }).forward(q, K, K).weights;
  const each = <T>(make: (name: Divisor) => T): Record<Divisor, T> => ({
    none: make("none"),
    root: make("root"),
    width: make("width"),
  });
  const dots = Array.from({ length: MANY }, (_, n) => {
    let sum = 0;
    for (let c = 0; c < d; c++) sum += Q.data[n * d + c]! * many.data[n * d + c]!;
    return sum;
  });
  return {
    raw,
    scores: each((name) => raw.map((s) => s * factors[name])),
    shares: each((name) => Array.from(weights(name).data)),
    spread: Math.sqrt(dots.reduce((sum, s) => sum + s * s, 0) / MANY),
  };
}
