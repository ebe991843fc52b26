import type { Matrix, Random } from "../matrix.ts";
import type { Normalize, Score } from "./attention.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { argmaxRows } from "../kernels/argmax-rows.ts";
import { checkFinite, checkMatrix } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { mix } from "../kernels/mix.ts";
import { sampleRows } from "../kernels/sample-rows.ts";
import { divideByTemperature } from "../kernels/temperature-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Hard attention (ハード注意機構): each query takes one value whole, that of its best key.
 *
 *     S[i,·] = F(q_i, K)                                   (1)
 *     A[i,j] = 1 if j = argmax_j' S[i,j'], else 0          (2)
 *     o_i    = Σ_j A[i,j] v_j                              (3)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k), one-hot
 *     F any score function; n_q queries i, n_k keys j
 *
 * Ties go to the lowest index. The limit of `softmaxAt(τ)` as τ goes to 0 where the best key is unique. No
 * keys, or none allowed: zeros.
 * Cost: F's, n_q·n_k comparisons, n_q·d_v multiply-adds. Errors: as in `Attention`, whose `normalize:
 * argmaxRows` is the same.
 * Source: D-ATT, which names it beside softmax; to draw the key instead is Xu et al. 2015's reading,
 * `SampledAttention`.
 */
export class HardAttention {
  readonly score: Score;

  constructor({ score }: { score: Score }) {
    if (typeof score !== "function") {
      throw new TypeError(`HardAttention: score must be a function (Q, K) => Matrix; got ${typeof score}`);
    }
    this.score = score;
  }

  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    checkMatrix("HardAttention.forward", "Q", Q);
    checkMatrix("HardAttention.forward", "K", K);
    checkMatrix("HardAttention.forward", "V", V, { rows: K.rows });
    const S = this.score(Q, K); //                             (1) (n_q, n_k)
    checkMatrix("HardAttention.forward", "score(Q, K)", S, { rows: Q.rows, cols: K.rows });
    const A = argmaxRows(maskScores(S, options)); //           (2) one 1 in each row
    return { output: mix(A, V), weights: A }; //               (3) (n_q, d_v)
  }
}

/**
 * Stochastic hard attention (確率的ハード注意機構): each query draws one key, with soft attention's weights as
 * probabilities.
 *
 *     S[i,·] = F(q_i, K)                                   (1)
 *     α[i,·] = softmax(S[i,·])                             (2)
 *     s_i ~ Multinoulli(α[i,·]),  A[i,j] = 1 if j = s_i    (3)
 *     o_i    = Σ_j A[i,j] v_j                              (4)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), weights A (n_q, n_k), one-hot, probabilities α (n_q, n_k)
 *     F any score function; n_q queries i, n_k keys j
 *
 * The mean of many draws is soft attention. Training weighs log α[i,s_i] with the reward (REINFORCE): that is
 * why α is returned.
 * `random` is asked once per query that may see something. No keys, or none allowed: zeros.
 * Cost: F's, n_q·n_k exponentials, n_q·d_v multiply-adds. Errors: as in `Attention`, and TypeError unless
 * `random` is a function.
 * Source: Xu et al. 2015, "Show, Attend and Tell" §4.1; arXiv 1502.03044.
 */
export class SampledAttention {
  readonly score: Score;
  readonly random: Random;

  constructor({ score, random }: { score: Score; random: Random }) {
    if (typeof score !== "function") {
      throw new TypeError(`SampledAttention: score must be a function (Q, K) => Matrix; got ${typeof score}`);
    }
    if (typeof random !== "function") {
      throw new TypeError(`SampledAttention: random must be a function () => number; got ${typeof random}`);
    }
    this.score = score;
    this.random = random;
  }

  forward(
    Q: Matrix,
    K: Matrix,
    V: Matrix,
    options: ScoreOptions = {},
  ): { output: Matrix; weights: Matrix; probabilities: Matrix } {
    checkMatrix("SampledAttention.forward", "Q", Q);
    checkMatrix("SampledAttention.forward", "K", K);
    checkMatrix("SampledAttention.forward", "V", V, { rows: K.rows });
    const S = this.score(Q, K); //                             (1) (n_q, n_k)
    checkMatrix("SampledAttention.forward", "score(Q, K)", S, { rows: Q.rows, cols: K.rows });
    const alpha = softmaxRows(maskScores(S, options)); //      (2) rows sum to 1
    const A = sampleRows(alpha, this.random); //               (3) one 1 in each row
    return { output: mix(A, V), weights: A, probabilities: alpha }; // (4) (n_q, d_v)
  }
}

/**
 * Softmax at temperature τ (温度つきソフトマックス), the bridge between soft and hard: a normaliser for `Attention`.
 *
 *     A[i,·] = softmax(S[i,·] / τ)                         (1)
 *
 *     S (n_q, n_k)   →   A (n_q, n_k)
 *
 * τ > 0. Towards 0 it becomes `argmaxRows`, except that tied keys share; at 1 it is softmax; towards ∞ it
 * becomes uniform over what may be seen. No τ overflows. Nothing allowed: zeros. Cost: n_q·n_k exponentials.
 * Errors: RangeError unless τ is a finite number > 0.
 * Source: Hinton et al. 2015, "Distilling the Knowledge in a Neural Network" §2, Eq. 1; arXiv 1503.02531.
 */
export function softmaxAt(temperature: number): Normalize {
  checkFinite("softmaxAt", "temperature", temperature, 0);
  return (S) => softmaxRows(divideByTemperature(S, temperature)); //   (1) rows sum to 1
}
