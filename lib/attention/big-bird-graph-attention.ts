import type { AttentionHead } from "./heads.ts";
import type { Matrix } from "../matrix.ts";
import type { Neighbours } from "../graph/neighbours.ts";
import type { SparseResult } from "./sparse-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendNeighbours } from "./sparse-attention.ts";
import { checkHeads, project } from "./heads.ts";
import { checkNoOptions, checkOptions, checkShapes } from "../matrix.ts";
import { headGraph } from "../graph/neighbours.ts";

/**
 * BigBird's equation (BigBird の式) as the paper writes it: on any graph, not scaled, heads added up, the
 * residual inside.
 *
 *     Q_h = X W_h^Q + b_h^Q,  K_h = X W_h^K + b_h^K,  V_h = X W_h^V + b_h^V        (1)
 *     o_h,i = softmax(Q_h(x_i) K_h(X_N(i))ᵀ) · V_h(X_N(i))                         (2)
 *     Attn(X)_i = x_i + Σ_h o_h,i                                                  (3)
 *
 *     X (T, d)   graph: one for all heads, or one each   →   output (T, d), weights of each head along it
 *     W_h^Q (d, m)   W_h^K (d, m)   W_h^V (d, d); biases are one row, or absent
 *     T tokens i, also of each graph N; heads h; X_N(i) the rows of X that i sees; m features of a query
 *
 * It is multi-head attention with W_h^V W_h^O in the place of W_h^V, for the same scale. If N(i) is empty,
 * the output is x_i itself. Cost beside the projections: heads·(m + d) multiply-adds a pair.
 * Errors: RangeError unless the heads are alike, each W_h^V is as wide as X, and the graphs have T queries
 * and keys.
 * Source: Zaheer et al. 2020, "Big Bird" §2, Eq. AT, with σ = softmax; arXiv 2007.14062. The paper's proofs
 * use this form, its code the form of `BigBirdAttention`.
 */
export class BigBirdGraphAttention {
  readonly heads: readonly AttentionHead[];

  constructor(parts: { heads: readonly AttentionHead[] }) {
    const where = "BigBirdGraphAttention";
    checkOptions(where, parts, ["heads"], "parts");
    const { heads } = parts;
    checkHeads(where, heads);
    heads.forEach(({ W_V }, h) => checkShapes(where, { [`heads[${h}].W_V`]: [W_V, "d", "d"] }));
    this.heads = heads;
  }

  /** The sum of all heads and X, each head along the one graph or along its own. */
  forward(X: Matrix, graph: Neighbours | readonly Neighbours[]): SparseResult {
    checkNoOptions("BigBirdGraphAttention.forward", arguments.length, 2);
    const where = "BigBirdGraphAttention.forward";
    this.heads.forEach(({ W_V }) => checkShapes(where, { X: [X, "T", W_V.rows] }));

    const heads = this.heads.map((head, h) => {
      const { Q: Q_h, K: K_h, V: V_h } = project(where, head, { Q: X, K: X, V: X }); // (1) Q_h (T, m)
      const N_h = headGraph(where, graph, h, this.heads.length, { queries: X.rows, keys: X.rows });
      return attendNeighbours(Q_h, K_h, V_h, N_h, { scale: 1 }); //                     (2) (T, d)
    });

    const output = heads.reduce((sum, { output: o_h }) => add(sum, o_h), X); //         (3) (T, d)
    return { output, weights: heads.map(({ weights }) => weights) };
  }
}
