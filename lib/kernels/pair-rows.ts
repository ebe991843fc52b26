import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, zeros } from "../matrix.ts";

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
  const out = zeros("pairRows", Q.rows * K.rows, cols);
  for (let i = 0, e = 0; i < Q.rows; i++) {
    const q = Q.data.subarray(i * Q.cols, (i + 1) * Q.cols);
    for (let j = 0; j < K.rows; j++, e += cols) {
      out.set(q, e);
      out.set(K.data.subarray(j * K.cols, (j + 1) * K.cols), e + Q.cols);
    }
  }
  return { rows: Q.rows * K.rows, cols, data: out };
}

/**
 * Every pair's row handed back to its query and to its key (連結の逆伝播): the gradient of `pairRows`.
 *
 *     dQ[i,·] = Σ_j dC[i·n_k + j, 0 … d_q − 1]
 *     dK[j,·] = Σ_i dC[i·n_k + j, d_q … d − 1]
 *
 *     dC (n_q·n_k, d), the query's d_q columns first   →   dQ (n_q, d_q), dK (n_k, d − d_q)
 *
 * Sums in doubles and rounds once to float32. No pairs give zeros.
 * Errors: RangeError unless dC has a row for each pair and d_q is not more than its columns.
 */
export function pairRowsGradient(
  dC: Matrix,
  { n_q, n_k, d_q }: { readonly n_q: number; readonly n_k: number; readonly d_q: number },
): { dQ: Matrix; dK: Matrix } {
  checkInteger("pairRowsGradient", "n_q", n_q, 0);
  checkInteger("pairRowsGradient", "n_k", n_k, 0);
  checkMatrix("pairRowsGradient", "dC", dC, { rows: n_q * n_k });
  checkInteger("pairRowsGradient", "d_q", d_q, 0, dC.cols);
  const d_k = dC.cols - d_q;
  const toQ = new Float64Array(n_q * d_q);
  const toK = new Float64Array(n_k * d_k);
  for (let i = 0, e = 0; i < n_q; i++) {
    for (let j = 0; j < n_k; j++) {
      for (let c = i * d_q; c < (i + 1) * d_q; c++, e++) toQ[c] = toQ[c]! + dC.data[e]!;
      for (let c = j * d_k; c < (j + 1) * d_k; c++, e++) toK[c] = toK[c]! + dC.data[e]!;
    }
  }
  return {
    dQ: { rows: n_q, cols: d_q, data: new Float32Array(toQ) },
    dK: { rows: n_k, cols: d_k, data: new Float32Array(toK) },
  };
}
