/** Attention along a pattern as the page shows it: the window of scene 8, BigBird of scene 10. */
import type { BigBirdPattern } from "../../../lib/attention/big-bird-attention.ts";
import type { GraphWeights, Neighbours } from "../../../lib/graph/neighbours.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { BigBirdAttention, bigBirdGraph } from "../../../lib/attention/big-bird-attention.ts";
import { attendNeighbours } from "../../../lib/attention/sparse-attention.ts";
import { blockKeys, slidingWindow } from "../../../lib/graph/patterns.ts";
import { concatRows } from "../../../lib/kernels/rows.ts";
import { embed } from "../../atlas/words.ts";
import { hops, reasons, toDense } from "../../../lib/graph/maps.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { randomGenerator } from "../../../lib/matrix.ts";
import { randomHead } from "../../../lib/attention/heads.ts";
import { reasonNames } from "../../../lib/graph/neighbours.ts";
import { restrict } from "../../../lib/graph/algebra.ts";

/** The projections of one head over X. */
export interface Projected {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
}

export interface PatternModel extends Projected {
  readonly graph: Neighbours;
  readonly map: Matrix;
  /** The bits of REASON of each cell. */
  readonly why: Uint8Array;
  readonly pairs: number;
}

/** One head's projections. */
export function projected(X: Matrix, seed: number): Projected {
  const { W_Q, W_K, W_V } = randomHead({ d_query: X.cols, d_k: X.cols }, randomGenerator(seed));
  return { Q: linear(X, W_Q), K: linear(X, W_K), V: linear(X, W_V) };
}

export type WindowWrong = "right" | "zeros" | "blocks" | "short";

export interface WindowSettings {
  readonly radius: number;
  readonly dilation: number;
  readonly causal: boolean;
  readonly seed: number;
  readonly wrong: WindowWrong;
}

export interface WindowModel extends PatternModel {
  /** What zeros beyond the ends take of each row; nothing unless that is the mistake. */
  readonly stolen: readonly number[];
}

/** The pairs of a window, right or wrong on purpose. */
export function windowGraph(T: number, settings: Omit<WindowSettings, "seed">): Neighbours {
  const { radius, dilation, causal, wrong } = settings;
  const side = 2 * radius + 1;
  const sizes = Array.from({ length: Math.ceil(T / side) }, (_, b) => Math.min(side, T - b * side));
  const graph = wrong === "blocks" ? blockKeys(sizes) : slidingWindow(T, radius, { dilation });
  const short =
    wrong === "short" ? restrict(graph, (i, j) => j - i < radius * dilation || radius === 0) : graph;
  return causal ? restrict(short, (i, j) => j <= i) : short;
}

/** Attention within a window. */
export function windowModel(X: Matrix, settings: WindowSettings): WindowModel {
  const { Q, K, V } = projected(X, settings.seed);
  const graph = windowGraph(X.rows, settings);
  const { weights } = attendNeighbours(Q, K, V, graph);
  const map = toDense(weights);
  const stolen = Array.from({ length: X.rows }, () => 0);
  if (settings.wrong === "zeros") padWithZeros({ Q, K, V }, graph, settings, map, stolen);
  return { Q, K, V, graph, map, why: reasons(graph), pairs: graph.key.length, stolen };
}

/** A key of zeros has score 0, and exp 0 is 1: what the window holds beyond the ends takes its share. */
function padWithZeros(
  { Q, K }: Projected,
  graph: Neighbours,
  { radius, causal }: WindowSettings,
  map: Matrix,
  stolen: number[],
): void {
  const d = Math.sqrt(Q.cols);
  for (let i = 0; i < graph.queries; i++) {
    const keys = Array.from(graph.key.subarray(graph.start[i]!, graph.start[i + 1]!));
    const missing = (causal ? radius + 1 : 2 * radius + 1) - keys.length;
    const score = (j: number): number => {
      let sum = 0;
      for (let c = 0; c < Q.cols; c++) sum += Q.data[i * Q.cols + c]! * K.data[j * K.cols + c]!;
      return sum / d;
    };
    const scores = keys.map(score);
    const most = Math.max(0, ...scores);
    const zeros = missing * Math.exp(-most);
    const total = scores.reduce((sum, s) => sum + Math.exp(s - most), zeros);
    keys.forEach((j, n) => {
      map.data[i * map.cols + j] = Math.exp(scores[n]! - most) / total;
    });
    stolen[i] = zeros / total;
  }
}

