import type { AttentionHead } from "./heads.ts";
import type { GraphWeights, Neighbours } from "../graph/neighbours.ts";
import type { Matrix, Random } from "../matrix.ts";
import { checkFinite, checkInteger, checkMatrix, checkOptions, matrix } from "../matrix.ts";
import { checkHead, checkHeads, randomHead, randomProjection } from "./heads.ts";
import { checkNeighbours, headGraph } from "../graph/neighbours.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";
import { mixAt } from "../graph/mix-at.ts";
import { scale } from "../kernels/entrywise.ts";
import { scoresAt } from "../graph/scores-at.ts";
import { softmaxPairs } from "../graph/softmax-at.ts";

/** What the scores are multiplied by: 1/√d_k unless given. */
export interface NeighbourOptions {
  readonly scale?: number | undefined;
}

/**
 * The widths of fresh projections: d_model features of a token, shared out evenly among the heads. Without
 * biases unless `bias`.
 */
export interface SparseWidths {
  readonly d_model: number;
  readonly heads: number;
  readonly bias?: boolean | undefined;
}

/**
 * Scaled dot-product attention along a graph (グラフに沿った注意): query i sees the keys j ∈ N(i), and no others exist
 * for it.
 *
 *     S[i,j]  = q_i · k_j  for j ∈ N(i)            (1)
 *     S'[i,j] = S[i,j] / √d_k                      (2)
 *     A[i,·]  = softmax over N(i) of S'[i,·]       (3)
 *     o_i     = Σ_{j ∈ N(i)} A[i,j] v_j            (4)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   graph N of n_q queries, n_k keys   →   output O (n_q, d_v), weights A along the graph
 *     n_q queries i, n_k keys j, d_k and d_v features of a key and of a value
 *
 * `scale` replaces 1/√d_k by another number. N(i) empty: zeros. The same bits as dense attention with
 * allow(i, j) = j ∈ N(i).
 * Cost: d_k + d_v multiply-adds for each pair of the graph, and no more.
 * Errors: RangeError unless K has Q's columns, at least one, V has K's rows and the graph has Q's and K's
 * rows.
 * Source: Zaheer et al. 2020 §2 (the graph); Vaswani et al. 2017 §3.2.1 (the attention). D-GLOBAL.
 */
export function attendNeighbours(
  Q: Matrix,
  K: Matrix,
  V: Matrix,
  graph: Neighbours,
  options: NeighbourOptions = {},
): { output: Matrix; weights: GraphWeights } {
  checkMatrix("attendNeighbours", "Q", Q);
  checkInteger("attendNeighbours", "Q.cols", Q.cols, 1); // √0 would divide
  checkMatrix("attendNeighbours", "K", K, { cols: Q.cols });
  checkMatrix("attendNeighbours", "V", V, { rows: K.rows });
  checkNeighbours("attendNeighbours", "graph", graph, { queries: Q.rows, keys: K.rows });
  checkOptions("attendNeighbours", options, ["scale"]);
  if (options.scale !== undefined) checkFinite("attendNeighbours", "scale", options.scale);
  const d_k = K.cols;
  const S = scoresAt(Q, K, graph); //                                               (1) one number a pair
  const row = { rows: 1, cols: S.length, data: S };
  const scaled = scale(row, options.scale ?? 1 / Math.sqrt(d_k)); //                (2)
  const A = softmaxPairs(scaled.data, graph); //                                      (3) sums to 1 over each N(i)
  return { output: mixAt(A, V, graph), weights: { graph, values: A } }; //          (4) (n_q, d_v)
}

