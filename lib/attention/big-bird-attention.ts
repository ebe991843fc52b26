import type { Matrix, Random } from "../matrix.ts";
import type { Neighbours } from "../graph/neighbours.ts";
import type { SparseOptions, SparseParameters, SparseResult, SparseWidths } from "./sparse-attention.ts";
import { SparseAttention } from "./sparse-attention.ts";
import { checkInteger, checkList, checkOptions, checkShapes, randomGenerator } from "../matrix.ts";
import { checkFlags, expandBlocks, prependTokens, union, withoutPadding } from "../graph/algebra.ts";
import { globalIndices } from "../kernels/gather-global.ts";
import { globalTokens, keysFromLists, randomKeys, slidingWindow } from "../graph/patterns.ts";

/** The random blocks of each block as data: one list for each block, empty for a block that draws none. */
export type BlockTable = readonly (readonly number[])[];

/** BigBird's pattern for one head. `bigBirdGraph` says what each number means, and gives the defaults. */
export interface BigBirdPattern {
  readonly block?: number | undefined;
  readonly radius?: number | undefined;
  readonly globals?: readonly number[] | undefined;
  readonly random?: number | undefined;
  readonly extra?: number | undefined;
}

/**
 * Which tokens are real, not padding, and what is added to the score of a pair in a head. Default: all,
 * nothing.
 */
export interface BigBirdAttentionOptions extends SparseOptions {
  readonly real?: readonly boolean[] | undefined;
}

/**
 * The projections, the pattern of every head, the seed of the random blocks, and tables in place of the
 * draws, one a head.
 * Defaults: an empty pattern, seed 0, no tables.
 */
export interface BigBirdParameters extends SparseParameters {
  readonly pattern?: BigBirdPattern | undefined;
  readonly seed?: number | undefined;
  readonly tables?: readonly BlockTable[] | undefined;
}

/** The widths of fresh projections, and the pattern and the seed as in `BigBirdParameters`. */
export interface BigBirdWidths extends SparseWidths {
  readonly pattern?: BigBirdPattern | undefined;
  readonly seed?: number | undefined;
}

/**
 * BigBird's graph (BigBird のグラフ) for one head: a window of blocks, a few global blocks, r random ones, and g
 * extra global tokens.
 *
 *     N(p) = {q : |q − p| ≤ w} ∪ globals,  and every block if p is global               (1)
 *     N(p) = N(p) ∪ R(p),  R(p) of r blocks that p does not see yet                     (2)
 *     N(i) = the tokens of the blocks N(p),  for a token i of block p                   (3)
 *     N(i) = N(i) ∪ extra,  and every token if i is extra                               (4)
 *
 *     T tokens i   →   graph (T, T)
 *     g = `extra` (0): the first g tokens are extra; the others fill the blocks p
 *     `block` (64) tokens make a block, the last one can be shorter; block 1 is the token form
 *     w = `radius` (1) blocks to each side; `globals` (the first and the last) are blocks
 *     r = `random` (3) blocks, from the function `draw`; or `draw` is a table that gives R
 *
 * The paper's ITC has global blocks and no extra tokens; ETC has extra tokens, and usually `globals: []`.
 * Random blocks come from the whole sequence without N(p) of (1); where fewer than r are left, all of them
 * are drawn. r = 0 is exactly window ∪ globals. A block that a table repeats from the window counts once. No
 * length switches to dense attention: a short sequence is dense only where window, globals and r blocks cover
 * it. Pairs for T = n_b·b tokens, b = `block`, n_b ≥ 5 + r blocks, first and last block global, r blocks left
 * to draw everywhere: 2bT + 2b²(4 + r) + (n_b − 4)b²(5 + r).
 * Errors: RangeError unless the numbers are integers as above, globals are blocks of the T tokens, and a
 * table has one list a block.
 * Source: Zaheer et al. 2020, "Big Bird" §2 and App. D; arXiv 2007.14062. Study note,
 * docs/global-and-sparse.md.
 */
export function bigBirdGraph(T: number, pattern: BigBirdPattern, draw: Random | BlockTable): Neighbours {
  const where = "bigBirdGraph";
  checkBigBirdPattern(where, pattern);
  const { block = 64, radius = 1, random: r = 3, extra = 0 } = pattern;
  checkInteger(where, "T", T, extra);
  const n = T - extra;
  const blocks = Math.ceil(n / block);
  const ends = blocks === 0 ? [] : blocks === 1 ? [0] : [0, blocks - 1];
  const globals = globalIndices(where, pattern.globals ?? ends, blocks);
  if (typeof draw !== "function") checkList(where, "draw", draw, "blocks for each block, if it is no function");
  if (typeof draw !== "function") checkInteger(where, "table.length", draw.length, blocks, blocks);
  const extras = Array.from({ length: extra }, (_, i) => i);

  const seen = union(slidingWindow(blocks, radius), globalTokens(blocks, globals)); // (1) (blocks, blocks)
  const R = typeof draw === "function" ? randomKeys(seen, r, draw) : keysFromLists(draw, blocks, "random");
  const drawn = union(seen, R); //                                                     (2) (blocks, blocks)
  const tokens = expandBlocks(drawn, block, n); //                                     (3) (T − g, T − g)
  return union(prependTokens(tokens, extra), globalTokens(T, extras)); //              (4) (T, T)
}

