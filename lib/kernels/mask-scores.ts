import type { Matrix } from "../matrix.ts";
import { checkMatrix, checkOptions } from "../matrix.ts";

/** Who may see whom: true when query `i` may attend to key `j` in this head (0 where there is only one). */
export type Allow = (i: number, j: number, head: number) => boolean;

/**
 * What is laid over the scores: where `allow` is false a key gets no weight at all, `bias` (n_q, n_k) is
 * added to the scores.
 */
export interface ScoreOptions {
  readonly allow?: Allow | undefined;
  readonly bias?: Matrix | undefined;
}

/**
 * Scores with a bias added, and −∞ wherever attention is not allowed (マスク), so that softmax gives weight
 * exactly 0 there.
 *
 *     S'[i,j] = S[i,j] + bias[i,j] if allow(i, j, head), else −∞;   S (n, m), bias (n, m) → S' (n, m); without either, S itself and not a copy
 *
 * Whatever stood at a hidden cell, NaN included, is gone. `allow` is called once a cell, in row-major order.
 * Errors: TypeError if `allow` is not a function or another name is among the options, RangeError if `bias`
 * is not shaped like S.
 */
export function maskScores(S: Matrix, options: ScoreOptions = {}, head: number = 0): Matrix {
  checkOptions("maskScores", options, ["allow", "bias"]);
  const { allow, bias } = options;
  checkMatrix("maskScores", "S", S);
  if (bias !== undefined) checkMatrix("maskScores", "bias", bias, S);
  if (allow !== undefined && typeof allow !== "function") {
    throw new TypeError(`maskScores: allow must be a function (i, j, head) => boolean; got ${typeof allow}`);
  }
  if (allow === undefined && bias === undefined) return S;
  const out = new Float32Array(S.data);
  for (let i = 0, e = 0; i < S.rows; i++) {
    for (let j = 0; j < S.cols; j++, e++) {
      if (bias !== undefined) out[e] = out[e]! + bias.data[e]!;
      if (allow !== undefined && !allow(i, j, head)) out[e] = -Infinity;
    }
  }
  return { rows: S.rows, cols: S.cols, data: out };
}

/**
 * Only the past (因果マスク): query i sees the keys j ≤ i + offset.
 *
 * offset 0 (default) is itself and everything before, counted from the top-left corner; −1 strictly before;
 * n_k − n_q lines the last query up with the last key.
 */
export function causal(offset: number = 0): Allow {
  if (typeof offset !== "number") {
    throw new TypeError(`causal: offset must be a number; got ${typeof offset}`);
  }
  if (!Number.isInteger(offset)) throw new RangeError(`causal: offset must be an integer; got ${offset}`);
  return (i, j) => j <= i + offset;
}
