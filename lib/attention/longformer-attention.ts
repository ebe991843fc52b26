import type { AttentionHead } from "./heads.ts";
import type { GraphWeights, Neighbours } from "../graph/neighbours.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { SparseWidths } from "./sparse-attention.ts";
import { SparseAttention, attendNeighbours, projectHead } from "./sparse-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { addWeights } from "../graph/maps.ts";
import { causal } from "../kernels/mask-scores.ts";
import { checkHead, fuseHeads } from "./heads.ts";
import { checkInteger, checkMatrix, checkOptions } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { gatherGlobal, globalIndices } from "../kernels/gather-global.ts";
import { globalTokens, slidingWindow } from "../graph/patterns.ts";
import { restrict, withoutPadding, union } from "../graph/algebra.ts";
import { linear } from "../kernels/linear.ts";
import { replaceRows } from "../kernels/rows.ts";

/**
 * One head's projections for local queries, those for the queries of global tokens, and how far apart its
 * window's keys lie (1 unless given).
 */
export interface LongformerHead {
  readonly local: AttentionHead;
  readonly global: AttentionHead;
  readonly dilation?: number | undefined;
}

/**
 * The projections of each head, W^O and b^O, how far the window reaches to each side, and whether only the
 * past is seen (no, unless given).
 */
export interface LongformerParameters {
  readonly heads: readonly LongformerHead[];
  readonly W_O: Matrix;
  readonly b_O?: Matrix | undefined;
  readonly radius: number;
  readonly causal?: boolean | undefined;
}

/**
 * Which tokens are global (indices, or one boolean each), and which are real, not padding (one boolean each;
 * all unless given).
 */
export interface LongformerOptions {
  readonly globals?: readonly number[] | readonly boolean[] | undefined;
  readonly real?: readonly boolean[] | undefined;
}

/**
 * Longformer's attention (Longformer の注意): a sliding window, and a few global tokens that see all and are
 * seen by all.
 *
 *     N(i) = {i + m·δ : |m| ≤ r} ∪ globals,  and every token if i is global           (1)
 *     Q = X W^Q + b^Q,  K = X W^K + b^K,  V = X W^V + b^V                             (2)
 *     o_i = attention of q_i over k_j and v_j, j ∈ N(i),  for i not global            (3)
 *     Q' = X_globals W'^Q + b'^Q,  K' = X W'^K + b'^K,  V' = X W'^V + b'^V            (4)
 *     o_i = attention of q'_i over k'_j and v'_j, j ∈ N(i),  for i global             (5)
 *     output = Concat(O of head 1, …, O of head h) W^O + b^O                          (6)
 *
 *     X (T, d_model)   →   output (T, d_out), weights along one graph (T, T) a head
 *     T tokens i, j, G of them global; radius r, dilation δ of the head; a prime marks the global projection set, which alike has
 *     W^Q and W^K (d_model, d_k), W^V (d_model, d_v); W^O (h·d_v, d_out); "attention" is `attendNeighbours`
 *
 * A global token inside a window counts once, and local queries meet it through the unprimed set. `causal`
 * takes j > i away everywhere. Padding neither sees nor is seen: zeros before W^O. Ends: cut; any T works.
 * Without globals (4), (5) are skipped.
 * Cost of a head beside W^O, for d_k = d_v = d: (5T + G)·d_model·d multiply-adds (3T without globals), and 2d
 * for each pair of N.
 * Errors: RangeError unless the heads are alike in both sets, W^O has h·d_v rows, and X, globals and real
 * fit.
 * Source: Beltagy et al. 2020, "Longformer" §3.1 and §3.2; arXiv 2004.05150. D-GLOBAL.
 */
export class LongformerAttention {
  readonly heads: readonly LongformerHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
  readonly radius: number;
  readonly causal: boolean;

