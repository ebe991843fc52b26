import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { scale } from "../kernels/entrywise.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/**
 * Parameter-free self-attention (パラメータなし自己注意), SA(X): every row becomes a mixture of the rows that resemble
 * it.
 *
 *     S = X Xᵀ / √d_x                              (1)
 *     A = softmax(S) by rows                       (2)
 *     SA(X) = A X                                  (3)
 *
 *     X (n, d_x)   →   output (n, d_x), weights A (n, n);   n rows, d_x columns
 *
 * No projections, hence no parameters. S is symmetric, A in general is not. Equal rows stay equal: until
 * positions are added, two occurrences of one word cannot be told apart. No rows: none. Cost: 2·n²·d_x
 * multiply-adds.
 * Errors: RangeError unless X has at least one column.
 * Source: D-CROSS's SA, with d_x the number of columns; in neither of the papers it names.
 */
export class ParameterFreeSelfAttention {
  forward(X: Matrix): { output: Matrix; weights: Matrix } {
    checkMatrix("ParameterFreeSelfAttention.forward", "X", X);
    checkInteger("ParameterFreeSelfAttention.forward", "X.cols", X.cols, 1); // √0 would divide
    const d_x = X.cols;
    const S = scale(matmulTransposed(X, X), 1 / Math.sqrt(d_x)); //        (1) (n, n)
    const A = softmaxRows(S); //                                           (2) rows sum to 1
    return { output: mix(A, X), weights: A }; //                           (3) (n, d_x)
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
 *     n_q queries, n_k keys, d_k and d_v features; SA is `ParameterFreeSelfAttention`, V's with its own width
 *
 * No keys: zeros. Cost: 2·n_q²·d_k + 2·n_k²·d_k + 2·n_k²·d_v + n_q·n_k·(d_k + d_v) multiply-adds: dearer than
 * plain attention.
 * Errors: RangeError unless K has Q's columns and V has K's rows, and each at least one column.
 * Source: D-CROSS's formula for CAT; the CAT of Lin et al. 2021 (arXiv 2106.05786) computes something else.
 */
export class ParameterFreeCrossAttention {
  forward(Q: Matrix, K: Matrix, V: Matrix): { output: Matrix; weights: Matrix } {
    checkMatrix("ParameterFreeCrossAttention.forward", "Q", Q);
    checkMatrix("ParameterFreeCrossAttention.forward", "K", K, { cols: Q.cols });
    checkMatrix("ParameterFreeCrossAttention.forward", "V", V, { rows: K.rows });
    checkInteger("ParameterFreeCrossAttention.forward", "Q.cols", Q.cols, 1);
    checkInteger("ParameterFreeCrossAttention.forward", "V.cols", V.cols, 1);
    const d_k = K.cols;
    const SA = (X: Matrix): Matrix => new ParameterFreeSelfAttention().forward(X).output; // (1)
    const S = scale(matmulTransposed(SA(Q), SA(K)), 1 / Math.sqrt(d_k)); //                  (2) (n_q, n_k)
    const A = softmaxRows(S); //                                                             (3) rows sum to 1
    return { output: mix(A, SA(V)), weights: A }; //                                         (4) (n_q, d_v)
  }
}
