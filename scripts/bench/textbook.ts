import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { matrix } from "../../lib/matrix.ts";
import { textbookMatmul } from "../../lib/kernels/matmul.ts";

/**
 * Equations as a textbook writes them, where `lib` has no textbook loop of its own: loops in the order of the
 * letters, a sum in a local variable, every index written out. They are honest opponents: typed arrays, no
 * calls in the inner loop, nothing allocated in a loop.
 */
export function textbookMatmulTransposed(A: Matrix, B: Matrix): Matrix {
  const n = A.rows;
  const K = A.cols;
  const m = B.rows;
  const a = A.data;
  const b = B.data;
  const c = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += a[i * K + k]! * b[j * K + k]!;
      c[i * m + j] = sum;
    }
  }
  return matrix(n, m, c);
}

export function textbookSoftmax(S: Matrix): Matrix {
  const n = S.rows;
  const m = S.cols;
  const s = S.data;
  const a = new Float32Array(n * m);
  for (let i = 0; i < n; i++) {
    let max = -Infinity;
    for (let j = 0; j < m; j++) if (s[i * m + j]! > max) max = s[i * m + j]!;
    let sum = 0;
    for (let j = 0; j < m; j++) {
      const e = Math.exp(s[i * m + j]! - max);
      a[i * m + j] = e;
      sum += e;
    }
    for (let j = 0; j < m; j++) a[i * m + j]! /= sum;
  }
  return matrix(n, m, a);
}

/** softmax(Q Kᵀ / √d) V, the scores scaled and masked where they are made. */
export function textbookAttention(
  Q: Matrix,
  K: Matrix,
  V: Matrix,
  allow?: Allow | undefined,
): { output: Matrix; weights: Matrix } {
  const n = Q.rows;
  const m = K.rows;
  const d = Q.cols;
  const q = Q.data;
  const k = K.data;
  const scores = new Float32Array(n * m);
  const root = Math.sqrt(d);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let c = 0; c < d; c++) sum += q[i * d + c]! * k[j * d + c]!;
      scores[i * m + j] = allow === undefined || allow(i, j, 0) ? sum / root : -Infinity;
    }
  }
  const weights = textbookSoftmax(matrix(n, m, scores));
  return { output: textbookMatmul(weights, V), weights };
}
