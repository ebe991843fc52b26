/** Expected numbers of the scenes with a grid, and of the training, from the oracle. */
import type { Expected } from "./expected.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { DRAWINGS, gridFeatures } from "../../scripts/page/models/rows-and-columns.ts";
import {
  LEARN_WIDTH,
  kindsOf,
  learnSource,
  previousOf,
  trainingAt,
} from "../../scripts/page/models/learn.ts";
import { fromRows, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention, naiveMatmul, naiveSoftmax } from "../oracle/naive.ts";
import { naiveMap, rowsOf } from "./expected.ts";

const rounded = (list: readonly number[]): number[] => list.map((x) => Math.round(x * 1e5) / 1e5);

/** Both passes over the ring, column by column and row by row, and what pixel (2, 3) sees of all. */
export function gridExpected(_: Matrix, seed: number): Expected {
  const widths = { d_model: 8, heads: 1, combine: "columns then rows" } as const;
  const { alongColumns, alongRows } = AxialAttention.random(widths, randomGenerator(seed));
  const X = rowsOf(gridFeatures(DRAWINGS.ring));
  const line = Array.from({ length: 8 }, (__, n) => n);
  const columns = line.map((j) => naiveMap(fromRows(line.map((i) => X[8 * i + j]!)), alongColumns.heads[0]!));
  const after = line.map((j) => naiveMatmul(columns[j]!.output, rowsOf(alongColumns.W_O))[2]!);
  const row = naiveMap(fromRows(after), alongRows.heads[0]!).weights[3]!;
  const composed = line.flatMap((i) => line.map((j) => row[j]! * columns[j]!.weights[2]![i]!));
  const from = composed.indexOf(Math.max(...composed));
  const [a, b] = [Math.floor(from / 8), from % 8];
  return {
    "grid.composed": rounded(composed),
    "grid.path": [from, row[b]!, columns[b]!.weights[2]![a]!],
  };
}

/** The head before some steps, over the first ten words: maps, losses, slopes between two losses, all by the oracle. */
export function learnExpected(_: Matrix, seed: number, words: readonly string[]): Expected {
  const ten = words.slice(0, 10);
  const { tokens, kinds } = kindsOf(ten.map((word) => word.toLowerCase()));
  const { moments } = trainingAt(kinds.length, tokens.length, seed, 200);
  type Weights = Record<"W_Q" | "W_K" | "W_V", number[][]>;
  const weightsAt = (step: number): Weights => {
    const { W_Q, W_K, W_V } = moments[step]!.head;
    return { W_Q: rowsOf(W_Q), W_K: rowsOf(W_K), W_V: rowsOf(W_V) };
  };
  const forward = (W: Weights, order: readonly number[]) => {
    const X = rowsOf(learnSource(order, kinds.length));
    const [Q, K, V] = [W.W_Q, W.W_K, W.W_V].map((projection) => naiveMatmul(X, projection));
    const { weights, output } = naiveAttention(Q!, K!, V!, { scale: 1 / Math.sqrt(LEARN_WIDTH) });
    const losses = previousOf(order)
      .slice(1)
      .map((target, t) => -Math.log(naiveSoftmax(output[t + 1]!)[target!]!));
    return { X, Q: Q!, K: K!, V: V!, weights, output, loss: losses.reduce((sum, x) => sum + x) / losses.length };
  };
  const before = ({ weights }: { weights: number[][] }): number =>
    weights.slice(1).reduce((sum, row, t) => sum + row[t]!, 0) / (weights.length - 1);
  const steps = [0, 1, 12, 200];
  const of = <T>(make: (step: number) => T): Record<string, T> =>
    Object.fromEntries(steps.map((step) => [step, make(step)]));
  const slope = (name: keyof Weights, r: number, c: number): number => {
    const at = (shift: number): number => {
      const W = weightsAt(12);
      W[name][r]![c]! += shift;
      return forward(W, tokens).loss;
    };
    return (at(1e-4) - at(-1e-4)) / 2e-4;
  };
  const slopes = (["W_Q", "W_K", "W_V"] as const).flatMap((name) =>
    [[1, 1], [4, 2], [kinds.length + 3, 3]].map(([r, c]) => [`${name} ${r}.${c}`, slope(name, r!, c!)] as const),
  );
  // row 4 of dW_Q, feature 2, if softmax went backwards by its diagonal alone
  const { X, K, V, weights, output } = forward(weightsAt(12), tokens);
  const diagonal = X.reduce((sum, x, t) => {
    const chances = naiveSoftmax(output[t]!);
    const miss = chances.map((p, k) => (t === 0 ? 0 : (p - (k === tokens[t - 1] ? 1 : 0)) / (tokens.length - 1)));
    const dS = weights[t]!.map((a, j) => a * (1 - a) * V[j]!.reduce((total, v, k) => total + v * miss[k]!, 0));
    return sum + (x[4]! * dS.reduce((total, s, j) => total + s * K[j]![2]!, 0)) / Math.sqrt(LEARN_WIDTH);
  }, 0);
  const first = forward(weightsAt(200), tokens).weights[0]!;
  const most = first.indexOf(Math.max(...first));
  return {
    "learn.maps": of((step) => rounded(forward(weightsAt(step), tokens).weights.flat())),
    "learn.losses": of((step) => forward(weightsAt(step), moments[step]!.order).loss),
    "learn.shown": of((step) => [forward(weightsAt(step), tokens).loss, before(forward(weightsAt(step), tokens))]),
    "learn.slopes": Object.fromEntries(slopes),
    "learn.diagonal": diagonal,
    "learn.first": [ten[0], ten[most], first[most]],
    "learn.kinds": kinds.length,
  };
}

