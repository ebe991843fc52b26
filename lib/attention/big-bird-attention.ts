import type { AttentionHead } from "./heads.ts";
import type { GraphWeights, Neighbours } from "../graph/neighbours.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { SparseWidths } from "./sparse-attention.ts";
import { SparseAttention } from "./sparse-attention.ts";
import { checkInteger, checkMatrix, checkOptions, randomGenerator } from "../matrix.ts";
import { expandBlocks, prependTokens, withoutPadding, union } from "../graph/algebra.ts";
import { globalIndices } from "../kernels/gather-global.ts";
import { globalTokens, keysFromLists, randomKeys, slidingWindow } from "../graph/patterns.ts";

/**
 * Which blocks each block sees at random, as data: one list for each block, empty for those that draw
 * nothing.
 */
export type BlockTable = readonly (readonly number[])[];

/** BigBird's pattern for one head. What each number means, and its default, is said at `bigBirdGraph`. */
export interface BigBirdPattern {
  readonly block?: number | undefined;
  readonly radius?: number | undefined;
  readonly globals?: readonly number[] | undefined;
  readonly random?: number | undefined;
  readonly extra?: number | undefined;
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
 *     T tokens i: the first g = `extra` (0) are extra, the others fill blocks p of `block` (64) tokens, the last one shorter if need be
 *     w = `radius` (1) blocks to each side; `globals` (the first and the last) are blocks; r = `random` (3), or R is given as `table`
 *
 * block 1 is the token form. ITC has global blocks and no extra tokens; ETC has extra tokens, and usually
 * `globals: []`. Random blocks come from the whole sequence, never from what is seen already; where fewer
 * than r are left, all of them; r = 0 is exactly window ∪ globals. A block of a table that the window has too
 * counts once. No length turns it into dense attention: short ones are dense only where window, globals and r
 * blocks cover them. Pairs for T a multiple n_b ≥ 5 + r of b = `block`, first and last block global, r blocks
 * left to draw everywhere: 2bT + 2b²(4 + r) + (n_b − 4)b²(5 + r).
 * Errors: RangeError unless the numbers are whole, globals are blocks of the T tokens, and a table has one
 * list a block.
 * Source: Zaheer et al. 2020, "Big Bird" §2 and App. D; arXiv 2007.14062. D-GLOBAL.
 */
export function bigBirdGraph(T: number, pattern: BigBirdPattern, draw: Random | BlockTable): Neighbours {
  const { block = 64, radius = 1, random: r = 3, extra = 0 } = pattern;
  checkPattern("bigBirdGraph", pattern);
  checkInteger("bigBirdGraph", "T", T, extra);
  const n = T - extra;
  const blocks = Math.ceil(n / block);
  const ends = blocks === 0 ? [] : blocks === 1 ? [0] : [0, blocks - 1];
  const globals = globalIndices("bigBirdGraph", pattern.globals ?? ends, blocks);
  if (typeof draw !== "function") checkInteger("bigBirdGraph", "table.length", draw.length, blocks, blocks);
  const seen = union(slidingWindow(blocks, radius), globalTokens(blocks, globals)); //                     (1)
  const R = typeof draw === "function" ? randomKeys(seen, r, draw) : keysFromLists(draw, blocks, "random");
  const drawn = union(seen, R); //                                                                         (2)
  const tokens = expandBlocks(drawn, block, n); //                                                         (3)
  return union(
    prependTokens(tokens, extra),
    globalTokens(
      T,
      Array.from({ length: extra }, (_, i) => i),
    ),
  ); // (4)
}

/**
 * Throws unless the numbers of a pattern are whole and not too small. Whether its globals are blocks depends
 * on T.
 */
function checkPattern(
  where: string,
  { block = 64, radius = 1, random = 3, extra = 0 }: BigBirdPattern,
): void {
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
 *     X (T, d_model)   →   output (T, d_out), weights along one graph (T, T) a head; T tokens, h heads m; (2) is `SparseAttention`
 *
 * The same seed and T give the same graphs, in training and afterwards. `tables` replaces the draws: one
 * table a head. With `extra` tokens (ETC) they are the first rows of X: `forward(concatRows([extraTokens,
 * X]))`. No projections beyond dense attention's. Padding neither sees nor is seen: zeros before W^O. Cost
 * beside the projections: (d_k + d_v) multiply-adds a pair.
 * Errors: RangeError unless the heads are alike, W^O has h·d_v rows, there is one table a head, and X and
 * `real` fit.
 * Source: Zaheer et al. 2020, "Big Bird" §2 and App. D; arXiv 2007.14062. The released code has ITC only.
 * D-GLOBAL.
 */
export class BigBirdAttention {
  readonly attention: SparseAttention;
  readonly pattern: BigBirdPattern;
  readonly seed: number;
  readonly tables: readonly BlockTable[] | undefined;

  constructor(parameters: {
    heads: readonly AttentionHead[];
    W_O: Matrix;
    b_O?: Matrix | undefined;
    pattern?: BigBirdPattern | undefined;
    seed?: number | undefined;
    tables?: readonly BlockTable[] | undefined;
  }) {
    const { pattern = {}, seed = 0, tables } = parameters;
    this.attention = new SparseAttention(parameters);
    if (tables !== undefined) {
      checkInteger(
        "BigBirdAttention",
        "tables.length",
        tables.length,
        parameters.heads.length,
        parameters.heads.length,
      );
    }
    checkInteger("BigBirdAttention", "seed", seed, 0, 4294967295);
    checkPattern("BigBirdAttention", pattern);
    this.pattern = pattern;
    this.seed = seed;
    this.tables = tables;
  }

  static random(
    widths: SparseWidths & { pattern?: BigBirdPattern | undefined; seed?: number | undefined },
    random: Random,
  ): BigBirdAttention {
    const { heads, W_O, b_O } = SparseAttention.random(widths, random);
    return new BigBirdAttention({ heads, W_O, b_O, pattern: widths.pattern, seed: widths.seed });
  }

  /** The graph of each head for T tokens: pairs and their reasons, before anything is computed. */
  graphs(T: number, real?: readonly boolean[] | undefined): Neighbours[] {
    const random = randomGenerator(this.seed);
    const draws = this.tables ?? this.attention.heads.map(() => random);
    return draws.map((draw) => {
      const N = bigBirdGraph(T, this.pattern, draw); //                               (1)
      return real === undefined ? N : withoutPadding(N, real, real);
    });
  }

  forward(
    X: Matrix,
    options: { real?: readonly boolean[] | undefined } = {},
  ): { output: Matrix; weights: GraphWeights[] } {
    checkOptions("BigBirdAttention.forward", options, ["real"]);
    this.attention.heads.forEach(({ W_Q }) =>
      checkMatrix("BigBirdAttention.forward", "X", X, { cols: W_Q.rows }),
    );
    return this.attention.forward(X, X, X, this.graphs(X.rows, options.real)); //     (2) (T, d_out)
  }
}
