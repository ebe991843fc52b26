import type { EncoderBlock } from "../layers/encoder-block.ts";
import type { Gpt2Config } from "./gpt2-counts.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { WeightsListener } from "../layers/weights-listener.ts";
import { LayerNorm } from "../layers/layer-norm.ts";
import { add } from "../kernels/entrywise.ts";
import { causal } from "../kernels/mask-scores.ts";
import { checkGpt2Config } from "./gpt2-counts.ts";
import { checkInteger, checkModuleList, checkOptions, checkShapes, gaussian, numbersOf } from "../matrix.ts";
import { checkModules } from "../matrix.ts";
import { gatherRows, sliceRows } from "../kernels/rows.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { normalEncoderBlock, normalWeights } from "../layers/normal-weights.ts";
import { checkListener, withPrefix } from "../layers/weights-listener.ts";

/** The tables of a GPT-2, its blocks, and the norm behind them. */
export interface Gpt2Parts {
  readonly words: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm;
}

/**
 * GPT-2 (ジーピーティー・ツー): blocks in which a token attends to itself and the tokens before it, and words from
 * what they give.
 *
 *     X_0[t,·] = W_word[token_t,·] + W_position[t,·]             (1)
 *     X_l = EncoderBlock_l(X_(l−1)), causal,  l = 1 … L          (2)
 *     Y = LN(X_L)                                                (3)
 *     logits = Y W_wordᵀ                                         (4)
 *
 *     tokens: T numbers   →   Y (T, D), logits (T, vocabulary)
 *     words (vocabulary, D)   positions (places, D)
 *     T tokens t, D features, L blocks, which normalise before each part ("pre"); W_word is `words`,
 *     W_position is `positions`
 *
 * Row t of the logits scores each word as token t + 1. The words' table serves twice, in (1) and in (4), and
 * is counted once.
 * Cost: L(4TD² + 2T²D + 2TD·d_hidden) + TD·vocabulary multiply-adds.
 * Errors: RangeError unless the tables are alike in columns, and T tokens are rows of words and have places.
 * Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners" §2.3. Names as
 * huggingface/transformers `GPT2Model`.
 */
export class Gpt2 {
  readonly words: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly EncoderBlock[];
  readonly norm: LayerNorm;

  constructor(parts: Gpt2Parts) {
    checkOptions("Gpt2", parts, ["words", "positions", "blocks", "norm"], "parts");
    const { words, positions, blocks, norm } = parts;
    checkModules("Gpt2", parts, ["norm"]);
    checkModuleList("Gpt2", "blocks", blocks);
    checkShapes("Gpt2", { words: [words, "vocabulary", "D"], positions: [positions, "places", "D"] });
    this.words = words;
    this.positions = positions;
    this.blocks = blocks;
    this.norm = norm;
  }

  /** Fresh weights, drawn in the order of use: N(0, 0.02²), biases 0, norms 1 and 0. */
  static random(config: Gpt2Config, random: Random): Gpt2 {
    checkGpt2Config("Gpt2.random", config);
    const { d_model, depth, eps } = config;
    const normal = gaussian(random);
    const words = normalWeights(config.vocabulary, d_model, normal);
    const positions = normalWeights(config.positions, d_model, normal);
    const { heads, d_hidden } = config;
    const widths = { d_model, heads, d_hidden, eps, activation: "gelu-tanh", order: "pre" } as const;
    const blocks = Array.from({ length: depth }, () => normalEncoderBlock(widths, normal));
    return new Gpt2({ words, positions, blocks, norm: LayerNorm.initial({ d_model, eps }) });
  }

  /**
   * Y for some tokens. `onWeights` is called with "blocks[l].self" and one matrix (T, T) per head.
   */
  forward(tokens: ArrayLike<number | bigint>, options: { onWeights?: WeightsListener | undefined } = {}): Matrix {
    checkOptions("Gpt2.forward", options, ["onWeights"]);
    const { onWeights } = options;
    checkListener("Gpt2.forward", onWeights);
    const numbers = numbersOf("Gpt2.forward", "tokens", tokens);
    checkGpt2Tokens("Gpt2.forward", numbers, this);

    const places = sliceRows(this.positions, 0, tokens.length);
    const X_0 = add(gatherRows(this.words, numbers), places); //            (1) (T, D)
    const X_L = this.blocks.reduce((X, block, l) => {
      const within = withPrefix(onWeights, `blocks[${l}]`);
      return block.forward(X, { allow: causal(), onWeights: within }); //   (2) (T, D)
    }, X_0);
    return this.norm.forward(X_L); //                                       (3) (T, D)
  }

  /** The logits of the words that follow, one row for each row of Y (T, D). */
  logits(Y: Matrix): Matrix {
    checkShapes("Gpt2.logits", { Y: [Y, "T", this.words.cols] });
    return matmulTransposed(Y, this.words); //                              (4) (T, vocabulary)
  }
}

/** Throws unless tokens are rows of the words' table, and not more than there are places. */
function checkGpt2Tokens(where: string, tokens: readonly number[], { words, positions }: Gpt2): void {
  checkInteger(where, "tokens.length", tokens.length, 0, positions.rows);
  tokens.forEach((token, t) => checkInteger(where, `tokens[${t}]`, token, 0, words.rows - 1));
}
