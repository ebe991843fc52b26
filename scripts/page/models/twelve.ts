/** How to compare: four score functions by three normalisers over the same words. */
import type { Matrix, Random } from "../../../lib/matrix.ts";
import type { Normalize, Score } from "../../../lib/attention/attention.ts";
import { AdditiveAttention } from "../../../lib/attention/additive-attention.ts";
import { Attention } from "../../../lib/attention/attention.ts";
import { BilinearAttention } from "../../../lib/attention/bilinear-attention.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { argmaxRows } from "../../../lib/kernels/argmax-rows.ts";
import { divideByTemperature } from "../../../lib/kernels/temperature-rows.ts";
import { fromFunction, randomGenerator } from "../../../lib/matrix.ts";
import { randomProjection } from "../../../lib/attention/heads.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../../lib/kernels/sparsemax-rows.ts";

export const SCORE_NAMES = ["dot", "scaled", "bilinear", "additive"] as const;
export const NORMALIZE_NAMES = ["softmax", "sparsemax", "hard"] as const;
export type ScoreName = (typeof SCORE_NAMES)[number];
export type NormalizeName = (typeof NORMALIZE_NAMES)[number];
export type CompareWrong = "right" | "weightless";

export interface CompareModel {
  /** The map of each pair of score and normaliser, by "score normaliser". */
  readonly maps: Readonly<Record<string, Matrix>>;
  /** The raw scores of each score function. */
  readonly scores: Readonly<Record<ScoreName, Matrix>>;
}

/** All twelve maps at a temperature: scores are divided by it before they are normalised. */
export function compareModel(
  X: Matrix,
  settings: { temperature: number; seed: number; wrong: CompareWrong },
): CompareModel {
  const { temperature, seed, wrong } = settings;
  const random = randomGenerator(seed);
  const dot = new DotProductAttention().score;
  const bilinear = BilinearAttention.random({ d_q: X.cols, d_k: X.cols }, random);
  const additive = additiveOf(X.cols, random);
  const functions: Readonly<Record<ScoreName, Score>> = {
    dot,
    scaled: (Q, K) => scale(dot(Q, K), 1 / Math.sqrt(K.cols)),
    bilinear: bilinear.score,
    additive: wrong === "weightless" ? weightless : additive.score,
  };
  const calm = (S: Matrix): Matrix => divideByTemperature(S, temperature);
  const normalizers: Readonly<Record<NormalizeName, Normalize>> = {
    softmax: (S) => softmaxRows(calm(S)),
    sparsemax: (S) => sparsemaxRows(calm(S)),
    hard: argmaxRows,
  };
  const maps: Record<string, Matrix> = {};
  for (const f of SCORE_NAMES) {
    for (const n of NORMALIZE_NAMES) {
      const attention = new Attention({ score: functions[f], normalize: normalizers[n] });
      maps[`${f} ${n}`] = attention.forward(X, X, X).weights;
    }
  }
  const scores = Object.fromEntries(SCORE_NAMES.map((f) => [f, functions[f](X, X)])) as Record<
    ScoreName,
    Matrix
  >;
  return { maps, scores };
}

/** Additive attention that has an opinion: as its source begins, v_a is zero and every map is flat. */
export function additiveOf(d: number, random: Random): AdditiveAttention {
  const [W_a, U_a] = [randomProjection(d, d, random), randomProjection(d, d, random)];
  return new AdditiveAttention({ W_a, U_a, v_a: randomProjection(d, 1, random) });
}

/** Additive attention without its weights: Σ tanh(q + k). */
function weightless(Q: Matrix, K: Matrix): Matrix {
  return fromFunction(Q.rows, K.rows, (i, j) => {
    let sum = 0;
    for (let c = 0; c < Q.cols; c++) sum += Math.tanh(Q.data[i * Q.cols + c]! + K.data[j * K.cols + c]!);
    return sum;
  });
}
