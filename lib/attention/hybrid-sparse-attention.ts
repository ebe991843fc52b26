import type { AttentionHead } from "./heads.ts";
import type { Matrix } from "../matrix.ts";
import { add } from "../kernels/entrywise.ts";
import { checkHeads } from "./heads.ts";
import { checkInteger, checkMatrix, identity } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { gatherGlobal, globalIndices } from "../kernels/gather-global.ts";
import { linear } from "../kernels/linear.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { replaceRows } from "../kernels/rows.ts";
import { scale } from "../kernels/entrywise.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { unfoldWindow } from "../kernels/unfold-window.ts";
import { windowMix, windowScores } from "../kernels/windows.ts";

/**
 * Where the document can be read in two ways: the first choice of each is the default, the second the
 * document to the letter.
 */
export interface HybridReading {
  readonly edges?: "cut" | "zero" | undefined;
  readonly repeated?: "once" | "twice" | undefined;
  readonly globalRows?: "all" | "window" | undefined;
}

/**
 * One head's weights: on window slots (T, 2r + 1), on global tokens (T, G), of global tokens (G, T) or (0,
 * T), and which those are.
 */
export interface HybridWeights {
  readonly w_local: Matrix;
  readonly w_global: Matrix;
  readonly globalRows: Matrix;
  readonly globals: readonly number[];
}

/**
 * Hybrid sparse attention (ハイブリッド疎結合アテンション): one softmax over a window of neighbours and a few global tokens.
 *
 *     edges "cut":  K_w[t], V_w[t] = the rows t − r … t + r of K and of V that exist                   (A1)
 *     edges "zero": K_w[t], V_w[t] = the rows t − r … t + r, zeros where there is none                 (A1)
 *     repeated "once":  S_local[t,m] = q_t · k_(t−r+m) / √d_k, −∞ if K_w[t] lacks it or it is global   (A2)
 *     repeated "twice": S_local[t,m] = q_t · k_(t−r+m) / √d_k, −∞ if K_w[t] lacks it                   (A2)
 *     K_g, V_g = the rows of K and of V at the global tokens                                           (B1)
 *     padding = −∞ in place of the maxG − G scores that others in the batch have more                  (B2)
 *     S_global[t,g] = q_t · K_g[g] / √d_k                                                              (B3)
 *     S = [S_local ‖ S_global ‖ padding]                                                               (C1)
 *     [w_local ‖ w_global] = softmax(S) by rows                                                        (C2)
 *     o_t = Σ_m w_local[t,m] v_(t−r+m) + Σ_g w_global[t,g] V_g[g]                                      (C3)
 *     globalRows "window": o_t at global tokens too                                                    (C3)
 *     globalRows "all":    globalRows[g,·] = softmax(q_t · k_j / √d_k) over all j, t = globals[g]      (G1)
 *     globalRows "all":    o_t = Σ_j globalRows[g,j] v_j in place of (C3), no w_local or w_global      (G2)
 *     Y = Concat(O of head 1, …, O of head h) W_O + b_O                                                (C4)
 *     full_attn = what the weights make of V = I: each added to its cell, none overwritten             (D)
 *
 *     X (T, d_model)   globals: G indices, or T booleans   →   output Y (T, d_out), `HybridWeights` of each head
 *     T tokens t, radius r; Q, K (T, d_k), V (T, d_v) of a head are projections of X, O (T, d_v)   W_O (h·d_v, d_out)   full_attn (T, T)
 *
 * By default dense attention under |i − j| ≤ r ∨ global(i) ∨ global(j). `LITERAL` is what the document
 * computes: zeros take weight at the ends, a global key in the window counts twice (+ln 2 on its score), a
 * global query sees no more than others. Parameters are multi-head-attention.ts's: `new
 * HybridSparseAttention({ ...MultiHeadAttention.random(widths, random), radius })`. Reason a cell is lit:
 * `reasons(union(slidingWindow(T, r), globalTokens(T, globals)))`, from neighbours.ts.
 * Cost of a head, T ≥ r: (T(2r + 1) − r(r + 1) + 2·T·G)·(d_k + d_v) multiply-adds; T²(2r + 1 + 2·G) for
 * full_attn, which is for looking at.
 * Errors: RangeError unless the shapes agree as above, r is an integer ≥ 0 and globals are tokens, each named
 * once.
 * Source: D-GLOBAL, "Hybrid Sparse Attention", steps A–D; (G1), (G2): its first half, "attends to all
 * tokens".
 */
export class HybridSparseAttention {
  static readonly LITERAL: HybridReading = { edges: "zero", repeated: "twice", globalRows: "window" };
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
  readonly radius: number;
  readonly reading: HybridReading;

  constructor(given: {
    heads: readonly AttentionHead[];
    W_O: Matrix;
    b_O?: Matrix | undefined;
    radius: number;
    reading?: HybridReading | undefined;
  }) {
    const { heads, W_O, b_O, radius, reading = {} } = given;
    const odd =
      typeof reading === "object"
        ? Object.keys(reading).find((name) => !(name in HybridSparseAttention.LITERAL))
        : typeof reading;
    if (odd !== undefined) {
      throw new TypeError(
        `HybridSparseAttention: reading must be a record { edges, repeated, globalRows }; got ${odd}`,
      );
    }
    const { edges = "cut", repeated = "once", globalRows = "all" } = reading;
    checkHeads("HybridSparseAttention", heads);
    checkMatrix("HybridSparseAttention", "W_O", W_O, {
      rows: heads.reduce((sum, head) => sum + head.W_V.cols, 0),
    });
    if (b_O !== undefined) checkMatrix("HybridSparseAttention", "b_O", b_O, { rows: 1, cols: W_O.cols });
    checkInteger("HybridSparseAttention", "radius", radius, 0);
    const choices = [
      ["edges", edges, "cut", "zero"],
      ["repeated", repeated, "once", "twice"],
      ["globalRows", globalRows, "all", "window"],
    ] as const;
    for (const [name, choice, one, other] of choices) {
      if (choice !== one && choice !== other) {
        throw new RangeError(
          `HybridSparseAttention: reading.${name} must be "${one}" or "${other}"; got ${String(choice)}`,
        );
      }
    }
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
    this.radius = radius;
    this.reading = { edges, repeated, globalRows };
  }

