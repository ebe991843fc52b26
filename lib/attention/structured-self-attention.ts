import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { add, scale, squaredNorm } from "../kernels/entrywise.ts";
import { checkInteger, checkMatrix, identity } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul, matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { randomProjection } from "./heads.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { tanh } from "../kernels/activations.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * Structured self-attention (構造化自己注意): r learned rows ask a sentence of any length, and it becomes r vectors.
 *
 *     S = (tanh(H W_s1) W_s2)ᵀ                     (1)
 *     A = softmax(S) by rows                       (2)
 *     M = A H                                      (3)
 *     P = ‖A Aᵀ − I‖²_F                            (4)
 *
 *     H (n, 2u) hidden states   W_s1 (2u, d_a)   W_s2 (d_a, r)   →   output M (r, 2u), weights A (r, n), penalty P
 *     n positions, 2u features of a bidirectional state, d_a units, r rows of attention, I the (r, r) identity
 *
 * The queries are the columns of W_s2, not tokens. P is small when each row looks at few places and no two at
 * the same: 0 for distinct one-hot rows, r² − r when all look at one place. `allow(i, j)`: row i, position j.
 * Nothing allowed: zeros, and each such row adds 1 to P.
 * Cost: n·(2u·d_a + d_a·r + 2u·r) + r²·n multiply-adds and n·d_a tanh.
 * Errors: RangeError unless H has W_s1's rows as columns and W_s2 has W_s1's columns as rows.
 * Source: Lin et al. 2017, "A Structured Self-attentive Sentence Embedding" §2.1–2.2, Eq. 6–8 (their W are
 * the transposes); arXiv 1703.03130. D-ATT.
 */
export class StructuredSelfAttention {
  readonly W_s1: Matrix;
  readonly W_s2: Matrix;

  constructor({ W_s1, W_s2 }: { W_s1: Matrix; W_s2: Matrix }) {
    checkMatrix("StructuredSelfAttention", "W_s1", W_s1);
    checkMatrix("StructuredSelfAttention", "W_s2", W_s2, { rows: W_s1.cols });
    this.W_s1 = W_s1;
    this.W_s2 = W_s2;
  }

  static random(
    { d_hidden, d_a, r }: { d_hidden: number; d_a: number; r: number },
    random: Random,
  ): StructuredSelfAttention {
    checkInteger("StructuredSelfAttention.random", "d_hidden", d_hidden, 1);
    checkInteger("StructuredSelfAttention.random", "d_a", d_a, 1);
    checkInteger("StructuredSelfAttention.random", "r", r, 1);
    return new StructuredSelfAttention({
      W_s1: randomProjection(d_hidden, d_a, random),
      W_s2: randomProjection(d_a, r, random),
    });
  }

  forward(H: Matrix, options: ScoreOptions = {}): { output: Matrix; weights: Matrix; penalty: number } {
    checkMatrix("StructuredSelfAttention.forward", "H", H, { cols: this.W_s1.rows });
    const S = transpose(matmul(tanh(matmul(H, this.W_s1)), this.W_s2)); //               (1) (r, n)
    const A = softmaxRows(maskScores(S, options)); //                                    (2) rows sum to 1
    const M = mix(A, H); //                                                              (3) (r, 2u)
    const P = squaredNorm(add(matmulTransposed(A, A), scale(identity(A.rows), -1))); //  (4)
    return { output: M, weights: A, penalty: P };
  }
}