  constructor({ heads, W_O, b_O, radius, causal = false }: LongformerParameters) {
    const first = heads[0];
    if (first === undefined) {
      throw new RangeError("LongformerAttention: heads must hold at least 1 head; got 0");
    }
    for (const set of ["local", "global"] as const) {
      heads.forEach((head, m) => {
        checkHead("LongformerAttention", `heads[${m}].${set}`, head[set]);
        checkMatrix("LongformerAttention", `heads[${m}].${set}.W_Q`, head[set].W_Q, first.local.W_Q);
        checkMatrix("LongformerAttention", `heads[${m}].${set}.W_K`, head[set].W_K, first.local.W_Q);
        checkMatrix("LongformerAttention", `heads[${m}].${set}.W_V`, head[set].W_V, {
          rows: first.local.W_Q.rows,
          cols: first.local.W_V.cols,
        });
        checkInteger("LongformerAttention", `heads[${m}].dilation`, head.dilation ?? 1, 1);
      });
    }
    checkMatrix("LongformerAttention", "W_O", W_O, { rows: heads.length * first.local.W_V.cols });
    if (b_O !== undefined) checkMatrix("LongformerAttention", "b_O", b_O, { rows: 1, cols: W_O.cols });
    checkInteger("LongformerAttention", "radius", radius, 0);
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
    this.radius = radius;
    this.causal = causal;
  }

  /**
   * Fresh projections of d_model / heads columns a head; as in the paper the global set starts as a copy of
   * the local one.
   */
  static random(widths: SparseWidths & { radius: number }, random: Random): LongformerAttention {
    const { heads, W_O, b_O } = SparseAttention.random(widths, random);
    // the fused form of one head is a copy of it
    const sets = heads.map((local) => ({ local, global: fuseHeads([local]) }));
    return new LongformerAttention({ heads: sets, W_O, b_O, radius: widths.radius });
  }

  /**
   * The graph of (1) for T tokens in a head of this dilation: pairs and their reasons, before anything is
   * computed.
   */
  graph(T: number, options: LongformerOptions = {}, dilation: number = 1): Neighbours {
    checkOptions("LongformerAttention.graph", options, ["globals", "real"]);
    const { globals = [], real } = options;
    const places = globalIndices("LongformerAttention.graph", globals, T);
    const seen = union(slidingWindow(T, this.radius, { dilation }), globalTokens(T, places)); // (1)
    const past = this.causal ? restrict(seen, causal()) : seen;
    return real === undefined ? past : withoutPadding(past, real, real);
  }

  forward(X: Matrix, options: LongformerOptions = {}): { output: Matrix; weights: GraphWeights[] } {
    const where = "LongformerAttention.forward";
    checkOptions(where, options, ["globals", "real"]);
    this.heads.forEach(({ local }) => checkMatrix(where, "X", X, { cols: local.W_Q.rows }));
    const places = globalIndices(where, options.globals ?? [], X.rows);
    const isGlobal = new Set(places);
    const parts = this.heads.map(({ local, global, dilation }) => {
      const N = this.graph(X.rows, options, dilation); //                             (1) (T, T)
      const { Q, K, V } = projectHead(where, local, X, X, X); //                      (2) (T, d_k), (T, d_k), (T, d_v)
      const near = attendNeighbours(
        Q,
        K,
        V,
        restrict(N, (i) => !isGlobal.has(i)),
      ); //                    (3) zeros where i is global
      if (places.length === 0) return near;
      const primed = projectHead(where, global, gatherGlobal(X, places), X, X); //    (4) (G, d_k), (T, d_k), (T, d_v)
      const asking = replaceRows(Q, places, primed.Q); // (T, d_k): only the rows of global tokens are used
      const far = attendNeighbours(
        asking,
        primed.K,
        primed.V,
        restrict(N, (i) => isGlobal.has(i)),
      ); //   (5) zeros where i is not global
      return { output: add(near.output, far.output), weights: addWeights(near.weights, far.weights) };
    });
    const joined = concatColumns(parts.map((head) => head.output));
    return { output: linear(joined, this.W_O, this.b_O), weights: parts.map((head) => head.weights) }; // (6) (T, d_out)
  }
}
