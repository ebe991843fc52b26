import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkMatrix, fromFunction } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { mix } from "../kernels/mix.ts";
import { sliceRows } from "../kernels/rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/** F: how strongly each query attends to each key. Q (n_q, d_q), K (n_k, d_k) → scores (n_q, n_k). */
export type Score = (Q: Matrix, K: Matrix) => Matrix;

/**
 * From scores to weights that sum to 1 in each row (正規化): `softmaxRows`, `sparsemaxRows`, `argmaxRows`,
 * `softmaxAt(τ)`. (n_q, n_k) → (n_q, n_k).
 *
 * A score of −∞, a key that may not be seen, must get weight 0; a row of −∞ alone must be all zeros.
 */
export type Normalize = (S: Matrix) => Matrix;

/**
 * Attention in its general form (注意機構): any score function F with any normaliser.
 *
 *     S[i,·] = F(q_i, K) = [f(q_i, k) for k in K]        (1)
 *     A[i,·] = Normalize(S[i,·])                         (2)
 *     Attention(q_i, K, V) = Σ_j A[i,j] v_j              (3)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries i, n_k keys j, d_q, d_k and d_v features; K and V together are the memory (メモリ)
 *
 * f sees one query and one key, so F does not know how many keys there are; `pairwise` makes F from f. The
 * other classes' `score` fits too:
 * `new Attention({ score: new BilinearAttention({ W_a }).score, normalize: sparsemaxRows })`. A bias is added
 * between (1) and (2). K and V may come from different places: past hidden states as keys, say, and what the
 * output layer gave at those steps as values. No keys, or none allowed: zeros. Cost: F's, and n_q·n_k·d_v
 * multiply-adds for (3).
 * Errors: TypeError unless `score` and `normalize` are functions, RangeError unless V has K's rows and both
 * give a matrix (n_q, n_k).
 * Source: D-ATT's generalisation, after Bahdanau et al. 2014 §3.1 (arXiv 1409.0473) and Luong et al. 2015 §3
 * (arXiv 1508.04025).
 */
export class Attention {
  readonly score: Score;
  readonly normalize: Normalize;

  constructor({ score, normalize = softmaxRows }: { score: Score; normalize?: Normalize | undefined }) {
    if (typeof score !== "function") {
      throw new TypeError(`Attention: score must be a function (Q, K) => Matrix; got ${typeof score}`);
    }
    if (typeof normalize !== "function") {
      throw new TypeError(`Attention: normalize must be a function (S) => Matrix; got ${typeof normalize}`);
    }
    this.score = score;
    this.normalize = normalize;
  }

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    checkMatrix("Attention.forward", "Q", Q);
    checkMatrix("Attention.forward", "K", K);
    checkMatrix("Attention.forward", "V", V, { rows: K.rows });
    const S = this.score(Q, K); //                            (1) (n_q, n_k)
    checkMatrix("Attention.forward", "score(Q, K)", S, { rows: Q.rows, cols: K.rows });
    const A = this.normalize(maskScores(S, options)); //      (2) rows sum to 1
    checkMatrix("Attention.forward", "normalize(S)", A, S);
    return { output: mix(A, V), weights: A }; //              (3) (n_q, d_v)
  }
}

/**
 * F from f (対ごとのスコア): lifts a function of one query and one key to all of them.
 *
 *     F(Q, K)[i,j] = f(q_i, k_j)                         (1)
 *
 *     f: q (1, d_q), k (1, d_k) → number;   Q (n_q, d_q)   K (n_k, d_k)   →   S (n_q, n_k)
 *
 * So made, F cannot know the number of keys. Readable rather than fast: n_q·n_k calls of f.
 * Source: D-ATT.
 */
export function pairwise(f: (q: Matrix, k: Matrix) => number): Score {
  if (typeof f !== "function") {
    throw new TypeError(`pairwise: f must be a function (q, k) => number; got ${typeof f}`);
  }
  const row = (M: Matrix, i: number): Matrix => sliceRows(M, i, i + 1);
  return (Q, K) => fromFunction(Q.rows, K.rows, (i, j) => f(row(Q, i), row(K, j))); // (1)
}
