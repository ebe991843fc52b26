import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, matrix } from "../matrix.ts";
import { concatRows, sliceRows } from "./rows.ts";
import { expBelowZero } from "./exp-below-zero.ts";
import { matmulTransposed } from "./matmul.ts";
import { mix } from "./mix.ts";

/**
 * What n queries carry from one block of keys to the next: the greatest score so far, the sum of the
 * exponentials that belong to it, and the sum of the values that these weigh.
 *
 *     m (n, 1)   l (n, 1)   O (n, d_v)
 */
export interface OnlineState {
  readonly m: Matrix;
  readonly l: Matrix;
  readonly O: Matrix;
}

/**
 * The keys of one block, and who does not see them.
 *
 * `stretches` are rows first … end − 1 of K and of V, which stand in the block one after the other. `hidden`
 * are cells (query, first … end − 1) of the block's scores, in columns of the block: this query does not see
 * them.
 */
export interface KeyBlock {
  readonly stretches: readonly (readonly [first: number, end: number])[];
  readonly hidden: readonly (readonly [query: number, first: number, end: number])[];
}

/** Before the first block: m = −∞, l = 0, O = 0. */
export function onlineStart(n: number, d_v: number): OnlineState {
  checkInteger("onlineStart", "n", n, 0);
  checkInteger("onlineStart", "d_v", d_v, 0);
  return { m: matrix(n, 1, new Float32Array(n).fill(-Infinity)), l: matrix(n, 1), O: matrix(n, d_v) };
}

/**
 * One step of a softmax whose scores come block by block (オンライン・ソフトマックス).
 *
 *     S[i,j]  = q_i · k_j,  −∞ where query i does not see key j                (1)
 *     m'_i    = max(m_i, max_j S[i,j])                                         (2)
 *     P[i,j]  = exp(S[i,j] − m'_i)                                             (3)
 *     l'_i    = l_i · exp(m_i − m'_i) + Σ_j P[i,j]                             (4)
 *     O'[i,·] = O[i,·] · exp(m_i − m'_i) + Σ_{j : P[i,j] ≠ 0} P[i,j] V[j,·]    (5)
 *
 *     Q (n, d)   K (n_k, d)   V (n_k, d_v)   state m, l (n, 1), O (n, d_v)   →   the next state
 *     n queries i, n_k keys, of which the j are those of the block; d features of a key, d_v of a value
 *
 * Where the maximum grows, what was summed up before shrinks by exp(m − m'), as if the new maximum had been
 * known from the start. Keys outside the block are not read, and nothing hidden (NaN, ∞) can show. A query
 * that has seen no key stays at m = −∞. Sums in doubles, rounds to float32 once a block.
 * Cost: d + d_v multiply-adds and one exponential for each cell of the block.
 * Errors: RangeError unless the shapes agree as above, and stretches and cells lie inside K and the block.
 * Source: Milakov and Gimelshein 2018, "Online normalizer calculation for softmax" §3, arXiv 1805.02867.
 */
export function onlineSoftmax(state: OnlineState, Q: Matrix, K: Matrix, V: Matrix, block: KeyBlock): OnlineState {
  checkOnline("onlineSoftmax", state, Q, K, V, block);
  const n = Q.rows;
  const d_v = V.cols;
  const S = hideCells(matmulTransposed(Q, joinStretches(K, block)), block.hidden); // (1)
  const keys = S.cols;
  const m = new Float32Array(n);
  const l = new Float32Array(n);
  const shrink = new Float64Array(n);
  const P = new Float32Array(n * keys);
  for (let i = 0; i < n; i++) {
    const old = state.m.data[i]!;
    let max = old;
    for (let e = i * keys; e < (i + 1) * keys; e++) max = Math.max(max, S.data[e]!);
    m[i] = max; //                                                                    (2)
    if (max === -Infinity) continue; // no key seen yet: l and O stay 0

    let sum = 0;
    for (let e = i * keys; e < (i + 1) * keys; e++) {
      const p = expBelowZero(S.data[e]! - max);
      P[e] = p; //                                                                    (3)
      sum += p;
    }
    shrink[i] = expBelowZero(old - max);
    l[i] = state.l.data[i]! * shrink[i]! + sum; //                                    (4)
  }
  const added = mix(matrix(n, keys, P), joinStretches(V, block));
  const O = new Float32Array(n * d_v);
  for (let i = 0, e = 0; i < n; i++) {
    for (let c = 0; c < d_v; c++, e++) {
      O[e] = state.O.data[e]! * shrink[i]! + added.data[e]!; //                       (5)
    }
  }
  return { m: matrix(n, 1, m), l: matrix(n, 1, l), O: matrix(n, d_v, O) };
}

/**
 * After the last block: O[i,·] / l_i, and zeros for a query that saw no key.
 *
 *     state l (n, 1), O (n, d_v)   →   output (n, d_v)
 */
export function onlineOutput({ l, O }: OnlineState): Matrix {
  checkMatrix("onlineOutput", "O", O);
  checkMatrix("onlineOutput", "l", l, { rows: O.rows, cols: 1 });
  const { rows, cols, data: o } = O;
  const data = new Float32Array(rows * cols);
  for (let i = 0, e = 0; i < rows; i++) {
    const sum = l.data[i]!;
    for (let c = 0; c < cols; c++, e++) data[e] = sum === 0 ? 0 : o[e]! / sum;
  }
  return { rows, cols, data };
}

/**
 * Throws unless the state, the matrices and the block fit each other. Returns the number of the block's keys.
 */
export function checkOnline(
  where: string,
  { m, l, O }: OnlineState,
  Q: Matrix,
  K: Matrix,
  V: Matrix,
  { stretches, hidden }: KeyBlock,
): number {
  checkMatrix(where, "Q", Q);
  checkMatrix(where, "K", K, { cols: Q.cols });
  checkMatrix(where, "V", V, { rows: K.rows });
  checkMatrix(where, "m", m, { rows: Q.rows, cols: 1 });
  checkMatrix(where, "l", l, { rows: Q.rows, cols: 1 });
  checkMatrix(where, "O", O, { rows: Q.rows, cols: V.cols });
  let keys = 0;
  for (const [first, end] of stretches) {
    checkInteger(where, "a stretch's end", end, 0, K.rows);
    checkInteger(where, "a stretch's first key", first, 0, end);
    keys += end - first;
  }
  for (const [i, first, end] of hidden) {
    checkInteger(where, "a hidden cell's query", i, 0, Q.rows - 1);
    checkInteger(where, "a hidden cell's end", end, 0, keys);
    checkInteger(where, "a hidden cell's first key", first, 0, end);
  }
  return keys;
}

/** The rows of the block's keys, one after the other: a view where they are one stretch. */
function joinStretches(M: Matrix, { stretches }: KeyBlock): Matrix {
  const parts = stretches.map(([first, end]) => sliceRows(M, first, end));
  return parts.length === 1 ? parts[0]! : concatRows([matrix(0, M.cols), ...parts]);
}

/** Scores with −∞ in the hidden cells. S is a fresh matrix of the caller's. */
function hideCells(S: Matrix, hidden: KeyBlock["hidden"]): Matrix {
  for (const [i, first, end] of hidden) S.data.fill(-Infinity, i * S.cols + first, i * S.cols + end);
  return S;
}
