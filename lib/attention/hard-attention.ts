import type { Matrix, Random } from "../matrix.ts";
import type { Normalize, Score } from "./attention.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { argmaxRows } from "../kernels/argmax-rows.ts";
import { checkFinite, checkFunction, checkOptions, checkShapes } from "../matrix.ts";
import { divideByTemperature } from "../kernels/temperature-rows.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { mix } from "../kernels/mix.ts";
import { sampleRows } from "../kernels/sample-rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Hard attention (ハード注意機構): each query takes one value whole, that of its best key.
 *
 *     S[i,·] = F(q_i, K)                                   (1)
 *     A[i,j] = 1 if j = argmax_j' S[i,j'], else 0          (2)
 *     o_i    = Σ_j A[i,j] v_j                              (3)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), one-hot weights A (n_q, n_k)
 *     n_q queries i, n_k keys j; each d is a number of features; F is any score function
 *
 * Among equal scores the lowest index wins. Where the best key is unique, this is the limit of `softmaxAt(τ)`
 * as τ goes to 0. `Attention` with `normalize: argmaxRows` computes the same. A query without keys, or
 * without allowed ones, gets zeros. Cost: the cost of F, n_q·n_k comparisons and n_q·d_v multiply-adds.
 * Errors: TypeError unless `score` is a function; RangeError unless the shapes agree as above.
 * Source: study note, docs/attention.md, which names argmax beside softmax. Xu et al. 2015 draw the key
 * instead: `SampledAttention`.
 */
export class HardAttention {
  readonly score: Score;

  constructor(parts: { score: Score }) {
    checkOptions("HardAttention", parts, ["score"], "parts");
    const { score } = parts;
    checkFunction("HardAttention", "score", score, "(Q, K) => Matrix");
    this.score = score;
  }

  /** Equations (1) to (3). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix } {
    const where = "HardAttention.forward";
    const { n_q, n_k } = checkShapes(where, {
      Q: [Q, "n_q", "d_q"],
      K: [K, "n_k", "d_k"],
      V: [V, "n_k", "d_v"],
    });

    const S = this.score(Q, K); //                       (1) (n_q, n_k)
    checkShapes(where, { "score(Q, K)": [S, n_q, n_k] });
    const A = argmaxRows(maskScores(S, options)); //     (2) (n_q, n_k), one 1 in each row
    return { output: mix(A, V), weights: A }; //         (3) (n_q, d_v)
  }
}

/** The output (n_q, d_v), the key that each query drew, and the probabilities of that draw (n_q, n_k). */
export interface SampledResult {
  readonly output: Matrix;
  readonly weights: Matrix;
  readonly probabilities: Matrix;
}

/**
 * Stochastic hard attention (確率的ハード注意機構): each query draws one key, with the weights of soft attention as
 * probabilities.
 *
 *     S[i,·] = F(q_i, K)                                   (1)
 *     α[i,·] = softmax(S[i,·])                             (2)
 *     s_i ~ Multinoulli(α[i,·]),  A[i,j] = 1 if j = s_i    (3)
 *     o_i    = Σ_j A[i,j] v_j                              (4)
 *
 *     Q (n_q, d_q)   K (n_k, d_k)   V (n_k, d_v)   →   output O (n_q, d_v), one-hot weights A (n_q, n_k),
 *                                                      probabilities α (n_q, n_k)
 *     n_q queries i, n_k keys j; each d is a number of features; F is any score function
 *
 * The mean of many draws is soft attention. Training multiplies the gradient of log α[i,s_i] by the reward
 * (REINFORCE), so α is returned. `random` is called once for each query that may see a key. A query without
 * keys, or without allowed ones, gets zeros. Cost: the cost of F, n_q·n_k exponentials and n_q·d_v
 * multiply-adds.
 * Errors: TypeError unless `score` and `random` are functions; RangeError unless the shapes agree as above.
 * Source: Xu et al. 2015, "Show, Attend and Tell" §4.1; arXiv 1502.03044.
 */
export class SampledAttention {
  readonly score: Score;
  readonly random: Random;

  constructor(parts: { score: Score; random: Random }) {
    checkOptions("SampledAttention", parts, ["score", "random"], "parts");
    const { score, random } = parts;
    checkFunction("SampledAttention", "score", score, "(Q, K) => Matrix");
    checkFunction("SampledAttention", "random", random, "() => number");
    this.score = score;
    this.random = random;
  }

  /** Equations (1) to (4). `allow` hides keys from queries; `bias` (n_q, n_k) is added to S. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: ScoreOptions = {}): SampledResult {
    const where = "SampledAttention.forward";
    const { n_q, n_k } = checkShapes(where, {
      Q: [Q, "n_q", "d_q"],
      K: [K, "n_k", "d_k"],
      V: [V, "n_k", "d_v"],
    });

    const S = this.score(Q, K); //                                       (1) (n_q, n_k)
    checkShapes(where, { "score(Q, K)": [S, n_q, n_k] });
    const alpha = softmaxRows(maskScores(S, options)); //                (2) (n_q, n_k), rows sum to 1
    const A = sampleRows(alpha, this.random); //                         (3) (n_q, n_k), one 1 in each row
    return { output: mix(A, V), weights: A, probabilities: alpha }; //   (4) (n_q, d_v)
  }
}

/**
 * Softmax at temperature τ (温度つきソフトマックス), a normaliser for `Attention` between soft and hard.
 *
 *     A[i,·] = softmax(S[i,·] / τ)                         (1)
 *
 *     S (n_q, n_k)   →   A (n_q, n_k)
 *     n_q queries i, n_k keys; τ > 0
 *
 * As τ goes to 0, A goes to `argmaxRows`, except that equal scores share the weight. At τ = 1 it is softmax.
 * As τ goes to ∞, it becomes uniform over the allowed keys. No τ overflows. A row with no allowed key becomes
 * zeros.
 * Cost: n_q·n_k exponentials.
 * Errors: RangeError unless τ is a finite number > 0.
 * Source: Hinton et al. 2015, "Distilling the Knowledge in a Neural Network" §2, Eq. 1; arXiv 1503.02531.
 */
export function softmaxAt(temperature: number): Normalize {
  checkFinite("softmaxAt", "temperature", temperature, 0);
  return (S) => softmaxRows(divideByTemperature(S, temperature)); // (1) (n_q, n_k), rows sum to 1
}