/** Pairs and multiply-adds of the mechanisms over T places, counted in loops: one step for each. */
export function costCounted(T: number, radius: number, globals: number): Record<string, [number, number]> {
  const d = 64;
  const side = Math.sqrt(T);
  const G = Math.min(T, globals);
  const pairsOf = (n: number, m: number, sees: (i: number, j: number) => boolean = () => true): number => {
    let pairs = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < m; j++) if (sees(i, j)) pairs++;
    return pairs;
  };
  /** A product of (n, k) and (k, m). */
  const product = (n: number, k: number, m: number): number => {
    let steps = 0;
    for (let i = 0; i < n; i++) for (let c = 0; c < k; c++) for (let j = 0; j < m; j++) steps++;
    return steps;
  };
  const projections = (times: number): number => times * product(T, d, d);
  const near = (i: number, j: number): boolean => Math.abs(i - j) <= radius;
  const seen = (i: number, j: number): boolean => near(i, j) || i < G || j < G;
  const row = (i: number, j: number): boolean => Math.floor(i / side) === Math.floor(j / side);
  const column = (i: number, j: number): boolean => i % side === j % side;
  const p = Math.min(8, side);
  const tiles = T / (p * p);
  /** Pairs that cost d for the score and d for the value, after some projections. */
  const along = (pairs: number, before: number): [number, number] => [pairs, before + 2 * d * pairs];
  const axes = pairsOf(T, T, row) + pairsOf(T, T, column);
  const [all, window, wide] = [pairsOf(T, T), pairsOf(T, T, near), pairsOf(T, T, seen)];
  const inTile = tiles * pairsOf(p * p, p * p);
  const betweenTiles = d * pairsOf(tiles, tiles);
  const [inMaps, patch, image] = [(T / 4) * pairsOf(2, 2), (T / 16) * pairsOf(4, 4), pairsOf(T / 4, T / 4)];
  return {
    dot: along(all, 0),
    gradient: [all, all * (3 * d + 2 * d + 1)],
    hard: [all, product(T, d, T) + T * d],
    bilinear: along(all, projections(1)),
    additive: [all, projections(2) + all * (d + d)],
    joined: [all, all * (product(1, 2 * d, d) + d + d)],
    self: along(all, projections(3)),
    heads: [8 * all, projections(4) + 8 * all * 2 * (d / 8)],
    cat: along(4 * all, 0),
    bird: along(all, projections(4)), // shorter than its pattern it is dense
    causal: along(pairsOf(T, T, (i, j) => j <= i), projections(4)),
    hybrid: along(wide, projections(4)),
    longformer: along(wide, projections(G === 0 ? 4 : 6) + product(G, d, d)),
    window: along(window, projections(4)),
    axial: along(axes, projections(8)),
    factorised: along(axes, product(T, 2 * d, d) + projections(8)),
    parallel: along(axes, 0),
    between: [betweenTiles, d * 4 * product(tiles, p * p, p * p) + 2 * p * p * betweenTiles],
    inner: along(inTile, projections(4)),
    cross: along(pairsOf(64, T), product(64, d, d) + projections(2)),
    structured: [
      pairsOf(8, T),
      product(T, d, d) + product(T, d, 8) + product(8, T, d) + product(8, T, 8),
    ],
    phrases: along(pairsOf(T, T, (i, j) => Math.floor(i / 16) === Math.floor(j / 16)), projections(4)),
    mapsImage: [inMaps + 4 * image, 2 * 2 * inMaps + 2 * 4 * 4 * image],
    mapsPatch: [inMaps + 4 * patch, 2 * 2 * inMaps + 2 * 4 * 4 * patch],
    token: along(T, 4 * product(1, d, d) + projections(2)),
    bahdanau: [T, product(1, d, d) + T * (d + d)],
    luong: along(T, product(1, 2 * d, d)),
  };
}

/** Rows at 256 places, radius 8, five global ones; from where a window of radius 16 is cheaper than looking at all. */
export function costExpected(): Expected {
  const rows = costCounted(256, 8, 5);
  const cheaper = (T: number): boolean => {
    let pairs = 0;
    for (let i = 0; i < T; i++) for (let j = 0; j < T; j++) if (Math.abs(i - j) <= 16) pairs++;
    return 4 * T * 64 ** 2 + 128 * pairs < 3 * T * 64 ** 2 + 128 * T * T;
  };
  let crossing = 1;
  while (!cheaper(crossing)) crossing++;
  return { "cost.rows": rows, "cost.crossing": crossing };
}
