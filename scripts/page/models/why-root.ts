/** Scores of vectors of d random numbers, before and after a division. */
import type { Matrix } from "../../../lib/matrix.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { concatRows } from "../../../lib/kernels/rows.ts";
import { fromFunction, gaussian, matrix, randomGenerator } from "../../../lib/matrix.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";

/** What a score is divided by: nothing, √d, or d. */
export const ROOT_DIVISORS = ["none", "root", "width"] as const;
export type RootDivisor = (typeof ROOT_DIVISORS)[number];

export const ROOT_KEYS = 12;

/** The widths of the slider: 2⁰ to 2¹⁰. */
export const ROOT_POWERS = 10;

/** How many draws each point of the curve is the mean of. */
const ROOT_DRAWS = 12;

export interface RootModel {
  readonly d: number;
  /** The scores q·k_j. */
  readonly raw: readonly number[];
  /** The weights after each division (3, 12). */
  readonly map: Matrix;
  /** The standard deviation of the scores. */
  readonly spread: number;
}

/** The divisor as a number. */
export function rootDivisor(name: RootDivisor, d: number): number {
  if (name === "none") return 1;
  return name === "root" ? Math.sqrt(d) : d;
}

/** One query and twelve keys of d independent normal numbers. */
export function rootModel(power: number, seed: number): RootModel {
  const d = 2 ** power;
  const normal = gaussian(randomGenerator(seed));
  const [Q, K] = [fromFunction(1, d, normal), fromFunction(ROOT_KEYS, d, normal)];
  const V = matrix(ROOT_KEYS, 1);
  const rows = ROOT_DIVISORS.map(
    (name) => new ScaledDotProductAttention({ scale: 1 / rootDivisor(name, d) }).forward(Q, K, V).weights,
  );
  const raw = Array.from(matmulTransposed(Q, K).data);
  return { d, raw, map: concatRows(rows), spread: spreadOf(raw) };
}

/** The standard deviation about the mean. */
export function spreadOf(list: readonly number[]): number {
  const mean = list.reduce((a, x) => a + x, 0) / list.length;
  return Math.sqrt(list.reduce((a, x) => a + (x - mean) * (x - mean), 0) / list.length);
}

const rootCurvesKnown = new Map<number, Readonly<Record<RootDivisor, readonly number[]>>>();

/** The largest share at each width and division, the mean of some draws. */
export function rootCurves(seed: number): Readonly<Record<RootDivisor, readonly number[]>> {
  const known = rootCurvesKnown.get(seed);
  if (known !== undefined) return known;
  const meanAt = (power: number): number[] => {
    const sums = ROOT_DIVISORS.map(() => 0);
    for (let draw = 0; draw < ROOT_DRAWS; draw++) {
      const { map } = rootModel(power, 1000 * (draw + 1) + seed);
      sums.forEach((sum, n) => {
        sums[n] = sum + Math.max(...map.data.subarray(n * ROOT_KEYS, (n + 1) * ROOT_KEYS));
      });
    }
    return sums.map((sum) => sum / ROOT_DRAWS);
  };
  const all = Array.from({ length: ROOT_POWERS + 1 }, (_, power) => meanAt(power));
  const made = { none: all.map(([none]) => none!), root: all.map(([, root]) => root!), width: all.map(([, , width]) => width!) };
  rootCurvesKnown.set(seed, made);
  return made;
}
