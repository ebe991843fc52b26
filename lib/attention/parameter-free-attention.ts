import type { Matrix } from "../matrix.ts";
import { checkInteger, checkNoOptions, checkShapes } from "../matrix.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { scale } from "../kernels/entrywise.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Parameter-free self-attention (パラメータなし自己注意), SA(X): each row becomes a mixture of the rows that resemble
 * it.
 *
 *     S = X Xᵀ / √d_x                              (1)
 *     A = softmax(S) by rows                       (2)
 *     SA(X) = A X                                  (3)
 *
 *     X (n, d_x)   →   output (n, d_x), weights A (n, n)
 *     n rows, d_x columns
 *
 * Without projections there are no parameters. S is symmetric; A in general is not. Equal rows stay equal:
 * until positions are added, two occurrences of one word cannot be told apart. Without rows the output has
 * none.
 * Cost: 2·n²·d_x multiply-adds.
 * Errors: RangeError unless X has at least one column.
 * Source: SA in the study note, docs/cross-attention.md, with d_x the number of columns. It is in neither of
 * the papers that the note names.
 */
export class ParameterFreeSelfAttention {
  /** Equations (1) to (3). */
  forward(X: Matrix): { output: Matrix; weights: Matrix } {
    checkNoOptions("ParameterFreeSelfAttention.forward", arguments.length, 1);
    const where = "ParameterFreeSelfAttention.forward";
    const { d_x } = checkShapes(where, { X: [X, "n", "d_x"] });
    checkInteger(where, "X.cols", d_x, 1); // because √0 would divide

    const S = scale(matmulTransposed(X, X), 1 / Math.sqrt(d_x)); //   (1) (n, n)
    const A = softmaxRows(S); //                                      (2) (n, n), rows sum to 1
    return { output: mix(A, X), weights: A }; //                      (3) (n, d_x)
  }
}

/**
 * Parameter-free cross-attention (パラメータなしクロスアテンション), CAT(Q, K, V): attention between three self-attended
 * matrices.
 *
 *     Q' = SA(Q),  K' = SA(K),  V' = SA(V)         (1)
 *     S = Q' K'ᵀ / √d_k                            (2)
 *     A = softmax(S) by rows                       (3)
 *     CAT(Q, K, V) = A V'                          (4)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   →   output (n_q, d_v), weights A (n_q, n_k)
 *     n_q queries, n_k keys; d_k features of a query and of a key, d_v of a value
 *
 * SA is `ParameterFreeSelfAttention`; SA(V) scales by V's own width d_v. Without keys the output is zeros.
 * Cost: 2·n_q²·d_k + 2·n_k²·d_k + 2·n_k²·d_v + n_q·n_k·(d_k + d_v) multiply-adds, more than plain attention.
 * Errors: RangeError unless the shapes agree as above, d_k ≥ 1 and d_v ≥ 1.
 * Source: the formula for CAT in the study note, docs/cross-attention.md. The CAT of Lin et al. 2021 (arXiv
 * 2106.05786) computes something else.
 */
export class ParameterFreeCrossAttention {
  /** Equations (1) to (4). */
  forward(Q: Matrix, K: Matrix, V: Matrix): { output: Matrix; weights: Matrix } {
    checkNoOptions("ParameterFreeCrossAttention.forward", arguments.length, 3);
    const where = "ParameterFreeCrossAttention.forward";
    const { d_k, d_v } = checkShapes(where, {
      Q: [Q, "n_q", "d_k"],
      K: [K, "n_k", "d_k"],
      V: [V, "n_k", "d_v"],
    });
    checkInteger(where, "Q.cols", d_k, 1);
    checkInteger(where, "V.cols", d_v, 1);

    const self = new ParameterFreeSelfAttention();
    const SA = (X: Matrix): Matrix => self.forward(X).output; //              (1) the shape of X
    const S = scale(matmulTransposed(SA(Q), SA(K)), 1 / Math.sqrt(d_k)); //   (2) (n_q, n_k)
    const A = softmaxRows(S); //                                              (3) (n_q, n_k), rows sum to 1
    return { output: mix(A, SA(V)), weights: A }; //                          (4) (n_q, d_v)
  }
}
