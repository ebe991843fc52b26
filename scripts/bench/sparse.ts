import type { GraphWeights, Neighbours } from "../../lib/neighbours.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { BenchCase, BenchGroup } from "./bench.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { mixAt } from "../../lib/kernels/mix-at.ts";
import { scoresAt } from "../../lib/kernels/scores-at.ts";
import { softmaxPairs } from "../../lib/kernels/softmax-pairs.ts";
import { matrix } from "../../lib/matrix.ts";
import { globalTokens, slidingWindow, union } from "../../lib/neighbours.ts";
import { normal } from "./bench.ts";
import { textbookMixAt, textbookScoresAt } from "./textbook-sparse.ts";

const [HEADS, d, RADIUS, GLOBALS] = [8, 64, 64, 16];
const [SHORT, LONG] = [4096, 16384];

export const sparseGroup: BenchGroup = {
  name: "sparse",
  about: "attention along a window and global tokens: its kernels, how it grows, and against dense attention",
  cases: () => [scores(), mixing()],
  report,
};

/** Every token sees `RADIUS` neighbours to each side, `GLOBALS` tokens see all and are seen by all. */
function pattern(T: number): Neighbours {
  return union(slidingWindow(T, RADIUS), globalTokens(T, Array.from({ length: GLOBALS }, (_, g) => (g * T) / GLOBALS)));
}

function scores(): BenchCase {
  const [Q, K, graph] = [normal(SHORT, d, 1), normal(SHORT, d, 2), pattern(SHORT)];
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
  const [V, graph] = [normal(SHORT, d, 3), pattern(SHORT)];
  const A = softmaxPairs(normal(1, graph.key.length, 4).data, graph);
  return {
    name: "mixAt",
    shape: `${graph.key.length} pairs, d = ${d}`,
    multiplyAdds: graph.key.length * d,
    ours: () => [mixAt(A, V, graph)],
    textbook: () => [textbookMixAt(A, V, graph)],
  };
}

/** The whole attention, its graph included, at both lengths, and dense attention at the shorter: seconds of processor time, interleaved. */
function report(progress: (what: string) => void): { lines: string[]; problems: string[] } {
  const inputs = new Map([SHORT, LONG].map((T) => [T, Array.from({ length: HEADS }, (_, m) => [0, 1, 2].map((s) => normal(T, d, 10 * m + s)))]));
  const pairs = (T: number): number => pattern(T).key.length;
  const sparse = (T: number): GraphWeights[] => {
    const graph = pattern(T);
    return inputs.get(T)!.map(([Q, K, V]) => attendNeighbours(Q!, K!, V!, graph).weights);
  };
  const dense = (): void => inputs.get(SHORT)!.forEach(([Q, K, V]) => new ScaledDotProductAttention().forward(Q!, K!, V!));

  const times: Record<"short" | "long" | "dense", number[]> = { short: [], long: [], dense: [] };
  const timed = (name: keyof typeof times, run: () => unknown): void => {
    progress(`sparse attention, ${name}, round ${times[name].length + 1}`);
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    times[name].push((user + system) / 1e6);
  };
  progress(`sparse attention, ${SHORT} and ${LONG} tokens, and dense attention`);
  sparse(SHORT); // the compiler's share
  for (let round = 0; round < 5; round++) {
    for (let repeat = 0; repeat < 3; repeat++) timed("short", () => sparse(SHORT));
    timed("long", () => sparse(LONG));
  }
  const peak = process.resourceUsage().maxRSS / 1024;
  inputs.delete(LONG);
  for (let round = 0; round < 2; round++) {
    timed("dense", dense);
    timed("short", () => sparse(SHORT));
  }
  const median = (name: keyof typeof times): number => [...times[name]].sort((a, b) => a - b)[times[name].length >> 1]!;
  const [short, long, whole] = [median("short"), median("long"), Math.min(...times.dense)];
  const growth = pairs(LONG) / pairs(SHORT);
  const lines = [
    `sparse attention, ${HEADS} heads, d = ${d}, radius ${RADIUS}, ${GLOBALS} global tokens, without projections; seconds of processor time`,
    `  sparse  T = ${SHORT}   ${pairs(SHORT)} pairs a head   ${short.toFixed(2)} s`,
    `  sparse  T = ${LONG}  ${pairs(LONG)} pairs a head  ${long.toFixed(2)} s: ${growth.toFixed(2)} × the pairs, ${(long / short).toFixed(2)} × the time (promised: at most 5)`,
    `  dense   T = ${SHORT}   ${SHORT * SHORT} pairs a head ${whole.toFixed(2)} s: ${(whole / short).toFixed(1)} × as long as sparse (promised: at least 12)`,
    `  memory at its largest, before dense attention: ${peak.toFixed(0)} MB (promised: less than 600)`,
  ];
  const problems = [
    ...(whole / short >= 12 ? [] : ["sparse attention is less than 12 times as fast as dense attention"]),
    ...(long / short <= 5 ? [] : ["sparse attention grows faster than its pairs allow"]),
    ...(peak < 600 ? [] : ["sparse attention takes 600 MB or more"]),
  ];
  return { lines, problems };
}
