import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import { add } from "../kernels/entrywise.ts";
import { checkInteger, checkModules, checkOptions, checkShapes, numbersOf } from "../matrix.ts";
import { gatherRows } from "../kernels/rows.ts";

/**
 * The tables of a token embedding and its norm.
 * With `pad`, the number of the padding token, positions are counted as in RoBERTa.
 */
export interface TokenEmbeddingParts {
  readonly words: Matrix;
  readonly positions: Matrix;
  readonly types: Matrix;
  readonly norm: LayerNorm;
  readonly pad?: number | undefined;
}

/**
 * Token embedding (トークン埋め込み): the sum of a token's word, position and type vectors, normalised.
 *
 *     without pad:  p_t = t                                                            (1)
 *     with pad:     p_t = pad + #{s ≤ t : token_s ≠ pad};  pad where token_t = pad     (2)
 *     X = LN(E),  E[t,·] = W_word[token_t,·] + W_position[p_t,·] + W_type[type_t,·]    (3)
 *
 *     tokens and types: T numbers each   →   X (T, D)
 *     W_word = words (vocabulary, D)   W_position = positions (places, D)   W_type = types (kinds, D)
 *     T tokens t of D features; as many words, places and types as the tables have rows
 *
 * (1) is the rule of BERT and BigBird; (2) is that of RoBERTa and Longformer: with pad = 1 the first token
 * stands at place 2, so that a table of 4,098 places serves 4,096 tokens, and all padding stands at place 1.
 * Types are 0 unless given.
 * Errors: RangeError unless the tables are D wide, numbers are rows of their tables, and the tokens have
 * places.
 * Source: Devlin et al. 2019, "BERT" §3, arXiv 1810.04805. (2): RoBERTa's released code (Liu et al. 2019,
 * arXiv 1907.11692).
 */
export class TokenEmbedding {
  readonly words: Matrix;
  readonly positions: Matrix;
  readonly types: Matrix;
  readonly norm: LayerNorm;
  readonly pad: number | undefined;

  constructor(parts: TokenEmbeddingParts) {
    checkOptions("TokenEmbedding", parts, ["words", "positions", "types", "norm", "pad"], "parts");
    checkModules("TokenEmbedding", parts, ["norm"]);
    const { words, positions, types, norm, pad } = parts;
    checkShapes("TokenEmbedding", {
      words: [words, "vocabulary", "D"],
      positions: [positions, "places", "D"],
      types: [types, "kinds", "D"],
    });
    if (pad !== undefined) checkInteger("TokenEmbedding", "pad", pad, 0, words.rows - 1);
    this.words = words;
    this.positions = positions;
    this.types = types;
    this.norm = norm;
    this.pad = pad;
  }

  /** The place p_t of each token in the table of positions. */
  places(tokens: ArrayLike<number | bigint>): number[] {
    const { pad } = this;
    const numbers = numbersOf("TokenEmbedding.places", "tokens", tokens);
    if (pad === undefined) return numbers.map((_, t) => t); //               (1)
    let real = 0;
    return numbers.map((token) => (token === pad ? pad : pad + ++real)); //  (2)
  }

  /**
   * X for some tokens, and their types if there are several. Both are arrays or typed arrays; BigInts, as
   * many tokenisers give them, are taken as numbers.
   */
  forward(tokens: ArrayLike<number | bigint>, types?: ArrayLike<number | bigint> | undefined): Matrix {
    const numbers = numbersOf("TokenEmbedding.forward", "tokens", tokens);
    const kinds = completeTokenTypes(this, numbers, types);
    const places = this.places(numbers);
    checkTokenPlaces(places, this.positions.rows);

    const word = gatherRows(this.words, numbers);
    const position = gatherRows(this.positions, places);
    const type = gatherRows(this.types, kinds);
    const E = add(add(word, position), type); //  (3) (T, D)
    return this.norm.forward(E); //               (3) (T, D)
  }
}

/** The types, 0 unless given. Throws unless tokens and types are as many numbers, each a row of its table. */
function completeTokenTypes(
  { words, types: table }: TokenEmbedding,
  tokens: readonly number[],
  given: ArrayLike<number | bigint> | undefined,
): readonly number[] {
  const where = "TokenEmbedding.forward";
  const types = given === undefined ? tokens.map(() => 0) : numbersOf(where, "types", given);
  tokens.forEach((token, t) => checkInteger(where, `tokens[${t}]`, token, 0, words.rows - 1));
  checkInteger(where, "types.length", types.length, tokens.length, tokens.length);
  types.forEach((type, t) => checkInteger(where, `types[${t}]`, type, 0, table.rows - 1));
  return types;
}

/** Throws unless all places are rows of the table of positions. */
function checkTokenPlaces(places: readonly number[], rows: number): void {
  const last = places.reduce((a, b) => Math.max(a, b), -1);
  if (last < rows) return;
  const rule = `must have places below ${rows}, the rows of positions`;
  const got = `${places.length} tokens, the last at ${last}`;
  throw new RangeError(`TokenEmbedding.forward: tokens ${rule}; got ${got}`);
}
