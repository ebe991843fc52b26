import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/**
 * Every query joined to every key (すべての対の連結): concat(query, key) for all pairs.
 *
 *     C[i·n_k + j,·] = [q_i ‖ k_j]
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   →   C (n_q·n_k, d_q + d_k)
 *
 * The numbers are copied. Cost: n_q·n_k·(d_q + d_k) numbers of memory.
 */
export function pairRows(Q: Matrix, K: Matrix): Matrix {
  checkMatrix("pairRows", "Q", Q);
  checkMatrix("pairRows", "K", K);
  const cols = Q.cols + K.cols;
  const out = new Float32Array(Q.rows * K.rows * cols);
  for (let i = 0, e = 0; i < Q.rows; i++) {
    const q = Q.data.subarray(i * Q.cols, (i + 1) * Q.cols);
    for (let j = 0; j < K.rows; j++, e += cols) {
      out.set(q, e);
      out.set(K.data.subarray(j * K.cols, (j + 1) * K.cols), e + Q.cols);
    }
  }
  return { rows: Q.rows * K.rows, cols, data: out };
}
