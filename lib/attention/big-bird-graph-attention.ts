import type { AttentionHead } from "./heads.ts";
import type { GraphWeights, Neighbours } from "../graph/neighbours.ts";
import type { Matrix } from "../matrix.ts";
import { add } from "../kernels/entrywise.ts";
import { attendNeighbours, projectHead } from "./sparse-attention.ts";
import { checkHeads } from "./heads.ts";
import { checkMatrix } from "../matrix.ts";
import { headGraph } from "../graph/neighbours.ts";

/**
 * BigBird's equation (BigBird の式) as the paper writes it: on any graph, not scaled, heads added up, the
 * residual inside.
 *
 *     Q_h = X W_h^Q + b_h^Q,  K_h = X W_h^K + b_h^K,  V_h = X W_h^V + b_h^V        (1)
 *     o_h,i = softmax(Q_h(x_i) K_h(X_N(i))ᵀ) · V_h(X_N(i))                         (2)
 *     Attn(X)_i = x_i + Σ_h o_h,i                                                  (3)
 *
 *     X (T, d)   graph N of T tokens, one for all heads or one each   →   output (T, d), weights along the graph a head
 *     T tokens i, heads h, X_N(i) the rows of X that i sees; W_h^Q, W_h^K (d, m), W_h^V (d, d), m features of a query
 *
 * It is multi-head attention with W_h^V W_h^O in the place of W_h^V, for the same scale. N(i) empty: x_i
 * itself.
 * Cost beside the projections: heads·(m + d) multiply-adds a pair. Errors: RangeError unless the heads are
 * alike, each W_h^V is as wide as X, and the graphs have T queries and keys.
 * Source: Zaheer et al. 2020, "Big Bird" §2, Eq. AT, with σ = softmax; arXiv 2007.14062. Its proofs use this
 * form, its code `BigBirdAttention`.
 */
export class BigBirdGraphAttention {
  readonly heads: readonly AttentionHead[];

  constructor({ heads }: { heads: readonly AttentionHead[] }) {
    checkHeads("BigBirdGraphAttention", heads);
    heads.forEach(({ W_V }, m) =>
      checkMatrix("BigBirdGraphAttention", `heads[${m}].W_V`, W_V, { rows: W_V.rows, cols: W_V.rows }),
    );
    this.heads = heads;
  }

  forward(X: Matrix, graph: Neighbours | readonly Neighbours[]): { output: Matrix; weights: GraphWeights[] } {
    const where = "BigBirdGraphAttention.forward";
    this.heads.forEach(({ W_V }) => checkMatrix(where, "X", X, { cols: W_V.rows }));
    const parts = this.heads.map((head, h) => {
      const { Q: Q_h, K: K_h, V: V_h } = projectHead(where, head, X, X, X); //        (1) (T, m), (T, m), (T, d)
      const N_h = headGraph(where, graph, h, this.heads.length, { queries: X.rows, keys: X.rows });
      return attendNeighbours(Q_h, K_h, V_h, N_h, { scale: 1 }); //                                (2) (T, d)
    });
    const output = parts.reduce((sum, { output: o_h }) => add(sum, o_h), X); // (3) (T, d)
    return { output, weights: parts.map((head) => head.weights) };
  }
}
