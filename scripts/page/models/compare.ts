/** One word compared with all in four ways, and each row of scores normalised in three. */
import type { Matrix } from "../../../lib/matrix.ts";
import type { Normalize, Score } from "../../../lib/attention/attention.ts";
import { AdditiveAttention } from "../../../lib/attention/additive-attention.ts";
import { Attention } from "../../../lib/attention/attention.ts";
import { BilinearAttention } from "../../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../../lib/attention/concat-attention.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { argmaxRows } from "../../../lib/kernels/argmax-rows.ts";
import { concatRows, sliceRows } from "../../../lib/kernels/rows.ts";
import { divideByTemperature } from "../../../lib/kernels/temperature-rows.ts";
import { fromFunction, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxAt } from "../../../lib/attention/hard-attention.ts";
import { sparsemaxRows } from "../../../lib/kernels/sparsemax-rows.ts";

export const SCORE_NAMES = ["dot", "scaled", "bilinear", "additive"] as const;
export type ScoreName = (typeof SCORE_NAMES)[number];

export const NORMAL_NAMES = ["softmax", "sparsemax", "hard"] as const;
export type NormalName = (typeof NORMAL_NAMES)[number];

/** The weights of the untrained comparisons. */
export interface CompareWeights {
  readonly W: Matrix;
  readonly W_a: Matrix;
  readonly U_a: Matrix;
  readonly v_a: Matrix;
}

export interface CompareModel {
  /** The scores of the query by each F, before any temperature. */
  readonly scores: Readonly<Record<ScoreName, Matrix>>;
  /** For each F the weights (3, T), one row for each normaliser. */
  readonly maps: Readonly<Record<ScoreName, Matrix>>;
  /** How far the joined form of the additive score is from the split form. */
  readonly joined: number;
}

/** Units of the additive layer. */
const COMPARE_UNITS = 8;

/** Weights drawn large enough for differences to show: published ones start near 0. */
export function compareWeights(d: number, seed: number): CompareWeights {
  const normal = gaussian(randomGenerator(seed));
  const drawn = (rows: number, cols: number, width: number): Matrix => fromFunction(rows, cols, () => width * normal());
  const side = 1 / Math.sqrt(d);
  return {
    W: drawn(d, d, 0.5 * side),
    W_a: drawn(d, COMPARE_UNITS, side),
    U_a: drawn(d, COMPARE_UNITS, side),
    v_a: drawn(COMPARE_UNITS, 1, 1),
  };
}

/** One row of X asks all rows. */
export function compareModel(X: Matrix, settings: { query: number; temperature: number; seed: number }): CompareModel {
  const { query, temperature, seed } = settings;
  const { W, W_a, U_a, v_a } = compareWeights(X.cols, seed);
  const Q = sliceRows(X, query, query + 1);
  const dot = new DotProductAttention().score;
  const additive = new AdditiveAttention({ W_a, U_a, v_a }).score;
  const concat = new ConcatAttention({ W_a: concatRows([W_a, U_a]), v_a }).score;
  const F: Readonly<Record<ScoreName, Score>> = {
    dot,
    scaled: (q, K) => scale(dot(q, K), 1 / Math.sqrt(K.cols)),
    bilinear: new BilinearAttention({ W_a: W }).score,
    additive,
  };
  const rules: Readonly<Record<NormalName, Normalize>> = {
    softmax: softmaxAt(temperature),
    sparsemax: (S) => sparsemaxRows(divideByTemperature(S, temperature)),
    hard: argmaxRows,
  };
  const each = <T>(make: (name: ScoreName) => T): Record<ScoreName, T> => ({
    dot: make("dot"),
    scaled: make("scaled"),
    bilinear: make("bilinear"),
    additive: make("additive"),
  });
  const rowsOfF = (name: ScoreName): Matrix =>
    concatRows(NORMAL_NAMES.map((rule) => new Attention({ score: F[name], normalize: rules[rule] }).forward(Q, X, X).weights));
  const [split, whole] = [additive(Q, X), concat(Q, X)];
  return {
    scores: each((name) => F[name](Q, X)),
    maps: each(rowsOfF),
    joined: split.data.reduce((most, s, j) => Math.max(most, Math.abs(s - whole.data[j]!)), 0),
  };
}

/** The temperature at a place of its slider: 2^(n/4). */
export function temperatureAt(n: number): number {
  return Math.pow(2, n / 4);
}
