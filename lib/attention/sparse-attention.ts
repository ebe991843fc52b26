import type { AttentionHead } from "./heads.ts";
import type { GraphWeights, Neighbours } from "../graph/neighbours.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { PairBias } from "../graph/bias-at.ts";
import { checkBoolean, checkFinite, checkFunction } from "../matrix.ts";
import { checkInteger, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { checkNeighbours, headGraph } from "../graph/neighbours.ts";
import { checkOutput, project, randomHead, randomProjection } from "./heads.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";
import { mixAt } from "../graph/mix-at.ts";
import { add, scale } from "../kernels/entrywise.ts";
import { scoresAt } from "../graph/scores-at.ts";
import { softmaxPairs } from "../graph/softmax-at.ts";
import { biasAt } from "../graph/bias-at.ts";

/** The factor of the scores, 1/√d_k unless given, and what is added to them: `bias(i, j, 0)`, or nothing. */
export interface NeighbourOptions {
  readonly scale?: number | undefined;
  readonly bias?: PairBias | undefined;
}

/**
 * The widths of fresh projections: d_model features of a token, shared out evenly among the heads.
 * Default: no bias.
 */
export interface SparseWidths {
  readonly d_model: number;
  readonly heads: number;
  readonly bias?: boolean | undefined;
}

/** The projections of each head, W^O, and b^O or none. */
export interface SparseParameters {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O?: Matrix | undefined;
}

/** What is added to the score of a pair in a head. Default: nothing. */
export interface SparseOptions {
  readonly bias?: PairBias | undefined;
}

/** The bias of head m alone, as `attendNeighbours` takes it. */
export function biasOfHead(bias: PairBias | undefined, m: number): PairBias | undefined {
  if (bias === undefined) return undefined;
  checkFunction("biasOfHead", "bias", bias, "(i, j, head) => number");
  return (i, j) => bias(i, j, m);
}

/** The output of all heads together, and the weights of each head along its graph. */
export interface SparseResult {
  readonly output: Matrix;
  readonly weights: GraphWeights[];
}

/**
 * Scaled dot-product attention along a graph (グラフに沿った注意): query i attends to the keys j ∈ N(i) only.
 *
 *     S[i,j]  = q_i · k_j  for j ∈ N(i)            (1)
 *     S'[i,j] = S[i,j] / √d_k + B[i,j]             (2)
 *     A[i,·]  = softmax over N(i) of S'[i,·]       (3)
 *     o_i     = Σ_{j ∈ N(i)} A[i,j] v_j            (4)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   graph N   →   output O (n_q, d_v), weights A along N
 *     n_q queries i and n_k keys j, of Q, K and V and of the graph; d_k features of a key, d_v of a value
 *
 * `scale` replaces 1/√d_k. B is `bias`, a function of the places, or 0: ALiBi's slope times the distance, or
 * T5's table, along any graph. If N(i) is empty, o_i is zeros. The result has the same bits as dense
 * attention with allow(i, j) = j ∈ N(i). Cost: d_k + d_v multiply-adds for each pair of the graph, and no
 * more.
 * Errors: RangeError unless the shapes agree as above and d_k ≥ 1.
 * Source: Zaheer et al. 2020 §2 (the graph); Vaswani et al. 2017 §3.2.1 (the attention); study note,
 * docs/global-and-sparse.md.
 */
export function attendNeighbours(
  Q: Matrix,
  K: Matrix,
  V: Matrix,
  graph: Neighbours,
  options: NeighbourOptions = {},
): { output: Matrix; weights: GraphWeights } {
  const where = "attendNeighbours";
  const { n_q, n_k, d_k } = checkShapes(where, {
    Q: [Q, "n_q", "d_k"],
    K: [K, "n_k", "d_k"],
    V: [V, "n_k", "d_v"],
  });
  checkInteger(where, "Q.cols", d_k, 1); // √0 would divide
  checkNeighbours(where, "graph", graph, { queries: n_q, keys: n_k });
  checkOptions(where, options, ["scale", "bias"]);
  if (options.scale !== undefined) checkFinite(where, "scale", options.scale);

  const S = scoresAt(Q, K, graph); //                                      (1) one number a pair
  const row = matrix(1, S.length, S);
  const scaled = scale(row, options.scale ?? 1 / Math.sqrt(d_k)); //       (2) one number a pair
  const biased = addBiasAt(scaled, graph, options.bias); //                (2) one number a pair
  const A = softmaxPairs(biased.data, graph); //                           (3) sums to 1 over each N(i)
  return { output: mixAt(A, V, graph), weights: { graph, values: A } }; // (4) (n_q, d_v)
}

/** Scaled scores, one number a pair, with the bias of the pairs. Without a bias they are what they were. */
function addBiasAt(scaled: Matrix, graph: Neighbours, bias: PairBias | undefined): Matrix {
  return bias === undefined ? scaled : add(scaled, matrix(1, scaled.cols, biasAt(graph, bias)));
}

/**
 * Sparse attention (疎な注意): multi-head attention along any graph, one for all heads or one for each.
 *
 *     Q_m = Q W_m^Q + b_m^Q,  K_m = K W_m^K + b_m^K,  V_m = V W_m^V + b_m^V      (1)
 *     head_m = attention along N_m of Q_m, K_m, V_m (`attendNeighbours`)         (2)
 *     output = Concat(head_1, …, head_h) W^O + b^O                               (3)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   graph: N or h graphs N_m
 *     →   output (n_q, d_out), weights: h times the weights along N_m
 *     W_m^Q (d_query, d_k)   W_m^K (d_key, d_k)   W_m^V (d_value, d_v)   W^O (h·d_v, d_out)
 *     h heads m; graphs of n_q queries and n_k keys; each bias is one row, or absent
 *
 * A pattern of one's own takes three lines: a graph from `union`, `restrict` and their kind, the call, and
 * `weights.map(toDense)`. A query without keys in any head gets b^O.
 * Cost beside the projections: h·(d_k + d_v) multiply-adds a pair.
 * Errors: RangeError unless the heads are alike, and the shapes and the graphs agree as above.
 * Source: study note, docs/global-and-sparse.md; the graph as in Zaheer et al. 2020 §2, the heads as in
 * Vaswani et al. 2017 §3.2.2.
 */
export class SparseAttention {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;

  constructor(parts: SparseParameters) {
    checkOptions("SparseAttention", parts, ["heads", "W_O", "b_O"], "parts");
    const { heads, W_O, b_O } = parts;
    checkOutput("SparseAttention", { heads, W_O, b_O });
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
  }

  /** Fresh projections of d_model / heads columns a head, from `randomHead`; biases are zeros. */
  static random(widths: SparseWidths, random: Random): SparseAttention {
    const where = "SparseAttention.random";
    checkOptions(where, widths, ["d_model", "heads", "bias"], "widths");
    const { d_model, heads: h, bias = false } = widths;
    checkBoolean(where, "bias", bias);
    checkInteger(where, "heads", h, 1);
    checkInteger(where, "d_model", d_model, 1);
    if (d_model % h !== 0) {
      throw new RangeError(`${where}: d_model must be a multiple of heads = ${h}; got ${d_model}`);
    }
    const head = (): AttentionHead => randomHead({ d_query: d_model, d_k: d_model / h, bias }, random);
    const heads = Array.from({ length: h }, head);
    const W_O = randomProjection(d_model, d_model, random);
    return new SparseAttention({ heads, W_O, b_O: bias ? matrix(1, d_model) : undefined });
  }

  /**
   * Attention of all heads, each along the one graph or along its own; `bias(i, j, head)` is added in (2).
   */
  forward(
    Q: Matrix,
    K: Matrix,
    V: Matrix,
    graph: Neighbours | readonly Neighbours[],
    options: SparseOptions = {},
  ): SparseResult {
    const where = "SparseAttention.forward";
    checkOptions(where, options, ["bias"]);
    const heads = this.heads.map((head, m) => {
      const { Q: Q_m, K: K_m, V: V_m } = project(where, head, { Q, K, V }); // (1) Q_m (n_q, d_k)
      const N_m = headGraph(where, graph, m, this.heads.length, { queries: Q.rows, keys: K.rows });
      const bias = biasOfHead(options.bias, m);
      return attendNeighbours(Q_m, K_m, V_m, N_m, { bias }); //                (2) (n_q, d_v)
    });

    const joined = concatColumns(heads.map(({ output }) => output));
    const output = linear(joined, this.W_O, this.b_O); //                      (3) (n_q, d_out)
    return { output, weights: heads.map(({ weights }) => weights) };
  }
}
