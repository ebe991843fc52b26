import type { AttentionHead, JoinedHeads } from "./heads.ts";
import type { Matrix } from "../matrix.ts";
import { add, scale } from "../kernels/entrywise.ts";
import { checkChoice, checkInteger, checkList, checkOptions, checkShapes } from "../matrix.ts";
import { checkNoOptions } from "../matrix.ts";
import { checkOutput, projectSelf } from "./heads.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { fromFunction, identity, matrix } from "../matrix.ts";
import { gatherGlobal, globalIndices } from "../kernels/gather-global.ts";
import { linear } from "../kernels/linear.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { replaceRows } from "../kernels/rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";
import { unfoldWindow } from "../kernels/unfold-window.ts";
import { windowMix, windowScores } from "../kernels/windows.ts";

/** The three places where the document can be read in two ways. Defaults: "cut", "once", "all". */
export interface HybridReading {
  /** Beyond the ends of the sequence there are no keys ("cut"), or keys of zeros ("zero"). */
  readonly edges?: "cut" | "zero" | undefined;
  /** A global token inside the window counts once, or twice. */
  readonly repeated?: "once" | "twice" | undefined;
  /** A global query sees all keys ("all"), or its window and the global tokens like any other ("window"). */
  readonly globalRows?: "all" | "window" | undefined;
}

/** The parameters of `MultiHeadAttention`, the radius of the window, and a reading of the document. */
export interface HybridParameters extends JoinedHeads {
  readonly radius: number;
  readonly reading?: HybridReading | undefined;
}

/** The weights of one head for T tokens, G of them global. */
export interface HybridWeights {
  /** On the slots of the window, (T, 2r + 1). */
  readonly w_local: Matrix;
  /** On the global tokens, (T, G). */
  readonly w_global: Matrix;
  /** Of the global queries on all keys, (G, T); (0, T) where they see no more than others. */
  readonly globalRows: Matrix;
  /** The indices of the global tokens. */
  readonly globals: readonly number[];
}

/** One head's output (T, d_v) and its weights. */
export interface HybridResult {
  readonly output: Matrix;
  readonly weights: HybridWeights;
}

/** The outputs (T, d_out) of all heads together, and the weights of each head. */
export interface HybridOutput {
  readonly output: Matrix;
  readonly weights: HybridWeights[];
}

/** Global tokens: G indices, or T booleans that are true at global tokens. */
export type Globals = readonly number[] | readonly boolean[];

/**
 * Hybrid sparse attention (ハイブリッド疎結合アテンション): one softmax over a window of neighbours and a few global tokens.
 *
 *     A. The window
 *        K_w[t], V_w[t] = the rows t − r … t + r of K and of V                     (A1)
 *        S_local[t,m] = q_t · k_(t−r+m) / √d_k,  m = 0 … 2r                        (A2)
 *     B. The global tokens
 *        K_g, V_g = the rows of K and of V at the global tokens                    (B1)
 *        padding = −∞ for the maxG − G global tokens that this sequence lacks      (B2)
 *        S_global[t,g] = q_t · K_g[g] / √d_k                                       (B3)
 *     C. One softmax over both
 *        S = [S_local ‖ S_global ‖ padding]                                        (C1)
 *        [w_local ‖ w_global] = softmax(S) by rows                                 (C2)
 *        o_t = Σ_m w_local[t,m] v_(t−r+m) + Σ_g w_global[t,g] V_g[g]               (C3)
 *        Y = Concat(O of head 1, …, O of head h) W_O + b_O                         (C4)
 *     G. A global query t = globals[g] sees every key
 *        globalRows[g,·] = softmax(q_t · k_j / √d_k) over all j                    (G1)
 *        o_t = Σ_j globalRows[g,j] v_j, in place of (C3)                           (G2)
 *     D. The map of all weights
 *        full_attn = (C3) and (G2) with V = I                                      (D)
 *
 *     X (T, d_model)   globals: G tokens   →   output Y (T, d_out), `HybridWeights` of each head
 *     Q (T, d_k)   K (T, d_k)   V (T, d_v)   O (T, d_v), of each head   W_O (h·d_v, d_out)   full_attn (T, T)
 *     T tokens t, window radius r with slots m, G global tokens g, maxG the most in the batch, h heads
 *
 * Where the document can be read in two ways, `reading` chooses; the first choice is the default:
 *
 *     edges        "cut": S_local is −∞ beyond the ends of the sequence
 *                  "zero": K_w and V_w are zeros there; such a key scores 0 and takes weight
 *     repeated     "once": S_local is −∞ at a global token
 *                  "twice": it is not, which adds ln 2 to the score of that token
 *     globalRows   "all": (G1) and (G2)
 *                  "window": (C3) for global queries too
 *
 * The default is dense attention under |i − j| ≤ r ∨ global(i) ∨ global(j). `LITERAL` is the document to the
 * letter.
 * `reasons(union(slidingWindow(T, r), globalTokens(T, globals)))` of lib/graph says why each cell is lit.
 * Cost of a head, T ≥ r: (T(2r + 1) − r(r + 1) + 2·T·G)·(d_k + d_v) multiply-adds; full_attn costs
 * T²(2r + 1 + 2·G).
 * Errors: RangeError unless the shapes agree as above, r is an integer ≥ 0 and globals are tokens, each named
 * once.
 * Source: study note, docs/global-and-sparse.md, "Hybrid Sparse Attention", steps A–D. G comes from the
 * note's first half, "attends to all tokens".
 */
export class HybridSparseAttention {
  /** The document to the letter: zeros beyond the ends, global tokens counted twice, no rows of their own. */
  static readonly LITERAL: HybridReading = { edges: "zero", repeated: "twice", globalRows: "window" };
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
  readonly radius: number;
  readonly reading: HybridReading;

