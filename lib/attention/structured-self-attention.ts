import type { Matrix, Random } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { add, scale, squaredNorm } from "../kernels/entrywise.ts";
import { checkInteger, checkOptions, checkShapes, identity } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmul, matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { randomProjection } from "./heads.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { tanh } from "../kernels/activations.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * The widths of a fresh structured self-attention: 2u = d_hidden features, d_a units, r rows of attention.
 */
export interface StructuredWidths {
  readonly d_hidden: number;
  readonly d_a: number;
  readonly r: number;
}

/** The output M (r, 2u), the weights A (r, n) and the penalty P. */
export interface StructuredResult {
  readonly output: Matrix;
  readonly weights: Matrix;
  readonly penalty: number;
}

/**
 * Structured self-attention (構造化自己注意): r learned rows of attention turn a sentence of any length into r
 * vectors.
 *
 *     S = (tanh(H W_s1) W_s2)ᵀ                     (1)
 *     A = softmax(S) by rows                       (2)
 *     M = A H                                      (3)
 *     P = ‖A Aᵀ − I‖²_F                            (4)
 *
 *     H (n, 2u)   W_s1 (2u, d_a)   W_s2 (d_a, r)   →   output M (r, 2u), weights A (r, n), penalty P
 *     n positions, 2u features of a hidden state of both directions, d_a units, r rows of attention,
 *     I the (r, r) identity
 *
 * The queries are the columns of W_s2, not tokens. P is small when each row looks at few positions and no two
 * rows look at the same: it is 0 for distinct one-hot rows, and r² − r when all rows look at one position. A
 * row that may see no position gives zeros and adds 1 to P.
 * Cost: n·(2u·d_a + d_a·r + 2u·r) + r²·n multiply-adds and n·d_a tanh.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Lin et al. 2017, "A Structured Self-attentive Sentence Embedding" §2.1–2.2, Eq. 6–8, whose W are
 * the transposes of these; arXiv 1703.03130. Study note, docs/attention.md.
 */
export class StructuredSelfAttention {
  readonly W_s1: Matrix;
  readonly W_s2: Matrix;

  constructor(parts: { W_s1: Matrix; W_s2: Matrix }) {
    checkOptions("StructuredSelfAttention", parts, ["W_s1", "W_s2"], "parts");
    const { W_s1, W_s2 } = parts;
    checkShapes("StructuredSelfAttention", { W_s1: [W_s1, "2u", "d_a"], W_s2: [W_s2, "d_a", "r"] });
    this.W_s1 = W_s1;
    this.W_s2 = W_s2;
  }

  /** Fresh W_s1 and W_s2 from `randomProjection`. */
  static random(widths: StructuredWidths, random: Random): StructuredSelfAttention {
    const where = "StructuredSelfAttention.random";
    checkOptions(where, widths, ["d_hidden", "d_a", "r"], "widths");
    const { d_hidden, d_a, r } = widths;
    checkInteger(where, "d_hidden", d_hidden, 1);
    checkInteger(where, "d_a", d_a, 1);
    checkInteger(where, "r", r, 1);
    const W_s1 = randomProjection(d_hidden, d_a, random);
    const W_s2 = randomProjection(d_a, r, random);
    return new StructuredSelfAttention({ W_s1, W_s2 });
  }

  /** Equations (1) to (4). `allow(i, j)` is for row i and position j; `bias` (r, n) is added to S. */
  forward(H: Matrix, options: ScoreOptions = {}): StructuredResult {
    checkShapes("StructuredSelfAttention.forward", { H: [H, "n", this.W_s1.rows] });

    const h = tanh(matmul(H, this.W_s1));
    const S = transpose(matmul(h, this.W_s2)); //                    (1) (r, n)
    const A = softmaxRows(maskScores(S, options)); //                (2) (r, n), rows sum to 1
    const M = mix(A, H); //                                          (3) (r, 2u)
    const minusI = scale(identity(A.rows), -1);
    const P = squaredNorm(add(matmulTransposed(A, A), minusI)); //   (4) one number
    return { output: M, weights: A, penalty: P };
  }
}
