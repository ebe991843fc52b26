import type { Matrix } from "../matrix.ts";
import { add } from "./entrywise.ts";
import { checkFunction, checkMatrix, checkOptions } from "../matrix.ts";

/** A mask (マスク): true where query `i` may attend to key `j` in this head. A single head is head 0. */
export type Allow = (i: number, j: number, head: number) => boolean;

/**
 * What changes the scores before softmax: where `allow` is false a key gets no weight, and `bias` (n, m) is
 * added.
 */
export interface ScoreOptions {
  readonly allow?: Allow | undefined;
  readonly bias?: Matrix | undefined;
}

/**
 * Scores with a bias added, and −∞ wherever attention is not allowed (スコアのマスク).
 *
 *     S'[i,j] = S[i,j] + bias[i,j] if allow(i, j, head), else −∞
 *
 *     S (n, m)   bias (n, m)   →   S' (n, m)
 *
 * Softmax gives weight exactly 0 to −∞. Whatever stood at a hidden cell, NaN included, is gone. Without mask
 * and bias the result is S itself, not a copy. `allow` is called once a cell, in row-major order.
 * Errors: TypeError unless `allow` is a function and the options have no other name, RangeError unless `bias`
 * has S's shape.
 */
export function maskScores(S: Matrix, options: ScoreOptions = {}, head: number = 0): Matrix {
  checkOptions("maskScores", options, ["allow", "bias"]);
  const { allow, bias } = options;
  checkMatrix("maskScores", "S", S);
  if (bias !== undefined) checkMatrix("maskScores", "bias", bias, S);
  if (allow !== undefined) checkFunction("maskScores", "allow", allow, "(i, j, head) => boolean");
  if (allow === undefined && bias === undefined) return S;
  const out = bias === undefined ? new Float32Array(S.data) : add(S, bias).data;
  if (allow !== undefined) {
    for (let i = 0, e = 0; i < S.rows; i++) {
      for (let j = 0; j < S.cols; j++, e++) if (!allow(i, j, head)) out[e] = -Infinity;
    }
  }
  return { rows: S.rows, cols: S.cols, data: out };
}

/**
 * A mask that allows only the past (因果マスク).
 *
 *     allow(i, j) = j ≤ i + offset
 *
 *     offset, an integer   →   a function of query i and key j
 *
 * Offset 0 (default) allows the query's own place and everything before, counted from the top-left corner; −1
 * what is strictly before; n_k − n_q aligns the last query with the last key.
 * Errors: TypeError unless `offset` is a number, RangeError unless it is an integer.
 */
export function causal(offset: number = 0): Allow {
  if (typeof offset !== "number") {
    throw new TypeError(`causal: offset must be a number; got ${typeof offset}`);
  }
  if (!Number.isInteger(offset)) {
    throw new RangeError(`causal: offset must be an integer; got ${offset}`);
  }
  return (i, j) => j <= i + offset;
}
