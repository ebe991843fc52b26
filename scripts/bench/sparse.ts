import type { BenchCase, BenchGroup } from "./bench.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Neighbours } from "../../lib/graph/neighbours.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { identity, matrix } from "../../lib/matrix.ts";
import { mixAt, textbookMixAt } from "../../lib/graph/mix-at.ts";
import { normal } from "./bench.ts";
import { scoresAt, textbookScoresAt } from "../../lib/graph/scores-at.ts";
import { softmaxPairs } from "../../lib/graph/softmax-at.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { textbookWindowMix, textbookWindowScores } from "../../lib/kernels/windows.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { union } from "../../lib/graph/algebra.ts";
import { windowMix, windowScores } from "../../lib/kernels/windows.ts";

const [HEADS, d, RADIUS, GLOBALS] = [8, 64, 64, 16];
const [SHORT, LONG] = [4096, 16384];

export const sparseGroup: BenchGroup = {
  name: "sparse",
  about: "attention along a window and global tokens: its kernels, how it grows, and against dense attention",
  cases: () => [scores(), mixing(), windowed(), windowMixing()],
  report,
};

const globalsOf = (T: number): number[] => Array.from({ length: GLOBALS }, (_, g) => (g * T) / GLOBALS);

/** A window of `RADIUS` keys to each side, and `GLOBALS` global tokens. */
function pattern(T: number): Neighbours {
  return union(slidingWindow(T, RADIUS), globalTokens(T, globalsOf(T)));
}

/** The pairs of the window alone, cut at the ends. */
function windowPairs(T: number): number {
  return T * (2 * RADIUS + 1) - RADIUS * (RADIUS + 1);
}

function scores(): BenchCase {
  const Q = normal(SHORT, d, 1);
  const K = normal(SHORT, d, 2);
  const graph = pattern(SHORT);
  const asRow = (S: Float32Array): Matrix => matrix(1, S.length, S);
  return {
    name: "scoresAt",
    shape: `${graph.key.length} pairs, d = ${d}`,
    multiplyAdds: graph.key.length * d,
    ours: () => [asRow(scoresAt(Q, K, graph))],
    textbook: () => [asRow(textbookScoresAt(Q, K, graph))],
  };
}

function mixing(): BenchCase {
  const V = normal(SHORT, d, 3);
  const graph = pattern(SHORT);
  const A = softmaxPairs(normal(1, graph.key.length, 4).data, graph);
  return {
    name: "mixAt",
    shape: `${graph.key.length} pairs, d = ${d}`,
    multiplyAdds: graph.key.length * d,
    ours: () => [mixAt(A, V, graph)],
    textbook: () => [textbookMixAt(A, V, graph)],
  };
}

function windowed(): BenchCase {
  const Q = normal(SHORT, d, 1);
  const K = normal(SHORT, d, 2);
  return {
    name: "windowScores",
    shape: `${windowPairs(SHORT)} pairs, d = ${d}`,
    multiplyAdds: windowPairs(SHORT) * d,
    ours: () => [windowScores(Q, unfoldWindow(K, RADIUS), RADIUS)],
    textbook: () => [textbookWindowScores(Q, unfoldWindow(K, RADIUS), RADIUS)],
  };
}

function windowMixing(): BenchCase {
  const A = softmaxRows(normal(SHORT, 2 * RADIUS + 1, 4));
  const V = normal(SHORT, d, 3);
  return {
    name: "windowMix",
    shape: `${windowPairs(SHORT)} pairs, d = ${d}`,
    multiplyAdds: windowPairs(SHORT) * d,
    ours: () => [windowMix(A, unfoldWindow(V, RADIUS), d)],
    textbook: () => [textbookWindowMix(A, unfoldWindow(V, RADIUS), d)],
  };
}

/** A way to attend, and the pairs that it scores in a head. */
interface Way {
  readonly pairs: (T: number) => number;
  readonly run: (T: number, heads: readonly (readonly Matrix[])[]) => unknown;
}

/**
 * Window and global tokens, two ways: along a graph, which is built each time, and by the hybrid class's
 * windows. A pair with several reasons is in the graph once; the class scores it for each of them.
 */
