import type { Matrix } from "../../lib/matrix.ts";
import { fromFunction, gaussian, randomGenerator } from "../../lib/matrix.ts";

/**
 * One row of the table: a kernel of `lib` and the same equation as a textbook writes it, on the same numbers.
 */
export interface BenchCase {
  readonly name: string;
  readonly shape: string;
  /**
   * Multiply-adds of the whole equation, two operations each in GFLOP/s; without it that column stays empty.
   */
  readonly multiplyAdds?: number | undefined;
  /** Both give their results, which must agree: a fast wrong kernel is no kernel. */
  readonly ours: () => readonly Matrix[];
  readonly textbook: () => readonly Matrix[];
}

/**
 * Cases that are run together, by a name for the command line. `cases` makes the inputs, so only the groups
 * asked for cost anything.
 */
export interface BenchGroup {
  readonly name: string;
  readonly about: string;
  readonly cases: () => readonly BenchCase[];
  /** What does not fit a row of the table: lines to print below it, and promises that were not kept. */
  readonly report?:
    | ((progress: (what: string) => void) => {
        readonly lines: readonly string[];
        readonly problems: readonly string[];
      })
    | undefined;
}

export interface BenchResult {
  readonly name: string;
  readonly shape: string;
  readonly textbookMs: number;
  readonly oursMs: number;
  /** How many times faster ours is. */
  readonly ratio: number;
  readonly gflops: number | undefined;
  /** The largest difference between the two results, relative to the largest entry (at least 1). */
  readonly deviation: number;
  readonly agrees: boolean;
}

/**
 * A result may differ by a few float32 roundings, no more: the textbook forms round in between, ours only at
 * the end.
 */
const LARGEST_DEVIATION = 2e-6;
const ROUNDS = 11;
const SHORTEST_SAMPLE_MS = 30;

/**
 * Ours, textbook, ours, textbook, …: what disturbs the machine disturbs both. The median of the rounds
 * counts.
 */
export function runCase(
  { name, shape, multiplyAdds, ours, textbook }: BenchCase,
  progress: (what: string) => void,
): BenchResult {
  progress(`${name} ${shape}`);
  const deviation = largestDeviation(ours(), textbook());
  const oursRepeats = repeatsFor(ours);
  const textbookRepeats = repeatsFor(textbook);
  const oursTimes: number[] = [];
  const textbookTimes: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`${name} ${shape}, round ${round} of ${ROUNDS}`);
    oursTimes.push(sample(ours, oursRepeats));
    textbookTimes.push(sample(textbook, textbookRepeats));
  }
  const oursMs = median(oursTimes);
  const textbookMs = median(textbookTimes);
  const gflops = multiplyAdds === undefined ? undefined : (2 * multiplyAdds) / oursMs / 1e6;
  return {
    name,
    shape,
    textbookMs,
    oursMs,
    ratio: textbookMs / oursMs,
    gflops,
    deviation,
    agrees: deviation <= LARGEST_DEVIATION,
  };
}

/**
 * Processor time of one call in ms, not time on the clock: other programs on the machine are not part of a
 * kernel.
 */
function sample(run: () => unknown, repeats: number): number {
  const before = process.cpuUsage();
  for (let r = 0; r < repeats; r++) run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / repeats;
}

/**
 * How often to call it for one sample. It runs a few times before it is timed, so that the compiler is done
 * with it.
 */
function repeatsFor(run: () => unknown): number {
  sample(run, 3);
  return Math.max(1, Math.ceil(SHORTEST_SAMPLE_MS / Math.max(sample(run, 1), 0.001)));
}

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1]!;
}

/**
 * The largest difference relative to the textbook's largest entry (at least 1); ∞ when the shapes differ or a
 * NaN stands in only one of the two.
 */
export function largestDeviation(ours: readonly Matrix[], textbook: readonly Matrix[]): number {
  if (ours.length !== textbook.length) return Infinity;
  let worst = 0;
  ours.forEach(({ rows, cols, data }, which) => {
    const expected = textbook[which]!;
    if (rows !== expected.rows || cols !== expected.cols) worst = Infinity;
    const largest = expected.data.reduce(
      (max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max),
      1,
    );
    expected.data.forEach((x, e) => {
      if (Object.is(data[e], x)) return;
      const deviation = Math.abs(data[e]! - x) / largest;
      worst = Number.isNaN(deviation) ? Infinity : Math.max(worst, deviation);
    });
  });
  return worst;
}

/** Standard normal entries, the same in every run. */
export function normal(rows: number, cols: number, seed: number): Matrix {
  return fromFunction(rows, cols, gaussian(randomGenerator(seed)));
}