  /**
   * One head, (A1) to (G2); `maxG` is the number of global tokens in the sequence of the batch that has most.
   */
  attend(
    Q: Matrix,
    K: Matrix,
    V: Matrix,
    globals: readonly number[] | readonly boolean[] = [],
    maxG?: number | undefined,
  ): { output: Matrix; weights: HybridWeights } {
    checkMatrix("HybridSparseAttention.attend", "K", K);
    checkInteger("HybridSparseAttention.attend", "K.cols", K.cols, 1); // √0 would divide
    checkMatrix("HybridSparseAttention.attend", "Q", Q, K);
    checkMatrix("HybridSparseAttention.attend", "V", V, { rows: K.rows });
    const places = globalIndices("HybridSparseAttention.attend", globals, K.rows);
    const [T, G, slots] = [K.rows, places.length, 2 * this.radius + 1];
    // not in the list above: beside a fraction its sizes become doubles, which measured half as fast
    const factor = 1 / Math.sqrt(K.cols);
    checkInteger("HybridSparseAttention.attend", "maxG", maxG ?? G, G);
    const filled = (rows: number, cols: number, value: number): Matrix => ({
      rows,
      cols,
      data: new Float32Array(rows * cols).fill(value),
    });
    const hidden = this.reading.repeated === "once" ? places : [],
      rows = this.reading.globalRows === "all" ? places : [];
    const K_w = unfoldWindow(K, this.radius, this.reading); //                        (A1) T × (2r+1, d_k)
    const S_local = scale(windowScores(Q, K_w, this.radius, hidden), factor); //      (A2) (T, 2r+1)
    const K_g = gatherGlobal(K, places); //                                                      (B1) (G, d_k)
    const padding = filled(T, (maxG ?? G) - G, -Infinity); //                         (B2) (T, maxG − G)
    const S_global = scale(matmulTransposed(Q, K_g), factor); //                                 (B3) (T, G)
    const S = concatColumns([S_local, S_global, padding]); //                         (C1) (T, 2r+1 + maxG)
    const A = replaceRows(softmaxRows(S), rows, filled(rows.length, S.cols, 0)); //   (C2) (T, 2r+1 + maxG)
    const globalRows = softmaxRows(scale(matmulTransposed(gatherGlobal(Q, rows), K), factor)); // (G1) (G, T)
    const weights = {
      w_local: sliceColumns(A, 0, slots),
      w_global: sliceColumns(A, slots, slots + G),
      globalRows,
      globals: places,
    };
    return { output: this.context(weights, V), weights };
  }

  /** The second half of a head: what its weights make of V. */
  context({ w_local, w_global, globalRows, globals }: HybridWeights, V: Matrix): Matrix {
    const V_w = unfoldWindow(V, this.radius, this.reading); //                        (A1) T × (2r+1, d_v)
    const V_g = gatherGlobal(V, globals); //                                                     (B1) (G, d_v)
    const O = add(windowMix(w_local, V_w, V.cols), mix(w_global, V_g)); //                       (C3) (T, d_v)
    return replaceRows(O, globalRows.rows === 0 ? [] : globals, mix(globalRows, V)); //          (G2) (T, d_v)
  }

  forward(
    X: Matrix,
    globals: readonly number[] | readonly boolean[] = [],
    maxG?: number | undefined,
  ): { output: Matrix; weights: HybridWeights[] } {
    const heads = this.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
      for (const W of [W_Q, W_K, W_V]) checkMatrix("HybridSparseAttention.forward", "X", X, { cols: W.rows });
      return this.attend(linear(X, W_Q, b_Q), linear(X, W_K, b_K), linear(X, W_V, b_V), globals, maxG);
    });
    const Y = linear(concatColumns(heads.map((head) => head.output)), this.W_O, this.b_O); // (C4) (T, d_out)
    return { output: Y, weights: heads.map((head) => head.weights) };
  }

  /**
   * Each sequence with its own globals, padded to the largest number of them: the same bits as `forward` one
   * by one.
   */
  forwardBatch(
    X: readonly Matrix[],
    globals: readonly (readonly number[] | readonly boolean[])[],
  ): { output: Matrix; weights: HybridWeights[] }[] {
    checkInteger("HybridSparseAttention.forwardBatch", "globals.length", globals.length, X.length, X.length);
    const places = X.map((x, b) =>
      globalIndices(
        `HybridSparseAttention.forwardBatch, sequence ${b}`,
        globals[b] as readonly number[],
        x.rows,
      ),
    );
    const maxG = places.reduce((most, { length }) => Math.max(most, length), 0);
    return X.map((x, b) => this.forward(x, places[b], maxG));
  }

  /** The map (T, T) of one head's weights. */
  fullAttention(weights: HybridWeights): Matrix {
    return this.context(weights, identity(weights.w_local.rows)); //                             (D)
  }
}
