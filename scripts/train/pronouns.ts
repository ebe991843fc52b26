/**
 * Whom a pronoun means: two encoder blocks read a sentence, and a last attention, whose values are the words
 * themselves, names the person. Its head comes to look from the pronoun to the name.
 */
import type { Lesson, Task } from "./task.ts";
import type { Matrix, Random } from "../../lib/matrix.ts";
import type { PronounLanguage, PronounSentence } from "./pronoun-grammar.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { NAME_COUNT, VOCABULARY, sentenceOf } from "./pronoun-grammar.ts";
import { crossEntropyGradient } from "../../lib/gradients/cross-entropy-gradient.ts";
import { embed, embedGradient, rightAnswers, table, waves } from "./tables.ts";
import { encoderBlockGradient } from "../../lib/gradients/encoder-block-gradient.ts";
import { layerNormGradient } from "../../lib/gradients/layer-norm-gradient.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { linearGradient } from "../../lib/gradients/linear-gradient.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";

/** The longest sentence, in words. */
export const LONGEST = 24;
const D = 32;

export interface PronounParts {
  readonly symbols: Matrix;
  readonly positions: Matrix;
  readonly blocks: readonly [EncoderBlock, EncoderBlock];
  readonly norm: LayerNorm;
  readonly look: MultiHeadAttention;
  readonly W: Matrix;
}

export interface PronounResult {
  readonly X: readonly [Matrix, Matrix, Matrix];
  readonly Z: Matrix;
  readonly Y: Matrix;
  /** (T, names): which name each word means; it counts at pronouns alone. */
  readonly logits: Matrix;
  /** The maps (T, T) of the two blocks and of the last attention, a head each. */
  readonly maps: readonly (readonly Matrix[])[];
}

export function createPronouns(random: Random): PronounParts {
  const widths = { d_model: D, heads: 1, d_hidden: 2 * D, activation: "relu", order: "pre" } as const;
  return {
    symbols: table(VOCABULARY.length, D, random),
    positions: waves(LONGEST, D),
    blocks: [EncoderBlock.random(widths, random), EncoderBlock.random(widths, random)],
    norm: LayerNorm.initial({ d_model: D }),
    look: MultiHeadAttention.random({ d_model: D, heads: 1 }, random),
    W: table(D, NAME_COUNT, random),
  };
}

export function forwardPronouns(model: PronounParts, tokens: readonly number[]): PronounResult {
  const maps: (readonly Matrix[])[] = [];
  const onWeights = (_: string, weights: readonly Matrix[]): void => void maps.push(weights);
  const X_0 = embed(model.symbols, model.positions, tokens);
  const X_1 = model.blocks[0].forward(X_0, { onWeights });
  const X_2 = model.blocks[1].forward(X_1, { onWeights });
  const Z = model.norm.forward(X_2);
  const { output: Y, weights } = model.look.forward(Z, Z, X_0);
  return { X: [X_0, X_1, X_2], Z, Y, logits: linear(Y, model.W), maps: [...maps, weights] };
}

/** The numbers of a sentence's words. */
export function tokensOf(words: readonly string[]): number[] {
  return words.map((word) => {
    const token = VOCABULARY.indexOf(word);
    if (token < 0) throw new RangeError(`tokensOf: the vocabulary has no ${word}`);
    return token;
  });
}

function targetsOf({ means, words }: PronounSentence, tokens: readonly number[]): (number | undefined)[] {
  const targets: (number | undefined)[] = words.map(() => undefined);
  for (const { pronoun, name } of means) targets[pronoun] = tokens[name];
  return targets;
}

function lessonOf(model: PronounParts, sentence: PronounSentence): Lesson {
  const tokens = tokensOf(sentence.words);
  const { X, Z, Y, logits } = forwardPronouns(model, tokens);
  const targets = targetsOf(sentence, tokens);
  const { loss, dX: dLogits } = crossEntropyGradient(logits, targets);
  const toW = linearGradient(Y, model.W, dLogits);
  const toLook = multiHeadGradient(model.look, { Q: Z, K: Z, V: X[0] }, toW.dX);
  const toNorm = layerNormGradient(model.norm, X[2], add(toLook.dQ, toLook.dK));
  const toSecond = encoderBlockGradient(model.blocks[1], X[1], toNorm.dX);
  const toFirst = encoderBlockGradient(model.blocks[0], X[0], toSecond.dX);
  const gradients = {
    ...embedGradient(model.symbols, model.positions, tokens, add(toFirst.dX, toLook.dV)),
    blocks: [toFirst.parameters, toSecond.parameters],
    norm: toNorm.parameters,
    look: toLook.parameters,
    W: toW.dW,
  };
  const right = rightAnswers(logits, targets) === sentence.means.length ? 1 : 0;
  return { loss, right, answers: 1, gradients };
}

const randomSentence = (random: Random): PronounSentence => sentenceOf(random() < 0.5 ? "en" : "ja", random);

export const pronouns: Task<PronounParts, PronounSentence> = {
  name: "pronouns",
  about: "an encoder tells whom a pronoun means, in English and Japanese; a head looks from it to the name",
  steps: 11000,
  batch: 8,
  peak: 0.005,
  decay: 0.01,
  create: createPronouns,
  example: randomSentence,
  lesson: lessonOf,
  measure(model, random, examples) {
    // The head is named on sentences apart from those that are measured.
    const weights = (from: PronounSentence[]): number[] => {
      const sums = [0, 0, 0];
      let count = 0;
      for (const { words, means } of from) {
        const { maps } = forwardPronouns(model, tokensOf(words));
        for (const { pronoun, name } of means) {
          maps.flat().forEach((A, h) => (sums[h] = sums[h]! + A.data[pronoun * A.cols + name]!));
          count++;
        }
      }
      return sums.map((sum) => sum / count);
    };
    const naming = weights(Array.from({ length: 200 }, () => randomSentence(random)));
    const best = naming.indexOf(Math.max(...naming));
    const share = (language: PronounLanguage): [number, PronounSentence[]] => {
      const sentences = Array.from({ length: examples }, () => sentenceOf(language, random));
      const right = sentences.filter((sentence) => {
        const tokens = tokensOf(sentence.words);
        const { logits } = forwardPronouns(model, tokens);
        return rightAnswers(logits, targetsOf(sentence, tokens)) === sentence.means.length;
      });
      return [right.length / examples, sentences];
    };
    const [english, inEnglish] = share("en");
    const [japanese, inJapanese] = share("ja");
    const where = best === 2 ? "the last attention" : `block ${best + 1}`;
    return [
      { name: "English sentences right", value: english },
      { name: "Japanese sentences right", value: japanese },
      { name: `weight from pronoun to name, ${where}`, value: weights([...inEnglish, ...inJapanese])[best]! },
    ];
  },
};
