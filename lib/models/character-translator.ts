import type { BidirectionalGRU } from "../layers/gru.ts";
import type { Matrix } from "../matrix.ts";
import type { RecurrentDecoder } from "./recurrent-decoder.ts";
import { argmaxRows } from "../kernels/argmax-rows.ts";
import { checkInteger, checkList, checkModules, checkOptions, checkShapes, kindOf } from "../matrix.ts";
import { concatRows, gatherRows } from "../kernels/rows.ts";

/** The parts of a translator: a vocabulary and its embedding for each side, the encoder and the decoder. */
export interface TranslatorParts<D extends RecurrentDecoder> {
  readonly sourceVocabulary: readonly string[];
  readonly targetVocabulary: readonly string[];
  readonly E_source: Matrix;
  readonly E_target: Matrix;
  readonly encoder: BidirectionalGRU;
  readonly decoder: D;
  /** The symbol before the first: the last word of the target vocabulary, which is never written. */
  readonly go: string;
  /** The number of symbols of an output. */
  readonly length: number;
}

/**
 * An output, with the source's characters, the written symbols, and the logits and weights of every step, a
 * row for each.
 */
export interface Translation {
  readonly text: string;
  readonly source: readonly string[];
  readonly target: readonly string[];
  readonly logits: Matrix;
  readonly weights: Matrix;
}

/**
 * A translator of characters (文字単位の翻訳器): it reads the whole source both ways, then writes the likeliest
 * symbol, one at a time.
 *
 *     H       = BiGRU(E_source[x_1], …, E_source[x_n])          (1)
 *     y_0     = ⟨go⟩                                            (2)
 *     logits_i = step_i(E_target[y_(i−1)], H)                   (3)
 *     y_i     = argmax logits_i,  i = 1 … length                (4)
 *
 *     a text of n characters x_j   →   `length` symbols y_i, logits (length, n_out), weights (length, n)
 *     E_source (n_source, d_in)   E_target (n_out + 1, e)
 *     a row of E_source or E_target for each word of its vocabulary: n_source words, and n_out + 1 with ⟨go⟩,
 *     the last; d_in and e features; `decoder` gives the steps
 *
 * The search is greedy: it takes the first of equals, and no step is taken back. A character outside the
 * vocabulary is refused, not guessed.
 * Errors: RangeError for such a character, with its name, and unless the shapes agree.
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

  constructor(parts: TranslatorParts<D>) {
    const where = "CharacterTranslator";
    const names = ["sourceVocabulary", "targetVocabulary", "E_source", "E_target", "encoder", "decoder"];
    checkOptions(where, parts, names.concat("go", "length"), "parts");
    const { sourceVocabulary, targetVocabulary, E_source, E_target, encoder, decoder, go, length } = parts;
    checkModules(where, parts, ["encoder"]);
    checkList(where, "sourceVocabulary", sourceVocabulary, "characters");
    checkList(where, "targetVocabulary", targetVocabulary, "words");
    checkShapes(where, {
      E_source: [E_source, sourceVocabulary.length, encoder.ahead.W_i.rows],
      E_target: [E_target, targetVocabulary.length, "e"],
    });
    checkInteger(where, "length", length, 1);
    if (targetVocabulary.indexOf(go) !== targetVocabulary.length - 1) {
      const rule = "must be the last word of the target vocabulary";
      throw new RangeError(`${where}: go ${rule}; got ${kindOf(go)}`);
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

  /** The translation of a text. */
  translate(text: string): Translation {
    const where = "CharacterTranslator.translate";
    checkSourceText(where, text, this);
    const { sourceVocabulary, targetVocabulary, E_source, E_target, decoder } = this;
    const n_out = targetVocabulary.length - 1;
    const source = Array.from(text);
    const x = source.map((character) => sourceVocabulary.indexOf(character));
    const [target, logits, weights]: [string[], Matrix[], Matrix[]] = [[], [], []];

    const H = this.encoder.forward(gatherRows(E_source, x)); //        (1) (n, 2d)
    let state = decoder.begin(H);
    let y = n_out; //                                                  (2)
    for (let i = 0; i < this.length; i++) {
      const step = decoder.step(gatherRows(E_target, [y]), state); //  (3)
      checkShapes(where, { logits: [step.logits, 1, n_out] });
      y = argmaxRows(step.logits).data.indexOf(1); //                  (4)
      if (y < 0) throw new RangeError(`${where}: the logits of step ${i} must be numbers; got NaN or ∞ among them`);
      state = step.state;
      target.push(...targetVocabulary.slice(y, y + 1));
      logits.push(step.logits);
      weights.push(step.weights);
    }
    const written = { text: target.join(""), source, target };
    return { ...written, logits: concatRows(logits), weights: concatRows(weights) };
  }
}

/** Throws unless `text` is a string of characters that the translator's source vocabulary has. */
function checkSourceText(where: string, text: string, translator: CharacterTranslator): void {
  if (typeof text !== "string") {
    throw new TypeError(`${where}: text must be a string; got ${typeof text}`);
  }
  const unknown = translator.unknown(text);
  if (unknown.length === 0) return;
  const named = unknown.map((character) => JSON.stringify(character)).join(", ");
  throw new RangeError(`${where}: text must hold characters of the vocabulary only; got ${named}`);
}