export type BirdWrong = "right" | "twice";

export interface BirdSettings {
  readonly radius: number;
  readonly random: number;
  readonly block: number;
  readonly globals: readonly number[];
  readonly seed: number;
  readonly wrong: BirdWrong;
  /** Extra tokens before the words, which see all and are seen by all: ETC. */
  readonly extra?: number;
}

export interface BirdModel extends PatternModel {
  /** The map in which each key counts once, right or wrong on purpose. */
  readonly once: Matrix;
  /** How many words each number of layers reaches from a word. */
  readonly reach: (from: number) => readonly number[];
  /** After how many layers a word depends on each (−1 for never), and over which word the news came. */
  readonly hopsFrom: (from: number) => { readonly steps: readonly number[]; readonly via: readonly number[] };
}

/** What BigBird attends to, extra tokens before the words, and its pattern: a global word makes its block global. */
export function birdGiven(
  words: Matrix,
  { radius, random, block, globals, seed, extra = 0 }: Omit<BirdSettings, "wrong">,
): { readonly X: Matrix; readonly pattern: Required<BigBirdPattern> } {
  const X = extra === 0 ? words : concatRows([embed(extraNames(extra), words.cols, seed), words]);
  const own = globals.filter((g) => g < words.rows).map((g) => Math.floor(g / block));
  const pattern = { block, radius, random, extra, globals: own.filter((g, n) => own.indexOf(g) === n) };
  return { X, pattern };
}

/** BigBird over X. */
export function birdModel(words: Matrix, settings: BirdSettings): BirdModel {
  const { seed, wrong } = settings;
  const { X, pattern } = birdGiven(words, settings);
  const attention = BigBirdAttention.random(
    { d_model: X.cols, heads: 1, pattern, seed },
    randomGenerator(seed),
  );
  const { weights } = attention.forward(X);
  const { graph } = weights[0]!;
  const { W_Q, W_K, W_V } = attention.attention.heads[0]!;
  const once = toDense(weights[0]!);
  const map = wrong === "twice" ? toDense(countedTwice(weights[0]!)) : once;
  const reach = (from: number): number[] => {
    const far = hops(graph, from);
    return [1, 2, 3].map((layers) =>
      far.reduce((count, hop) => count + (hop >= 0 && hop <= layers ? 1 : 0), 0),
    );
  };
  const hopsFrom = (from: number): { steps: number[]; via: number[] } => {
    const steps = Array.from(hops(graph, from));
    const sees = (i: number, j: number): boolean =>
      graph.key.subarray(graph.start[i]!, graph.start[i + 1]!).includes(j);
    const via = steps.map((step, j) => steps.findIndex((before, v) => before === step - 1 && step > 0 && sees(v, j)));
    return { steps, via };
  };
  return {
    Q: linear(X, W_Q),
    K: linear(X, W_K),
    V: linear(X, W_V),
    graph,
    map,
    once,
    why: reasons(graph),
    pairs: graph.key.length,
    reach,
    hopsFrom,
  };
}

/** The names of extra tokens. */
export function extraNames(extra: number): string[] {
  return Array.from({ length: extra }, (_, n) => `⟨${n + 1}⟩`);
}

/** A key in the window and among the globals counted once for each: ln 2 on its score, twice its power. */
function countedTwice({ graph, values }: GraphWeights): GraphWeights {
  const data = Float32Array.from(values, (w, e) => (reasonNames(graph.reason[e]!).length > 1 ? 2 * w : w));
  for (let i = 0; i < graph.queries; i++) {
    const row = data.subarray(graph.start[i]!, graph.start[i + 1]!);
    const sum = row.reduce((a, w) => a + w, 0);
    row.forEach((w, e) => {
      row[e] = w / sum;
    });
  }
  return { graph, values: data };
}

const pairsKnown = new Map<string, number>();

/**
 * How many pairs BigBird's pattern has over n words, one word a block. The seed only moves them, so each count
 * is made once.
 */
export function birdPairs(n: number, radius: number, random: number, globals: number, extra: number = 0): number {
  const name = [n, radius, random, globals, extra].join();
  const first = Array.from({ length: Math.min(n, globals) }, (_, g) => g);
  const count = (): number =>
    bigBirdGraph(n + extra, { block: 1, radius, random, extra, globals: first }, randomGenerator(0)).key.length;
  const pairs = pairsKnown.get(name) ?? count();
  pairsKnown.set(name, pairs);
  return pairs;
}
