/** Expected numbers of the scenes with a grid, and of the training, from the oracle. */
import type { Expected } from "./expected.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { DRAWINGS, gridFeatures } from "../../scripts/page/models/rows-and-columns.ts";
import { FactorizedAttention } from "../../lib/attention/factorized-attention.ts";
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
import { randomHead } from "../../lib/attention/heads.ts";

const rounded = (list: readonly number[]): number[] => list.map((x) => Math.round(x * 1e5) / 1e5);

/** Attention along one axis of the grid, and what each cell has then: the map of each line, by its number. */
interface Pass {
  readonly maps: Rows[];
  readonly output: Rows;
}

const LINE = Array.from({ length: 8 }, (_, n) => n);

/** A pass down the columns (axis 0) or along the rows (axis 1), each line by itself. */
function naivePass(X: Rows, axis: 0 | 1, head: Head, W_O?: Matrix): Pass {
  const at = (line: number, t: number): number => (axis === 0 ? 8 * t + line : 8 * line + t);
  const output: Rows = [];
  const maps = LINE.map((line) => {
    const seen = naiveMap(fromRows(LINE.map((t) => X[at(line, t)]!)), head);
    const out = W_O === undefined ? seen.output : naiveMatmul(seen.output, rowsOf(W_O));
    out.forEach((row, t) => (output[at(line, t)] = row));
    return seen.weights;
  });
  return { maps, output };
}

type Head = Parameters<typeof naiveMap>[1];

/** What a pixel sees in the three pictures of the scene. */
interface Seen {
  readonly columns: number[];
  readonly rows: number[];
  readonly composed: number[];
}

/** What pixel (i, j) sees, by the orders of the passes; `in turn` takes the first pass's output into the second. */
function seenOn(ink: readonly number[], kind: string, seed: number, [i, j]: readonly [number, number]): Seen {
  const X = rowsOf(gridFeatures(ink));
  const random = randomGenerator(seed);
  const grid = (at: (a: number, b: number) => number): number[] => LINE.flatMap((a) => LINE.map((b) => at(a, b)));
  const inColumn = (C: Pass): number[] => grid((a, b) => (b === j ? C.maps[j]![i]![a]! : 0));
  const inRow = (R: Pass): number[] => grid((a, b) => (a === i ? R.maps[i]![j]![b]! : 0));
  const columnsFirst = (C: Pass, R: Pass): Seen => ({
    columns: inColumn(C),
    rows: inRow(R),
    composed: grid((a, b) => R.maps[i]![j]![b]! * C.maps[b]![i]![a]!),
  });
  const added = (C: Pass, R: Pass): Seen => {
    const [columns, rows] = [inColumn(C), inRow(R)];
    return { columns, rows, composed: columns.map((w, n) => w + rows[n]!) };
  };
  const width = { d_query: 8, d_k: 8 };
  if (kind === "parallel") {
    const lateral = randomHead(width, random);
    return added(naivePass(X, 0, lateral), naivePass(X, 1, randomHead(width, random)));
  }
  if (kind === "factorised") {
    const { W_0, lateral, longitudinal } = FactorizedAttention.random({ d_model: 8, heads: 1 }, random);
    const mean = (cells: readonly number[]): number[] =>
      X[0]!.map((_, c) => cells.reduce((sum, cell) => sum + X[cell]![c]!, 0) / 8);
    const fused = LINE.flatMap((a) =>
      LINE.map((b) => [...mean(LINE.map((t) => 8 * a + t)), ...mean(LINE.map((t) => 8 * t + b))]),
    );
    const C = naivePass(naiveMatmul(fused, rowsOf(W_0)), 0, lateral.heads[0]!, lateral.W_O);
    return columnsFirst(C, naivePass(C.output, 1, longitudinal.heads[0]!));
  }
  const { alongColumns, alongRows } = AxialAttention.random({ d_model: 8, heads: 1, combine: "sum" }, random);
  const [down, along] = [alongColumns.heads[0]!, alongRows.heads[0]!];
  if (kind === "sum") return added(naivePass(X, 0, down), naivePass(X, 1, along));
  if (kind === "rows then columns") {
    const R = naivePass(X, 1, along, alongRows.W_O);
    const C = naivePass(R.output, 0, down);
    const composed = grid((a, b) => C.maps[j]![i]![a]! * R.maps[a]![j]![b]!);
    return { columns: inColumn(C), rows: inRow(R), composed };
  }
  if (kind === "transpose") {
    const C = naivePass(X, 1, down, alongColumns.W_O);
    const R = naivePass(C.output, 1, along);
    const through = (b: number): number => LINE.reduce((sum, m) => sum + R.maps[i]![j]![m]! * C.maps[i]![m]![b]!, 0);
    return { columns: inRow(C), rows: inRow(R), composed: grid((a, b) => (a === i ? through(b) : 0)) };
  }
  const C = naivePass(X, 0, down, alongColumns.W_O);
  return columnsFirst(C, naivePass(C.output, 1, along));
}

/** What pixel (2, 3) of the ring sees by each mechanism, order and mistake; of each drawing; and another pixel. */
export function gridExpected(_: Matrix, seed: number): Expected {
  const kinds = ["columns then rows", "rows then columns", "sum", "factorised", "parallel", "transpose"];
  const ring = Object.fromEntries(kinds.map((kind) => [kind, seenOn(DRAWINGS.ring, kind, seed, [2, 3])]));
  const on = (ink: readonly number[]): number[] => rounded(seenOn(ink, kinds[0]!, seed, [2, 3]).composed);
  const { columns, rows, composed } = ring[kinds[0]!]!;
  const from = composed.indexOf(Math.max(...composed));
  const [a, b] = [Math.floor(from / 8), from % 8];
  const before = seenOn(DRAWINGS.ring, kinds[0]!, seed, [2, b]).columns;
  return {
    "grid.composed": Object.fromEntries(kinds.map((kind) => [kind, rounded(ring[kind]!.composed)])),
    "grid.passes": [rounded(columns), rounded(rows)],
    "grid.path": [from, rows[8 * 2 + b]!, before[8 * a + b]!],
    "grid.drawings": Object.fromEntries(Object.entries(DRAWINGS).map(([name, ink]) => [name, on(ink)])),
    "grid.pressed": on([0, ...DRAWINGS.ring]),
    "grid.other": rounded(seenOn(DRAWINGS.ring, kinds[0]!, seed, [0, 7]).composed),
    "grid.dragged": on([...DRAWINGS.empty, 0, 1, 2]),
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
