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

/** The head before its first step, over the first ten words. */
export function learnExpected(_: Matrix, seed: number, words: readonly string[]): Expected {
  const { tokens, kinds } = kindsOf(words.slice(0, 10).map((word) => word.toLowerCase()));
  const { W_Q, W_K, W_V } = trainingAt(kinds.length, tokens.length, seed, 0).moments[0]!.head;
  const X = rowsOf(learnSource(tokens, kinds.length));
  const [Q, K, V] = [W_Q, W_K, W_V].map((W) => naiveMatmul(X, rowsOf(W)));
  const { weights, output } = naiveAttention(Q!, K!, V!, { scale: 1 / Math.sqrt(LEARN_WIDTH) });
  const losses = previousOf(tokens)
    .slice(1)
    .map((target, t) => -Math.log(naiveSoftmax(output[t + 1]!)[target!]!));
  return {
    "learn.map": rounded(weights.flat()),
    "learn.loss": losses.reduce((sum, x) => sum + x) / losses.length,
    "learn.kinds": kinds.length,
  };
}

/** Pairs at 256 places, radius 8, five global ones, counted one by one. */
export function costExpected(): Expected {
  const count = (sees: (i: number, j: number) => boolean): number => {
    let pairs = 0;
    for (let i = 0; i < 256; i++) for (let j = 0; j < 256; j++) if (sees(i, j)) pairs++;
    return pairs;
  };
  const near = (i: number, j: number): boolean => Math.abs(i - j) <= 8;
  const line = (i: number, j: number): boolean => Math.floor(i / 16) === Math.floor(j / 16);
  return {
    "cost.pairs": {
      self: count(() => true),
      causal: count((i, j) => j <= i),
      window: count(near),
      longformer: count((i, j) => near(i, j) || i < 5 || j < 5),
      phrases: count(line),
      axial: count(line) + count((i, j) => i % 16 === j % 16),
    },
  };
}