/** Queries, keys and values of one head, each source through its projection. */
export function projectHead(
  where: string,
  head: AttentionHead,
  Q: Matrix,
  K: Matrix,
  V: Matrix,
): { Q: Matrix; K: Matrix; V: Matrix } {
  checkHead(where, "head", head);
  checkMatrix(where, "Q", Q, { cols: head.W_Q.rows });
  checkMatrix(where, "K", K, { cols: head.W_K.rows });
  checkMatrix(where, "V", V, { rows: K.rows, cols: head.W_V.rows });
  return {
    Q: linear(Q, head.W_Q, head.b_Q),
    K: linear(K, head.W_K, head.b_K),
    V: linear(V, head.W_V, head.b_V),
  };
}

/**
 * Sparse attention (疎な注意): multi-head attention along any graph, one for all heads or one for each.
 *
 *     Q_m = Q W_m^Q + b_m^Q,  K_m = K W_m^K + b_m^K,  V_m = V W_m^V + b_m^V      (1)
 *     head_m = attention along N_m of Q_m, K_m, V_m (`attendNeighbours`)         (2)
 *     output = Concat(head_1, …, head_h) W^O + b^O                               (3)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   graphs of n_q queries and n_k keys   →   output (n_q, d_out), h weights
 *     h heads m; W_m^Q (d_query, d_k), W_m^K (d_key, d_k), W_m^V (d_value, d_v), W^O (h·d_v, d_out); biases are one row, or absent
 *
 * A pattern of one's own takes three lines: a graph from `union`, `restrict` and their kind, the call, and
 * `weights.map(toDense)`. A query that sees no key in any head: b^O. Cost beside the projections: h·(d_k +
 * d_v) multiply-adds a pair.
 * Errors: RangeError unless the heads are alike, W^O has h·d_v rows, and Q, K, V and the graphs fit.
 * Source: D-GLOBAL; the graph as in Zaheer et al. 2020 §2, the heads as in Vaswani et al. 2017 §3.2.2.
 */
export class SparseAttention {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;

  constructor({
    heads,
    W_O,
    b_O,
  }: {
    heads: readonly AttentionHead[];
    W_O: Matrix;
    b_O?: Matrix | undefined;
  }) {
    checkHeads("SparseAttention", heads);
    checkMatrix("SparseAttention", "W_O", W_O, { rows: heads.reduce((sum, head) => sum + head.W_V.cols, 0) });
    if (b_O !== undefined) checkMatrix("SparseAttention", "b_O", b_O, { rows: 1, cols: W_O.cols });
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
  }

  /** Fresh projections of d_model / heads columns a head, from `randomHead`. */
  static random({ d_model, heads: h, bias = false }: SparseWidths, random: Random): SparseAttention {
    checkInteger("SparseAttention.random", "heads", h, 1);
    checkInteger("SparseAttention.random", "d_model", d_model, 1);
    if (d_model % h !== 0) {
      throw new RangeError(
        `SparseAttention.random: d_model must be a multiple of heads = ${h}; got ${d_model}`,
      );
    }
    const heads = Array.from({ length: h }, () =>
      randomHead({ d_query: d_model, d_k: d_model / h, bias }, random),
    );
    return new SparseAttention({
      heads,
      W_O: randomProjection(d_model, d_model, random),
      b_O: bias ? matrix(1, d_model) : undefined,
    });
  }

  forward(
    Q: Matrix,
    K: Matrix,
    V: Matrix,
    graph: Neighbours | readonly Neighbours[],
  ): { output: Matrix; weights: GraphWeights[] } {
    const where = "SparseAttention.forward";
    const parts = this.heads.map((head, m) => {
      const { Q: Q_m, K: K_m, V: V_m } = projectHead(where, head, Q, K, V); //        (1) (n_q, d_k), (n_k, d_k), (n_k, d_v)
      const N_m = headGraph(where, graph, m, this.heads.length, { queries: Q.rows, keys: K.rows });
      return attendNeighbours(Q_m, K_m, V_m, N_m); //                                 (2) (n_q, d_v)
    });
    const joined = concatColumns(parts.map((head) => head.output));
    return { output: linear(joined, this.W_O, this.b_O), weights: parts.map((head) => head.weights) }; // (3) (n_q, d_out)
  }
}
