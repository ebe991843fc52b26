import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { PairBias } from "../graph/bias-at.ts";
import type { Neighbours } from "../graph/neighbours.ts";
import type { SparseResult, SparseWidths } from "./sparse-attention.ts";
import { SparseAttention, attendNeighbours, biasOfHead } from "./sparse-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { addWeights } from "../graph/maps.ts";
import { causal } from "../kernels/mask-scores.ts";
import { checkHead, checkOutput, fuseHeads, project } from "./heads.ts";
import { checkBoolean, checkInteger, checkList, checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { gatherGlobal, globalIndices } from "../kernels/gather-global.ts";
import { globalTokens, slidingWindow } from "../graph/patterns.ts";
import { linear } from "../kernels/linear.ts";
import { replaceRows } from "../kernels/rows.ts";
import { checkFlags, restrict, union, withoutPadding } from "../graph/algebra.ts";

/**
 * One head: its projections for local queries, those for the queries of global tokens, and the distance
 * between the keys of its window.
 * Default: dilation 1, neighbouring keys.
 */
export interface LongformerHead {
  readonly local: AttentionHead;
  readonly global: AttentionHead;
  readonly dilation?: number | undefined;
}

/**
 * The heads, W^O and b^O, the reach of the window to each side, and whether a token attends to the past only.
 * Defaults: no b^O, not causal.
 */
export interface LongformerParameters {
  readonly heads: readonly LongformerHead[];
  readonly W_O: Matrix;
  readonly b_O?: Matrix | undefined;
  readonly radius: number;
  readonly causal?: boolean | undefined;
}

/**
 * Which tokens are global, by indices or one boolean each, and which are real, one boolean each; the others
 * are padding.
 * Defaults: no token is global, all are real.
 */
export interface LongformerOptions {
  readonly globals?: readonly number[] | readonly boolean[] | undefined;
  readonly real?: readonly boolean[] | undefined;
  readonly bias?: PairBias | undefined;
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
 *     X (T, d_model)   →   output (T, d_out), weights: for each of h heads along one graph (T, T)
 *     W^Q (d_model, d_k)   W^K (d_model, d_k)   W^V (d_model, d_v)   W^O (h·d_v, d_out)
 *     T tokens i, j, of which G are global; radius r; dilation δ of the head; biases are one row, or absent
 *     a prime marks the global projections, of the same shapes; "attention" is `attendNeighbours`
 *
 * A global token inside a window counts once. Local queries meet it through its unprimed key and value.
 * `bias(i, j, head)` is added to the scaled scores of (3) and (5): ALiBi, or a table of relative positions.
 * `causal` takes the keys j > i away, also from global tokens. Padding neither sees nor is seen: its rows are
 * zeros before W^O. The window is cut at the ends; any T works. Without globals (4) and (5) are skipped.
 * Cost of a head beside W^O, for d_k = d_v = d: (5T + G)·d_model·d multiply-adds, 3T·d_model·d without
 * globals, and 2d for each pair of N.
 * Errors: RangeError unless the heads are alike in both sets, the shapes agree as above, and globals and real
 * fit T.
 * Source: Beltagy et al. 2020, "Longformer" §3.1 and §3.2; arXiv 2004.05150. Study note,
 * docs/global-and-sparse.md.
 */
export class LongformerAttention {
  readonly heads: readonly LongformerHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
  readonly radius: number;
  readonly causal: boolean;

  constructor(parts: LongformerParameters) {
    const where = "LongformerAttention";
    checkOptions(where, parts, ["heads", "W_O", "b_O", "radius", "causal"], "parts");
    const { heads, W_O, b_O, radius, causal = false } = parts;
    checkBoolean(where, "causal", causal);
    checkLongformerHeads(where, heads);
    checkOutput(where, { heads: heads.map(({ local }) => local), W_O, b_O });
    checkInteger(where, "radius", radius, 0);
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
    this.radius = radius;
    this.causal = causal;
  }

  /**
   * Fresh projections of d_model / heads columns a head, as `SparseAttention.random` draws them. As in the
   * paper, the global set starts as a copy of the local one.
   */
  static random(widths: SparseWidths & { radius: number }, random: Random): LongformerAttention {
    checkOptions("LongformerAttention.random", widths, ["d_model", "heads", "bias", "radius"], "widths");
    const { d_model, heads: h, bias, radius } = widths;
    const { heads, W_O, b_O } = SparseAttention.random({ d_model, heads: h, bias }, random);
    // The fused form of one head is a copy of it.
    const sets = heads.map((local) => ({ local, global: fuseHeads([local]) }));
    return new LongformerAttention({ heads: sets, W_O, b_O, radius });
  }

  /**
   * The graph N of (1) for T tokens in a head of this dilation: the pairs and their reasons, without weights.
   */
  graph(T: number, options: LongformerOptions = {}, dilation: number = 1): Neighbours {
    const where = "LongformerAttention.graph";
    checkOptions(where, options, ["globals", "real", "bias"]);
    const { globals = [], real } = options;
    if (real !== undefined) checkFlags(where, "real", real, T);
    const tokens = globalIndices(where, globals, T);

    const window = slidingWindow(T, this.radius, { dilation });
    const N = union(window, globalTokens(T, tokens)); //                      (1) (T, T)
    const past = this.causal ? restrict(N, causal()) : N;
    return real === undefined ? past : withoutPadding(past, real, real);
  }

  /**
   * Attention of all heads: local queries through one set of projections, global queries through the other.
   */
  forward(X: Matrix, options: LongformerOptions = {}): SparseResult {
    const where = "LongformerAttention.forward";
    checkOptions(where, options, ["globals", "real", "bias"]);
    this.heads.forEach(({ local }) => checkShapes(where, { X: [X, "T", local.W_Q.rows] }));
    const globals = globalIndices(where, options.globals ?? [], X.rows);
    const isGlobal = new Set(globals);

    const heads = this.heads.map(({ local, global, dilation }, m) => {
      const bias = biasOfHead(options.bias, m);
      const N = this.graph(X.rows, options, dilation); //                     (1) (T, T)
      const { Q, K, V } = project(where, local, { Q: X, K: X, V: X }); //     (2) Q (T, d_k)
      // A query without pairs gets zeros, so the sum of near and far has each row once.
      const N_local = restrict(N, (i) => !isGlobal.has(i));
      const near = attendNeighbours(Q, K, V, N_local, { bias }); //           (3) (T, d_v)
      if (globals.length === 0) return near;

      const X_globals = gatherGlobal(X, globals);
      const primed = project(where, global, { Q: X_globals, K: X, V: X }); // (4) Q' (G, d_k)
      const queries = replaceRows(Q, globals, primed.Q); // N_global reads only the rows of global tokens
      const N_global = restrict(N, (i) => isGlobal.has(i));
      const far = attendNeighbours(queries, primed.K, primed.V, N_global, { bias }); // (5) (T, d_v)
      return { output: add(near.output, far.output), weights: addWeights(near.weights, far.weights) };
    });

    const joined = concatColumns(heads.map(({ output }) => output));
    const output = linear(joined, this.W_O, this.b_O); //                     (6) (T, d_out)
    return { output, weights: heads.map(({ weights }) => weights) };
  }
}

/**
 * Throws unless there is a head, and both sets of every head have the widths d_model, d_k and d_v of the
 * first.
 */
function checkLongformerHeads(where: string, heads: readonly LongformerHead[]): void {
  checkList(where, "heads", heads, "records { local, global, dilation }");
  const first = heads[0];
  if (first === undefined) throw new RangeError(`${where}: heads must hold at least 1 head; got 0`);
  for (const set of ["local", "global"] as const) {
    heads.forEach((head, m) => {
      checkOptions(where, head, ["local", "global", "dilation"], `heads[${m}]`);
      const name = `heads[${m}].${set}`;
      checkHead(where, name, head[set]);
      const { W_Q, W_K, W_V } = head[set];
      const { rows: d_model, cols: d_k } = first.local.W_Q;
      checkShapes(where, {
        [`${name}.W_Q`]: [W_Q, d_model, d_k],
        [`${name}.W_K`]: [W_K, d_model, d_k],
        [`${name}.W_V`]: [W_V, d_model, first.local.W_V.cols],
      });
      checkInteger(where, `heads[${m}].dilation`, head.dilation ?? 1, 1);
    });
  }
}