  constructor(parts: HybridParameters) {
    const where = "HybridSparseAttention";
    checkOptions(where, parts, ["heads", "W_O", "b_O", "radius", "reading"], "parts");
    const { heads, W_O, b_O, radius, reading = {} } = parts;
    checkOutput(where, { heads, W_O, b_O });
    checkInteger(where, "radius", radius, 0);
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
    this.radius = radius;
    this.reading = completeReading(where, reading);
  }

  /** All heads, joined by (C4). `maxG` is the most global tokens of a sequence in the batch, by default G. */
  forward(X: Matrix, globals: Globals = [], maxG?: number | undefined): HybridOutput {
    checkNoOptions("HybridSparseAttention.forward", arguments.length, 3);
    const heads = this.heads.map((head) => {
      const { Q, K, V } = projectSelf("HybridSparseAttention.forward", head, X);
      return this.attend(Q, K, V, globals, maxG);
    });
    const joined = concatColumns(heads.map(({ output }) => output));
    const Y = linear(joined, this.W_O, this.b_O); //                              (C4) (T, d_out)
    return { output: Y, weights: heads.map(({ weights }) => weights) };
  }

  /** `forward` for each sequence with its own global tokens, padded to the most of them: the same bits. */
  forwardBatch(X: readonly Matrix[], globals: readonly Globals[]): HybridOutput[] {
    const where = "HybridSparseAttention.forwardBatch";
    checkList(where, "X", X, "matrices, one for each sequence");
    checkList(where, "globals", globals, "lists of global tokens, one for each sequence");
    checkInteger(where, "globals.length", globals.length, X.length, X.length);
    const tokens = X.map((x, b) => globalIndices(`${where}, sequence ${b}`, globals[b] as Globals, x.rows));
    const maxG = tokens.reduce((most, { length }) => Math.max(most, length), 0);
    return X.map((x, b) => this.forward(x, tokens[b], maxG));
  }

  /** One head, equations (A1) to (G2). `maxG` is as in `forward`. */
  attend(Q: Matrix, K: Matrix, V: Matrix, globals: Globals = [], maxG?: number | undefined): HybridResult {
    checkNoOptions("HybridSparseAttention.attend", arguments.length, 5);
    const where = "HybridSparseAttention.attend";
    const { T, d_k } = checkShapes(where, { K: [K, "T", "d_k"], Q: [Q, "T", "d_k"], V: [V, "T", "d_v"] });
    checkInteger(where, "K.cols", d_k, 1); // because √0 would divide
    const tokens = globalIndices(where, globals, T);
    const G = tokens.length;
    const most = maxG ?? G;
    checkInteger(where, "maxG", most, G);

    const { radius, reading } = this;
    const slots = 2 * radius + 1;
    const factor = 1 / Math.sqrt(d_k);
    const hidden = reading.repeated === "once" ? tokens : [];
    const seeAll = reading.globalRows === "all" ? tokens : [];

    const K_w = unfoldWindow(K, radius, reading); //                              (A1) T × (2r+1, d_k)
    const S_local = scale(windowScores(Q, K_w, radius, hidden), factor); //       (A2) (T, 2r+1)

    const K_g = gatherGlobal(K, tokens); //                                       (B1) (G, d_k)
    const padding = fromFunction(T, most - G, () => -Infinity); //                (B2) (T, maxG − G)
    const S_global = scale(matmulTransposed(Q, K_g), factor); //                  (B3) (T, G)

    const S = concatColumns([S_local, S_global, padding]); //                     (C1) (T, 2r+1 + maxG)
    const w = softmaxRows(S); //                                                  (C2) (T, 2r+1 + maxG)
    // A global query that sees every key has its weights in globalRows, so its row of w becomes zeros.
    const w_t = replaceRows(w, seeAll, matrix(seeAll.length, S.cols));
    const w_local = sliceColumns(w_t, 0, slots);
    const w_global = sliceColumns(w_t, slots, slots + G);

    const S_all = scale(matmulTransposed(gatherGlobal(Q, seeAll), K), factor);
    const globalRows = softmaxRows(S_all); //                                     (G1) (G, T)

    const weights = { w_local, w_global, globalRows, globals: tokens };
    return { output: this.context(weights, V), weights };
  }

  /** The output O (T, d_v) of one head from its weights and V (T, d_v): equations (C3) and (G2). */
  context({ w_local, w_global, globalRows, globals }: HybridWeights, V: Matrix): Matrix {
    const V_w = unfoldWindow(V, this.radius, this.reading); //                    (A1) T × (2r+1, d_v)
    const V_g = gatherGlobal(V, globals); //                                      (B1) (G, d_v)
    const O = add(windowMix(w_local, V_w, V.cols), mix(w_global, V_g)); //        (C3) (T, d_v)
    if (globalRows.rows === 0) return O;
    return replaceRows(O, globals, mix(globalRows, V)); //                        (G2) (T, d_v)
  }

  /** The map (T, T) of one head's weights: what they make of the identity. A cell lit twice holds the sum. */
  fullAttention(weights: HybridWeights): Matrix {
    return this.context(weights, identity(weights.w_local.rows)); //              (D) (T, T)
  }
}

/** A reading with its defaults. Throws for an unknown name or choice. */
function completeReading(where: string, reading: HybridReading): HybridReading {
  checkOptions(where, reading, ["edges", "repeated", "globalRows"], "reading");
  const { edges = "cut", repeated = "once", globalRows = "all" } = reading;
  checkChoice(where, "reading.edges", edges, ["cut", "zero"]);
  checkChoice(where, "reading.repeated", repeated, ["once", "twice"]);
  checkChoice(where, "reading.globalRows", globalRows, ["all", "window"]);
  return { edges, repeated, globalRows };
}
