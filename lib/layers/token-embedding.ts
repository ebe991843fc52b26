import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import { add } from "../kernels/entrywise.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { gatherRows } from "../kernels/rows.ts";

/**
 * The tables of a token embedding and its norm. With `pad`, the number of the padding token, positions are
 * counted as RoBERTa does.
 */
export interface TokenEmbeddingParts {
  readonly words: Matrix;
  readonly positions: Matrix;
  readonly types: Matrix;
  readonly norm: LayerNorm;
  readonly pad?: number | undefined;
}

/**
 * Token embedding (トークン埋め込み): what a token is, where it stands and which part it belongs to, added and
 * normalised.
 *
 *     without pad:  p_t = t                                                            (1)
 *     with pad:     p_t = pad + #{s ≤ t : token_s ≠ pad};  pad where token_t = pad     (2)
 *     X = LN(E),  E[t,·] = W_word[token_t,·] + W_position[p_t,·] + W_type[type_t,·]    (3)
 *
 *     tokens and types: T numbers   →   X (T, D)
 *     T tokens t of D features; W_word `words` (vocabulary, D), W_position `positions` (places, D), W_type `types` (kinds, D)
 *
 * (1) is BERT's rule, and BigBird's; (2) is RoBERTa's, and Longformer's: with pad = 1 the first token stands
 * at place 2, so that a table of 4,098 places serves 4,096 tokens, and all padding stands at place 1. Types
 * are 0 unless given.
 * Errors: RangeError unless the tables are D wide, numbers are rows of their tables, and the tokens have
 * places.
 * Source: Devlin et al. 2019, "BERT" §3, arXiv 1810.04805; (2): RoBERTa's released code (Liu et al. 2019,
 * arXiv 1907.11692).
 */
export class TokenEmbedding {
  readonly words: Matrix;
  readonly positions: Matrix;
  readonly types: Matrix;
  readonly norm: LayerNorm;
  readonly pad: number | undefined;

  constructor({ words, positions, types, norm, pad }: TokenEmbeddingParts) {
    checkMatrix("TokenEmbedding", "words", words);
    checkMatrix("TokenEmbedding", "positions", positions, { cols: words.cols });
    checkMatrix("TokenEmbedding", "types", types, { cols: words.cols });
    if (pad !== undefined) checkInteger("TokenEmbedding", "pad", pad, 0, words.rows - 1);
    this.words = words;
    this.positions = positions;
    this.types = types;
    this.norm = norm;
    this.pad = pad;
  }

  /** The place of each token in the table of positions. */
  places(tokens: readonly number[]): number[] {
    const { pad } = this;
    if (pad === undefined) return tokens.map((_, t) => t); //                               (1)
    let real = 0;
    return tokens.map((token) => (token === pad ? pad : pad + ++real)); //                  (2)
  }

  forward(tokens: readonly number[], given?: readonly number[] | undefined): Matrix {
    const where = "TokenEmbedding.forward";
    if (!Array.isArray(tokens)) {
      throw new TypeError(`${where}: tokens must be an array of numbers; got ${typeof tokens}`);
    }
    const types: readonly number[] = given ?? tokens.map(() => 0);
    if (!Array.isArray(types)) {
      throw new TypeError(`${where}: types must be an array of numbers; got ${typeof types}`);
    }
    tokens.forEach((token, t) => checkInteger(where, `tokens[${t}]`, token, 0, this.words.rows - 1));
    checkInteger(where, "types.length", types.length, tokens.length, tokens.length);
    types.forEach((type, t) => checkInteger(where, `types[${t}]`, type, 0, this.types.rows - 1));
    const places = this.places(tokens);
    const last = places.reduce((a, b) => Math.max(a, b), -1);
    if (last >= this.positions.rows) {
      throw new RangeError(
        `${where}: tokens must have places below ${this.positions.rows}, the rows of positions; got ` +
          `${tokens.length} tokens, the last at ${last}`,
      );
    }
    const E = add(
      add(gatherRows(this.words, tokens), gatherRows(this.positions, places)),
      gatherRows(this.types, types),
    );
    return this.norm.forward(E); //                                                         (3) (T, D)
  }
}
