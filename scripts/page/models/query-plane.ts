/** One query in the plane: five keys that can be seen on paper, five values, and what the query takes of them. */
import type { Matrix } from "../../../lib/matrix.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { embed } from "../../atlas/words.ts";
import { matrix } from "../../../lib/matrix.ts";

/** What can be wrong on purpose: the mask put on after the softmax. */
export type QueryWrong = "right" | "after";

export interface QuerySettings {
  readonly q: readonly [number, number];
  /** Keys that may not be seen. */
  readonly hidden: readonly number[];
  readonly seed: number;
  readonly wrong: QueryWrong;
}

export interface QueryModel {
  readonly words: readonly string[];
  readonly keys: Matrix;
  readonly values: Matrix;
  readonly scores: readonly number[];
  readonly shares: readonly number[];
  readonly output: readonly [number, number];
  /** The corners of the smallest polygon that holds the values which may be seen. */
  readonly hull: readonly number[];
}

const QUERY_KEYS = 5;

/** Attention of one query of two numbers over the first five words that differ. */
export function queryModel(all: readonly string[], { q, hidden, seed, wrong }: QuerySettings): QueryModel {
  const small = all.map((word) => word.normalize("NFKC").toLowerCase());
  const words = all.filter((_, n) => small.indexOf(small[n]!) === n).slice(0, QUERY_KEYS);
  const keys = embed(words, 2, seed + 100);
  const values = embed(words, 2, seed + 200);
  const attention = new DotProductAttention();
  const Q = matrix(1, 2, q);
  const seen = (j: number): boolean => !hidden.includes(j);
  const allow = wrong === "after" ? undefined : (_: number, j: number): boolean => seen(j);
  const { weights } = attention.forward(Q, keys, values, { allow });
  const shares = Array.from(weights.data, (w, j) => (seen(j) ? w : 0));
  const at = (c: number): number => shares.reduce((sum, w, j) => sum + w * values.data[2 * j + c]!, 0);
  return {
    words,
    keys,
    values,
    scores: Array.from(attention.score(Q, keys).data),
    shares,
    output: [at(0), at(1)],
    hull: hullOf(values, words.map((_, j) => j).filter(seen)),
  };
}

/** The corners of the convex hull of some rows, in order around it. */
export function hullOf({ data }: Matrix, rows: readonly number[]): number[] {
  const x = (j: number): number => data[2 * j]!;
  const y = (j: number): number => data[2 * j + 1]!;
  const sorted = [...rows].sort((a, b) => x(a) - x(b) || y(a) - y(b));
  const side = (points: readonly number[]): number[] => {
    const found: number[] = [];
    for (const p of points) {
      const turn = (a: number, b: number): number =>
        (x(b) - x(a)) * (y(p) - y(a)) - (y(b) - y(a)) * (x(p) - x(a));
      while (found.length >= 2 && turn(found[found.length - 2]!, found[found.length - 1]!) <= 0) found.pop();
      found.push(p);
    }
    return found.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...side(sorted), ...side([...sorted].reverse())];
}
