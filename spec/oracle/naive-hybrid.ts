import type { HybridReading } from "../../lib/attention/hybrid-sparse-attention.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "./naive.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { dot, naiveSoftmax } from "./naive.ts";
import { identity } from "../../lib/matrix.ts";

/** Every way to read the document: 2 · 2 · 2. */
export const READINGS: readonly Required<HybridReading>[] = (["cut", "zero"] as const).flatMap((edges) =>
  (["once", "twice"] as const).flatMap((repeated) =>
    (["all", "window"] as const).map((globalRows) => ({ edges, repeated, globalRows })),
  ),
);

/** A class whose heads do not matter: for `attend`, which gets its Q, K and V ready. */
export function oneHead(radius: number, reading: HybridReading = {}): HybridSparseAttention {
  const I: Matrix = identity(1);
  return new HybridSparseAttention({ heads: [{ W_Q: I, W_K: I, W_V: I }], W_O: I, radius, reading });
}

/** What a query spends on a key; `key` is null for a place outside the sequence. */
export interface Spent {
  readonly key: number | null;
  readonly part: "local" | "global" | "row";
  readonly weight: number;
}

export interface NaiveHybrid {
  readonly output: Rows;
  readonly spent: Spent[][];
  readonly map: Rows;
  readonly largestScore: number;
}

/**
 * Hybrid attention by the definition of a reading, in doubles: for each query (or each of some) the list of
 * all that stands in its softmax.
 */
export function naiveHybrid(
  Q: Rows,
  K: Rows,
  V: Rows,
  radius: number,
  globals: readonly number[],
  reading: HybridReading,
  queries: readonly number[] = Q.map((_, t) => t),
): NaiveHybrid {
  const { edges = "cut", repeated = "once", globalRows = "all" } = reading;
  const T = K.length;
  let largestScore = 0;
  const spent = queries.map((t) => {
    const q = Q[t]!;
    const score = (j: number): number => {
      const s = dot(q, K[j]!) / Math.sqrt(q.length);
      largestScore = Math.max(largestScore, Math.abs(s));
      return s;
    };
    const listed: { key: number | null; part: Spent["part"]; score: number }[] = [];
    if (globalRows === "all" && globals.includes(t)) {
      for (let j = 0; j < T; j++) listed.push({ key: j, part: "row", score: score(j) });
    } else {
      for (let j = t - radius; j <= t + radius; j++) {
        if (j < 0 || j >= T) {
          if (edges === "zero") listed.push({ key: null, part: "local", score: 0 });
        } else if (repeated === "twice" || !globals.includes(j)) {
          listed.push({ key: j, part: "local", score: score(j) });
        }
      }
      for (const j of globals) listed.push({ key: j, part: "global", score: score(j) });
    }
    return naiveSoftmax(listed.map((one) => one.score)).map((weight, e) => ({
      key: listed[e]!.key,
      part: listed[e]!.part,
      weight,
    }));
  });
  const map = spent.map((row) =>
    K.map((_, j) => row.reduce((sum, { key, weight }) => (key === j ? sum + weight : sum), 0)),
  );
  const output = map.map((row) =>
    (V[0] ?? []).map((_, c) => row.reduce((sum, a, j) => (a === 0 ? sum : sum + a * V[j]![c]!), 0)),
  );
  return { output, spent, map, largestScore };
}
