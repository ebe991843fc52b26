/**
 * Checks that many mechanisms share. The expected numbers come from `spec/oracle/naive.ts`: dense attention
 * in doubles that shares no code with lib.
 */
import type { Check, Phrase } from "./entry.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { NaiveOptions, Rows } from "../../spec/oracle/naive.ts";
import { dot, naiveAttention, naiveMatmul } from "../../spec/oracle/naive.ts";
import { gatherGlobal } from "../../lib/kernels/gather-global.ts";
import { rowsOf, tolerance } from "../../spec/support/values.ts";

/** The naive computation is slow on purpose: of a long text it redoes so many queries, spread evenly. */
const MOST_QUERIES = 64;

/** A naive result for some queries. */
export interface Naive {
  readonly output: Rows;
  readonly weights: Rows;
  readonly largestScore: number;
  readonly queries: readonly number[];
}

/** All of 0 … n − 1, or MOST_QUERIES of them spread evenly, the first and the last among them. */
export function spread(n: number): number[] {
  if (n <= MOST_QUERIES) return Array.from({ length: n }, (_, i) => i);
  return Array.from({ length: MOST_QUERIES }, (_, s) => Math.round((s * (n - 1)) / (MOST_QUERIES - 1)));
}

/** spec/oracle/naive.ts on these queries, keys and values; with `normalize`, that in place of its softmax. */
export function naive(
  Q: Rows,
  K: Rows,
  V: Rows,
  options: NaiveOptions & { normalize?: (scores: number[]) => number[] } = {},
): Naive {
  const queries = spread(Q.length);
  const asked = queries.map((i) => Q[i]!);
  const { normalize, allow, score = dot, scale = 1 } = options;
  if (normalize === undefined) {
    return {
      ...naiveAttention(
        asked,
        K,
        V,
        allow === undefined ? options : { ...options, allow: (s, j) => allow(queries[s]!, j) },
      ),
      queries,
    };
  }
  const scores = asked.map((q) => K.map((k) => score(q, k) * scale));
  const weights = scores.map(normalize);
  const largestScore = scores.flat().reduce((max, s) => Math.max(max, Math.abs(s)), 0);
  return { output: naiveMatmul(weights, V), weights, largestScore, queries };
}

/** The largest deviation of some rows of a matrix, relative to the largest expected number (at least 1). */
export function deviationOf(actual: Matrix, expected: Rows, rows: readonly number[]): number {
  let largest = 1;
  let worst = 0;
  expected.forEach((row, s) =>
    row.forEach((x, c) => {
      const got = actual.data[rows[s]! * actual.cols + c]!;
      largest = Math.max(largest, Math.abs(x));
      worst = worse(worst, Math.abs(got - x));
    }),
  );
  return worst / largest;
}

/** lib's output and weights against the naive ones. */
export function equalsNaive(
  parts: readonly { output?: Matrix | undefined; weights?: Matrix | undefined; naive: Naive }[],
  queries: number,
): Check {
  let deviation = 0;
  let limit = tolerance();
  for (const { output, weights, naive: expected } of parts) {
    if (output !== undefined) {
      deviation = worse(deviation, deviationOf(output, expected.output, expected.queries));
    }
    if (weights !== undefined) {
      deviation = worse(deviation, deviationOf(weights, expected.weights, expected.queries));
    }
    limit = Math.max(limit, tolerance(expected.largestScore));
  }
  const done = Math.min(queries, MOST_QUERIES);
  const label: Phrase = {
    en: "equals the naive dense computation (spec/oracle/naive.ts)",
    ja: "素朴な密計算 (spec/oracle/naive.ts) と等しい",
  };
  const detail =
    done < queries
      ? { detail: { en: `${done} of ${queries} queries`, ja: `${queries} 個のクエリから ${done} 個` } }
      : {};
  return { id: "naive", label, pass: deviation <= limit, deviation, limit, ...detail };
}

/** The larger of two deviations; a NaN is the largest. */
export function worse(a: number, b: number): number {
  return a >= b ? a : b >= a ? b : NaN;
}

/** Every row of every map sums to 1, except the rows that see nothing, which sum to 0. */
export function rowSums(maps: readonly Matrix[], empty: (i: number) => boolean = () => false): Check {
  let deviation = 0;
  let zero = 0;
  for (const A of maps) {
    rowsOf(A).forEach((row, i) => {
      const expected = A.cols === 0 || empty(i) ? 0 : 1;
      if (expected === 0) zero++;
      deviation = worse(deviation, Math.abs(row.reduce((a, b) => a + b, 0) - expected));
    });
  }
  const limit = 1e-6;
  const label: Phrase =
    zero > 0
      ? {
          en: "every row sums to 1, a row that sees nothing to 0",
          ja: "どの行も合計 1、何も見えない行だけ 0",
        }
      : { en: "every row sums to 1", ja: "どの行も合計 1" };
  return { id: "row-sums", label, pass: deviation <= limit, deviation, limit };
}

/** One 1 and otherwise 0 in every row. */
export function oneHot(A: Matrix): Check {
  const pass = rowsOf(A).every(
    (row) => row.filter((w) => w === 1).length === 1 && row.filter((w) => w === 0).length === row.length - 1,
  );
  return {
    id: "one-hot",
    label: { en: "every row is one-hot: one 1, else 0", ja: "どの行もワンホット：1 が一つ、残りは 0" },
    pass,
  };
}

/**
 * Two matrices agree within a limit, relative to the largest number (at least 1). With limit 0: to the last
 * bit.
 */
export function same(id: string, label: Phrase, actual: Matrix, expected: Matrix, limit: number = 0): Check {
  const rows = rowsOf(expected);
  const shape = actual.rows === expected.rows && actual.cols === expected.cols;
  const deviation = shape
    ? deviationOf(
        actual,
        rows,
        rows.map((_, i) => i),
      )
    : NaN;
  return { id, label, pass: deviation <= limit, deviation, limit };
}

/** The words as the vectors tell them apart: two places hold one word when they got the same vector. */
export function repeats(words: readonly string[]): [number, number][] {
  const first = new Map<string, number>();
  const pairs: [number, number][] = [];
  words.forEach((word, i) => {
    const key = word.normalize("NFKC").toLowerCase();
    const before = first.get(key);
    if (before === undefined) first.set(key, i);
    else pairs.push([before, i]);
  });
  return pairs;
}

/** The rows in reverse order. */
export function backwards(M: Matrix): Matrix {
  return gatherGlobal(
    M,
    Array.from({ length: M.rows }, (_, i) => M.rows - 1 - i),
  );
}

/** Argmax by the definition, the first of equals. */
export function naiveArgmax(scores: number[]): number[] {
  const best = scores.indexOf(Math.max(...scores));
  return scores.map((_, j) => (j === best ? 1 : 0));
}

/**
 * Sparsemax by bisection: the threshold τ at which what stands above it sums to 1. Another road than lib's
 * sorting.
 */
export function naiveSparsemax(scores: number[]): number[] {
  let high = Math.max(...scores);
  let low = high - 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (scores.reduce((sum, s) => sum + Math.max(0, s - middle), 0) > 1) low = middle;
    else high = middle;
  }
  return scores.map((s) => Math.max(0, s - high));
}
