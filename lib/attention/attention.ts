import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { checkFunction, checkOptions, checkShapes, fromFunction } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { mix } from "../kernels/mix.ts";
import { sliceRows } from "../kernels/rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * A score function F (スコア関数): it says how strongly each query attends to each key.
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   →   scores (n_q, n_k)
 */
export type Score = (Q: Matrix, K: Matrix) => Matrix;

/**
 * A normaliser (正規化): it turns scores into weights that sum to 1 in each row. `softmaxRows`, `sparsemaxRows`,
 * `argmaxRows` and `softmaxAt(τ)` are normalisers.
 *
 *     S (n_q, n_k)   →   A (n_q, n_k)
 *
 * A score of −∞ marks a key that may not be seen: its weight must be 0. A row of −∞ alone must become zeros.
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
 *     n_q queries i, n_k keys j; each d is a number of features; K and V together are the memory (メモリ)
 *
 * f takes one query and one key, so F does not depend on the number of keys; `pairwise` makes F from f. The
 * `score` of the other classes is an F too:
 * `new Attention({ score: new BilinearAttention({ W_a }).score, normalize: sparsemaxRows })`. K and V may
 * come from different places, for example past hidden states and the outputs of those steps. A bias is added
 * between (1) and (2). A query without keys, or without allowed ones, gets zeros.
 * Cost: the cost of F, and n_q·n_k·d_v multiply-adds for (3).
 * Errors: TypeError unless `score` and `normalize` are functions; RangeError unless the shapes agree as
 * above.
 * Source: the generalisation in the study note, docs/attention.md, after Bahdanau et al. 2014 §3.1 (arXiv
 * 1409.0473) and Luong et al. 2015 §3 (arXiv 1508.04025).
 */
export class Attention {
  readonly score: Score;
  readonly normalize: Normalize;

  constructor(parts: { score: Score; normalize?: Normalize | undefined }) {
    checkOptions("Attention", parts, ["score", "normalize"], "parts");
    const { score, normalize = softmaxRows } = parts;
    checkFunction("Attention", "score", score, "(Q, K) => Matrix");
    checkFunction("Attention", "normalize", normalize, "(S) => Matrix");
    this.score = score;
    this.normalize = normalize;
  }

  /** Equations (1) to (3). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const where = "Attention.forward";
    const { n_q, n_k } = checkShapes(where, {
      Q: [Q, "n_q", "d_q"],
      K: [K, "n_k", "d_k"],
      V: [V, "n_k", "d_v"],
    });

    const S = this.score(Q, K); //                            (1) (n_q, n_k)
    checkShapes(where, { "score(Q, K)": [S, n_q, n_k] });
    const A = this.normalize(maskScores(S, options)); //      (2) (n_q, n_k), rows sum to 1
    checkShapes(where, { "normalize(S)": [A, n_q, n_k] });
    return { output: mix(A, V), weights: A }; //              (3) (n_q, d_v)
  }
}

/**
 * F from f (対ごとのスコア): lifts a function of one query and one key to all of them.
 *
 *     F(Q, K)[i,j] = f(q_i, k_j)                         (1)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   →   S (n_q, n_k)
 *     f takes q (1, d_q) and k (1, d_k) and returns a number; n_q queries i, n_k keys j
 *
 * Such an F cannot depend on the number of keys. Readable rather than fast: it calls f n_q·n_k times.
 * Errors: TypeError unless f is a function.
 * Source: study note, docs/attention.md.
 */
export function pairwise(f: (q: Matrix, k: Matrix) => number): Score {
  checkFunction("pairwise", "f", f, "(q, k) => number");
  const row = (M: Matrix, i: number): Matrix => sliceRows(M, i, i + 1);
  return (Q, K) => fromFunction(Q.rows, K.rows, (i, j) => f(row(Q, i), row(K, j))); // (1) (n_q, n_k)
}