/**
 * Throws unless the numbers of a pattern are integers and not too small; its globals are checked when T is
 * known.
 */
export function checkBigBirdPattern(where: string, pattern: BigBirdPattern): void {
  checkOptions(where, pattern, ["block", "radius", "globals", "random", "extra"], "pattern");
  const { block = 64, radius = 1, random = 3, extra = 0 } = pattern;
  checkInteger(where, "block", block, 1);
  checkInteger(where, "radius", radius, 0);
  checkInteger(where, "random", random, 0);
  checkInteger(where, "extra", extra, 0);
}

/**
 * BigBird's attention (BigBird の注意): multi-head attention along `bigBirdGraph`, with other random blocks in
 * each head.
 *
 *     N_m = bigBirdGraph(T) for head m, all heads drawing from one seed                 (1)
 *     output = Concat(head_1, …, head_h) W^O + b^O,  head_m = attention along N_m       (2)
 *
 *     X (T, d_model)   →   output (T, d_out), weights: for each of h heads along one graph (T, T)
 *     W_m^Q (d_model, d_k)   W_m^K (d_model, d_k)   W_m^V (d_model, d_v)   W^O (h·d_v, d_out)
 *     T tokens, h heads m, biases as in `SparseAttention`, which computes (2)
 *
 * The same seed and T give the same graphs, in training and afterwards. `tables` replaces the draws. Extra
 * tokens (ETC) are the first rows of X: `forward(concatRows([extraTokens, X]))`. There are no projections
 * beyond those of dense attention. Padding neither sees nor is seen: its rows are zeros before W^O.
 * Cost beside the projections: (d_k + d_v) multiply-adds a pair.
 * Errors: RangeError unless the heads are alike, W^O has h·d_v rows, there is one table a head, and X and
 * `real` fit.
 * Source: Zaheer et al. 2020, "Big Bird" §2 and App. D; arXiv 2007.14062. The released code has ITC only.
 * Study note, docs/global-and-sparse.md.
 */
export class BigBirdAttention {
  readonly attention: SparseAttention;
  readonly pattern: BigBirdPattern;
  readonly seed: number;
  readonly tables: readonly BlockTable[] | undefined;

  constructor(parts: BigBirdParameters) {
    const where = "BigBirdAttention";
    checkOptions(where, parts, ["heads", "W_O", "b_O", "pattern", "seed", "tables"], "parts");
    const { heads, W_O, b_O, pattern = {}, seed = 0, tables } = parts;
    this.attention = new SparseAttention({ heads, W_O, b_O });
    if (tables !== undefined) {
      checkList(where, "tables", tables, `${heads.length} tables of blocks, one for each head`);
      checkInteger(where, "tables.length", tables.length, heads.length, heads.length);
    }
    checkInteger(where, "seed", seed, 0, 4294967295);
    checkBigBirdPattern(where, pattern);
    this.pattern = pattern;
    this.seed = seed;
    this.tables = tables;
  }

  /** Fresh projections of d_model / heads columns a head, as `SparseAttention.random` draws them. */
  static random(widths: BigBirdWidths, random: Random): BigBirdAttention {
    checkOptions("BigBirdAttention.random", widths, ["d_model", "heads", "bias", "pattern", "seed"], "widths");
    const { d_model, heads: h, bias, pattern, seed } = widths;
    const { heads, W_O, b_O } = SparseAttention.random({ d_model, heads: h, bias }, random);
    return new BigBirdAttention({ heads, W_O, b_O, pattern, seed });
  }

  /** The graph of each head for T tokens: the pairs and their reasons, without weights. */
  graphs(T: number, real?: readonly boolean[] | undefined): Neighbours[] {
    if (real !== undefined) checkFlags("BigBirdAttention.graphs", "real", real, T);
    const random = randomGenerator(this.seed);
    const draws = this.tables ?? this.attention.heads.map(() => random);
    return draws.map((draw) => {
      const N = bigBirdGraph(T, this.pattern, draw); // (1) (T, T)
      return real === undefined ? N : withoutPadding(N, real, real);
    });
  }

  /** Attention of all heads. `real` holds one boolean a token, false for padding; by default all are real. */
  forward(X: Matrix, options: BigBirdAttentionOptions = {}): SparseResult {
    const where = "BigBirdAttention.forward";
    checkOptions(where, options, ["real", "bias"]);
    this.attention.heads.forEach(({ W_Q }) => checkShapes(where, { X: [X, "T", W_Q.rows] }));

    const N = this.graphs(X.rows, options.real);
    return this.attention.forward(X, X, X, N, { bias: options.bias }); // (2) (T, d_out)
  }
}
