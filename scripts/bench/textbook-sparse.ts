import type { Matrix } from "../../lib/matrix.ts";
import type { Neighbours } from "../../lib/graph/neighbours.ts";
import { matrix } from "../../lib/matrix.ts";

/** Scores and sums along a graph as a textbook writes them: one key after the other. */
export function textbookScoresAt(Q: Matrix, K: Matrix, { queries, start, key }: Neighbours): Float32Array {
  const d = Q.cols;
  const q = Q.data;
  const k = K.data;
  const scores = new Float32Array(key.length);
  for (let i = 0; i < queries; i++) {
    for (let e = start[i]!; e < start[i + 1]!; e++) {
      const j = key[e]!;
      let sum = 0;
      for (let c = 0; c < d; c++) sum += q[i * d + c]! * k[j * d + c]!;
      scores[e] = sum;
    }
  }
  return scores;
}

export function textbookMixAt(A: Float32Array, V: Matrix, { queries, start, key }: Neighbours): Matrix {
  const d = V.cols;
  const v = V.data;
  const out = new Float32Array(queries * d);
  const sums = new Float64Array(d);
  for (let i = 0; i < queries; i++) {
    sums.fill(0);
    for (let e = start[i]!; e < start[i + 1]!; e++) {
      const j = key[e]!;
      const a = A[e]!;
      for (let c = 0; c < d; c++) sums[c]! += a * v[j * d + c]!;
    }
    for (let c = 0; c < d; c++) out[i * d + c] = sums[c]!;
  }
  return matrix(queries, d, out);
}

/**
 * Scores and sums of windows as a textbook writes them: one key after the other, a score of 0 where there is
 * none.
 */
export function textbookWindowScores(Q: Matrix, K: Matrix, radius: number): Matrix {
  const { rows: T, cols: d } = Q;
  const slots = 2 * radius + 1;
  const scores = new Float32Array(T * slots);
  for (let t = 0; t < T; t++) {
    for (let j = Math.max(0, t - radius); j < Math.min(T, t + radius + 1); j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += Q.data[t * d + c]! * K.data[j * d + c]!;
      scores[t * slots + j - t + radius] = sum;
    }
  }
  return matrix(T, slots, scores);
}

export function textbookWindowMix(A: Matrix, V: Matrix, radius: number): Matrix {
  const { rows: T, cols: d } = V;
  const out = new Float32Array(T * d);
  const sums = new Float64Array(d);
  for (let t = 0; t < T; t++) {
    sums.fill(0);
    for (let j = Math.max(0, t - radius); j < Math.min(T, t + radius + 1); j++) {
      const a = A.data[t * A.cols + j - t + radius]!;
      for (let c = 0; c < d; c++) sums[c]! += a * V.data[j * d + c]!;
    }
    for (let c = 0; c < d; c++) out[t * d + c] = sums[c]!;
  }
  return matrix(T, d, out);
}
