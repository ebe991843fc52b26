import type { BidirectionalGRU } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import type { RecurrentDecoder } from "./recurrent-decoder.ts";
import { argmaxRows } from "../kernels/argmax-rows.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { concatRows, gatherRows } from "../kernels/rows.ts";

/** The parts of a translator: a vocabulary and its embedding for each side, and what stands between them. */
export interface TranslatorParts<D extends RecurrentDecoder> {
  readonly sourceVocabulary: readonly string[];
  readonly targetVocabulary: readonly string[];
  readonly E_source: Matrix;
  readonly E_target: Matrix;
  readonly encoder: BidirectionalGRU;
  readonly decoder: D;
  /** What stands before the first symbol: a word of the target vocabulary that is never written. */
  readonly go: string;
  /** How many symbols an output has. */
  readonly length: number;
}

/**
 * An output, and how it came about: the source's characters, the logits of every step, and the weights, a row
 * for every step.
 */
export interface Translation {
  readonly text: string;
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly logits: Matrix;
  readonly weights: Matrix;
}

/**
 * A translator of characters (文字単位の翻訳器): reads the whole source both ways, then writes the likeliest symbol,
 * one at a time.
 *
 *     H       = BiGRU(E_source[x_1], …, E_source[x_n])          (1)
 *     y_0     = ⟨go⟩                                            (2)
 *     logits_i = step_i(E_target[y_(i−1)], H)                   (3)
 *     y_i     = argmax logits_i,  i = 1 … length                (4)
 *
 *     a text of n characters x_j   →   a text of `length` symbols y_i, logits (length, n_out), weights (length, n)
 *     E_source and E_target: a row for each word of their vocabulary; `decoder` gives the steps; n_out is the target vocabulary without ⟨go⟩
 *
 * Greedy: the first of equals, and no step is taken back. A character outside the vocabulary is refused, not
 * guessed.
 * Errors: RangeError for such a character, naming it, and unless the shapes agree.
 * Source: Bahdanau et al. 2014 §2.1 and §3, arXiv 1409.0473, which searches with a beam where this takes the
 * best.
 */
export class CharacterTranslator<D extends RecurrentDecoder = RecurrentDecoder> {
  readonly sourceVocabulary: readonly string[];
  readonly targetVocabulary: readonly string[];
  readonly E_source: Matrix;
  readonly E_target: Matrix;
  readonly encoder: BidirectionalGRU;
  readonly decoder: D;
  readonly go: string;
  readonly length: number;

  constructor({
    sourceVocabulary,
    targetVocabulary,
    E_source,
    E_target,
    encoder,
    decoder,
    go,
    length,
  }: TranslatorParts<D>) {
    checkMatrix("CharacterTranslator", "E_source", E_source, {
      rows: sourceVocabulary.length,
      cols: encoder.ahead.W_i.rows,
    });
    checkMatrix("CharacterTranslator", "E_target", E_target, { rows: targetVocabulary.length });
    checkInteger("CharacterTranslator", "length", length, 1);
    if (targetVocabulary.indexOf(go) !== targetVocabulary.length - 1) {
      throw new RangeError(
        `CharacterTranslator: go must be the last word of the target vocabulary; got ${JSON.stringify(go)}`,
      );
    }
    this.sourceVocabulary = sourceVocabulary;
    this.targetVocabulary = targetVocabulary;
    this.E_source = E_source;
    this.E_target = E_target;
    this.encoder = encoder;
    this.decoder = decoder;
    this.go = go;
    this.length = length;
  }

  /** The characters of a text that the source vocabulary does not have, each once, in order. */
  unknown(text: string): string[] {
    const characters = Array.from(text);
    return characters.filter(
      (character, j) => this.sourceVocabulary.indexOf(character) < 0 && characters.indexOf(character) === j,
    );
  }

  translate(text: string): Translation {
    if (typeof text !== "string") {
      throw new TypeError(`CharacterTranslator.translate: text must be a string; got ${typeof text}`);
    }
    const unknown = this.unknown(text);
    if (unknown.length > 0) {
      const named = unknown.map((character) => JSON.stringify(character)).join(", ");
      throw new RangeError(
        `CharacterTranslator.translate: text must hold characters of the vocabulary only; got ${named}`,
      );
    }
    const source = Array.from(text);
    const X = gatherRows(
      this.E_source,
      source.map((character) => this.sourceVocabulary.indexOf(character)),
    );
    const H = this.encoder.forward(X); //                                                        (1) (n, 2d)
    const n_out = this.targetVocabulary.length - 1;
    const target: string[] = [];
    const logits: Matrix[] = [];
    const weights: Matrix[] = [];
    let state = this.decoder.begin(H);
    let y = n_out; //                                                                            (2)
    for (let i = 0; i < this.length; i++) {
      const step = this.decoder.step(gatherRows(this.E_target, [y]), state); //                (3)
      checkMatrix("CharacterTranslator.translate", "logits", step.logits, { rows: 1, cols: n_out });
      y = argmaxRows(step.logits).data.indexOf(1); //                                            (4)
      state = step.state;
      target.push(...this.targetVocabulary.slice(y, y + 1));
      logits.push(step.logits);
      weights.push(step.weights);
    }
    return {
      text: target.join(""),
      source,
      target,
      logits: concatRows(logits),
      weights: concatRows(weights),
    };
  }
}
