/** What each mechanism scores and multiplies at a length T, and where the sparse ones become cheaper. */
import { bigBirdPairs } from "../../../lib/models/big-bird-counts.ts";
import { longformerPairs } from "../../../lib/models/longformer-counts.ts";

/** Features of a query, a key and a value; units of the additive layer; rows of structured self-attention. */
export const COST_WIDTH = 64;
const COST_UNITS = 64;
const COST_POOLED = 8;
const COST_HEADS = 8;
const COST_QUERIES = 64;

/** The grid’s pairs as H² + W², where each of H·W cells has H + W keys. */
export type CostWrong = "right" | "squares";

export interface CostSettings {
  /** T is 2 to this power. */
  readonly power: number;
  readonly radius: number;
  readonly globals: number;
  readonly wrong?: CostWrong;
}

export const COST_NAMES = [
  "cat",
  "heads",
  "dot",
  "hard",
  "bilinear",
  "additive",
  "joined",
  "self",
  "causal",
  "bird",
  "longformer",
  "window",
  "axial",
  "factorised",
  "parallel",
  "cross",
  "structured",
  "phrases",
  "token",
] as const;
export type CostName = (typeof COST_NAMES)[number];

export interface CostRow {
  readonly name: CostName;
  readonly pairs: number;
  readonly multiplyAdds: number;
}

/** Pairs of a window of radius r over T places. */
export function pairsOfWindow(T: number, radius: number): number {
  const r = Math.min(radius, T - 1);
  return T * (2 * r + 1) - r * (r + 1);
}

/** BigBird in whole blocks of 64, as published; shorter than its pattern it is dense. */
function birdCount(T: number): number {
  return T >= 11 * 64 ? bigBirdPairs(64 * Math.round(T / 64)) : T * T;
}

const costsKnown = new Map<string, CostRow>();

/** The cost of one mechanism over T places; T is the area of the square grid where there is one. */
export function costOf(
  name: CostName,
  T: number,
  { radius, globals, wrong = "right" }: Omit<CostSettings, "power">,
): CostRow {
  const d = COST_WIDTH;
  const square = T * d * d;
  const side = Math.sqrt(T);
  const onGrid = wrong === "squares" ? 2 * side ** 2 : 2 * T * side;
  const row = (pairs: number, before: number, perPair: number = 2 * d): CostRow => ({
    name,
    pairs,
    multiplyAdds: before + perPair * pairs,
  });
  const made: Readonly<Record<CostName, () => CostRow>> = {
    dot: () => row(T * T, 0),
    hard: () => row(T * T, T * d, d),
    bilinear: () => row(T * T, square),
    additive: () => row(T * T, 2 * T * d * COST_UNITS, COST_UNITS + d),
    joined: () => row(T * T, 0, (2 * d + 1) * COST_UNITS + d),
    self: () => row(T * T, 3 * square),
    heads: () => ({ name, pairs: COST_HEADS * T * T, multiplyAdds: 4 * square + 2 * d * T * T }),
    cat: () => row(4 * T * T, 0),
    causal: () => row((T * (T + 1)) / 2, 4 * square),
    bird: () => row(birdCount(T), 4 * square),
    longformer: () =>
      row(longformerPairs(T, radius, firstPlaces(T, globals)), 6 * square + Math.min(T, globals) * d * d),
    window: () => row(pairsOfWindow(T, radius), 4 * square),
    phrases: () => row(T * Math.min(T, 16), 4 * square),
    axial: () => row(onGrid, 8 * square),
    factorised: () => row(onGrid, 10 * square),
    parallel: () => row(onGrid, 0),
    cross: () => row(COST_QUERIES * T, (COST_QUERIES + 2 * T) * d * d),
    structured: () => ({
      name,
      pairs: COST_POOLED * T,
      multiplyAdds:
        T * (d * COST_UNITS + COST_UNITS * COST_POOLED + d * COST_POOLED) + COST_POOLED * COST_POOLED * T,
    }),
    token: () => row(T, 4 * d * d + 2 * square),
  };
  const key = [name, T, radius, globals, wrong].join();
  const known = costsKnown.get(key) ?? made[name]();
  costsKnown.set(key, known);
  return known;
}

/** The first places of a text are its global ones. */
function firstPlaces(T: number, globals: number): number[] {
  return Array.from({ length: Math.min(T, globals) }, (_, g) => g);
}

/** All mechanisms, dearest first. */
export function costTable(settings: CostSettings, by: "pairs" | "multiplyAdds"): CostRow[] {
  const rows = COST_NAMES.map((name) => costOf(name, 2 ** settings.power, settings));
  return rows.sort((a, b) => b[by] - a[by] || COST_NAMES.indexOf(a.name) - COST_NAMES.indexOf(b.name));
}

/** The smallest T at which one mechanism takes fewer multiply-adds than another; undefined up to 2²⁰. */
export function crossingOf(
  cheap: CostName,
  dear: CostName,
  settings: Omit<CostSettings, "power">,
): number | undefined {
  const less = (T: number): boolean =>
    costOf(cheap, T, settings).multiplyAdds < costOf(dear, T, settings).multiplyAdds;
  let high = 1;
  while (!less(high)) {
    high *= 2;
    if (high > 2 ** 20) return undefined;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (less(middle)) high = middle;
    else low = middle;
  }
  return high;
}