const WAYS: Readonly<Record<string, Way>> = {
  graph: {
    pairs: (T) => pattern(T).key.length,
    run(T, heads) {
      const graph = pattern(T);
      return heads.map(([Q, K, V]) => attendNeighbours(Q!, K!, V!, graph).weights);
    },
  },
  hybrid: {
    pairs: (T) => windowPairs(T) + 2 * T * GLOBALS,
    run(T, heads) {
      const I = identity(1);
      const hybrid = new HybridSparseAttention({
        heads: [{ W_Q: I, W_K: I, W_V: I }],
        W_O: I,
        radius: RADIUS,
      }); // `attend` needs no projections
      return heads.map(([Q, K, V]) => hybrid.attend(Q!, K!, V!, globalsOf(T)).weights);
    },
  },
};

/**
 * The whole attention both ways at both lengths, interleaved, and then dense attention at the shorter:
 * seconds of processor time.
 */
function report(progress: (what: string) => void): { lines: string[]; problems: string[] } {
  const inputs = new Map(
    [SHORT, LONG].map((T) => [
      T,
      Array.from({ length: HEADS }, (_, m) => [0, 1, 2].map((s) => normal(T, d, 10 * m + s))),
    ]),
  );
  const dense = (): void =>
    inputs.get(SHORT)!.forEach(([Q, K, V]) => new ScaledDotProductAttention().forward(Q!, K!, V!));
  const times = new Map<string, number[]>();
  const timed = (name: string, run: () => unknown): void => {
    const taken = times.get(name) ?? [];
    progress(`${name}, round ${taken.length + 1}`);
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    times.set(name, [...taken, (user + system) / 1e6]);
  };
  const run = (way: string, T: number): void =>
    timed(`${way}, T = ${T}`, () => WAYS[way]!.run(T, inputs.get(T)!));
  for (const way of Object.values(WAYS)) way.run(SHORT, inputs.get(SHORT)!); // the compiler's share
  for (let round = 0; round < 5; round++) {
    for (const way of Object.keys(WAYS)) {
      for (let repeat = 0; repeat < 3; repeat++) run(way, SHORT);
      run(way, LONG);
    }
  }
  const peak = process.resourceUsage().maxRSS / 1024;
  inputs.delete(LONG);
  for (let round = 0; round < 2; round++) {
    timed("dense", dense);
    for (const way of Object.keys(WAYS)) run(way, SHORT);
  }
  const median = (name: string): number =>
    [...times.get(name)!].sort((a, b) => a - b)[times.get(name)!.length >> 1]!;
  const whole = Math.min(...times.get("dense")!);
  const lines = [
    `window and global tokens, ${HEADS} heads, d = ${d}, radius ${RADIUS}, ${GLOBALS} global tokens, ` +
      `without projections;`,
    "seconds of processor time: medians of runs by turns; dense the faster of two runs made after the others",
    `  dense   T = ${SHORT}   ${SHORT * SHORT} pairs a head  ${whole.toFixed(2)} s`,
  ];
  const problems: string[] = [];
  for (const [way, { pairs }] of Object.entries(WAYS)) {
    const [short, long] = [median(`${way}, T = ${SHORT}`), median(`${way}, T = ${LONG}`)];
    const growth = `${(pairs(LONG) / pairs(SHORT)).toFixed(2)} × the pairs, ${(long / short).toFixed(2)} ` +
      `× the time (promised: at most 5)`;
    lines.push(
      `  ${way.padEnd(6)}  T = ${SHORT}   ${pairs(SHORT)} pairs a head    ${short.toFixed(2)} s: ` +
        `${(whole / short).toFixed(1)} times as fast as dense (promised: at least 12)`,
    );
    lines.push(
      `  ${way.padEnd(6)}  T = ${LONG}  ${pairs(LONG)} pairs a head   ${long.toFixed(2)} s: ${growth}`,
    );
    if (whole / short < 12) {
      problems.push(`${way}: sparse attention is less than 12 times as fast as dense attention`);
    }
    if (long / short > 5) problems.push(`${way}: sparse attention grows faster than its pairs allow`);
  }
  lines.push(
    `  memory at its largest, before dense attention: ${peak.toFixed(0)} MB (promised: less than 600)`,
  );
  if (peak >= 600) problems.push("sparse attention takes 600 MB or more");
  return { lines, problems };
}
