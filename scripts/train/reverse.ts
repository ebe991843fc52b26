/**
 * A word read backwards: a decoder block writes it from its end. It is told how many letters are left, and
 * has to learn which place of the word that means: its cross-attention becomes the anti-diagonal.
 */
import type { Figure, Lesson, Task } from "./task.ts";
import type { Matrix, Random } from "../../lib/matrix.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { below, embed, embedGradient, places, rightAnswers, table } from "./tables.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { crossEntropyGradient } from "../../lib/gradients/cross-entropy-gradient.ts";
import { decoderBlockGradient } from "../../lib/gradients/decoder-block-gradient.ts";
import { embeddingGradient } from "../../lib/gradients/embedding-gradient.ts";
import { gatherRows } from "../../lib/kernels/rows.ts";
import { layerNormGradient } from "../../lib/gradients/layer-norm-gradient.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { linearGradient } from "../../lib/gradients/linear-gradient.ts";

/** The letters that it knows; one symbol follows them, the start of an answer. */
export const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const START = LETTERS.length;
const SYMBOLS = LETTERS.length + 1;

/** The shortest and the longest word that it is taught. */
export const WORD_LENGTHS = { least: 4, most: 12 };
const D = 32;

/** The matrices of the model, by name. */
export interface ReverseParts {
  readonly symbols: Matrix;
  readonly positions: Matrix;
  /** Row n is added to the input where n + 1 letters are left. */
  readonly left: Matrix;
  readonly decoder: DecoderBlock;
  readonly norm: LayerNorm;
  readonly W: Matrix;
}

/** What a forward pass gave: logits of each answer, and the maps. */
export interface ReverseResult {
  readonly inputs: readonly number[];
  readonly M: Matrix;
  readonly X: Matrix;
  readonly Y: Matrix;
  readonly Z: Matrix;
  readonly logits: Matrix;
  /** The decoder's cross-attention (n, n): rows are answers, columns the letters of the word. */
  readonly cross: Matrix;
}

/** The rows of `left` for a word of n letters: n − 1, n − 2, … 0. */
const countdown = (n: number): number[] => places(n).reverse();

export function createReverse(random: Random): ReverseParts {
  const widths = { d_model: D, heads: 1, d_hidden: 2 * D, activation: "relu", order: "pre" } as const;
  return {
    symbols: table(SYMBOLS, D, random),
    positions: table(WORD_LENGTHS.most, D, random),
    left: table(WORD_LENGTHS.most, D, random),
    decoder: DecoderBlock.random(widths, random),
    norm: LayerNorm.initial({ d_model: D }),
    W: table(D, SYMBOLS, random),
  };
}

/** The forward pass over one word of letter numbers; each answer sees the right answers before it. */
export function forwardReverse(model: ReverseParts, word: readonly number[]): ReverseResult {
  const inputs = [START, ...[...word].reverse().slice(0, -1)];
  const M = embed(model.symbols, model.positions, word);
  const X = add(gatherRows(model.symbols, inputs), gatherRows(model.left, countdown(word.length)));
  const maps = new Map<string, Matrix>();
  const onWeights = (name: string, weights: readonly Matrix[]): void => void maps.set(name, weights[0]!);
  const Y = model.decoder.forward(X, M, { allow: causal(), onWeights });
  const Z = model.norm.forward(Y);
  return { inputs, M, X, Y, Z, logits: linear(Z, model.W), cross: maps.get("cross")! };
}

function lessonOf(model: ReverseParts, word: readonly number[]): Lesson {
  const { inputs, M, X, Y, Z, logits } = forwardReverse(model, word);
  const targets = [...word].reverse();
  const { loss, dX: dLogits } = crossEntropyGradient(logits, targets);
  const toW = linearGradient(Z, model.W, dLogits);
  const toNorm = layerNormGradient(model.norm, Y, toW.dX);
  const toDecoder = decoderBlockGradient(model.decoder, { X, M }, toNorm.dX, { allow: causal() });
  const read = embedGradient(model.symbols, model.positions, word, toDecoder.dMemory);
  const gradients = {
    symbols: add(read.symbols, embeddingGradient(model.symbols, inputs, toDecoder.dX)),
    positions: read.positions,
    left: embeddingGradient(model.left, countdown(word.length), toDecoder.dX),
    decoder: toDecoder.parameters,
    norm: toNorm.parameters,
    W: toW.dW,
  };
  const right = rightAnswers(logits, targets) === word.length ? 1 : 0;
  return { loss, right, answers: 1, gradients };
}

function randomWord(random: Random): number[] {
  const length = WORD_LENGTHS.least + below(WORD_LENGTHS.most - WORD_LENGTHS.least + 1, random);
  return Array.from({ length }, () => below(LETTERS.length, random));
}

export const reverse: Task<ReverseParts, number[]> = {
  name: "reverse",
  about: "a decoder reads a word backwards; its cross-attention becomes the anti-diagonal",
  steps: 2000,
  batch: 8,
  peak: 0.01,
  decay: 0.01,
  create: createReverse,
  example: randomWord,
  lesson: lessonOf,
  measure(model, random, examples) {
    let whole = 0;
    let weight = 0;
    let rows = 0;
    for (let e = 0; e < examples; e++) {
      const word = randomWord(random);
      const { logits, cross } = forwardReverse(model, word);
      whole += rightAnswers(logits, [...word].reverse()) === word.length ? 1 : 0;
      for (let t = 0; t < word.length; t++) weight += cross.data[t * cross.cols + word.length - 1 - t]!;
      rows += word.length;
    }
    const figures: Figure[] = [
      { name: "words right from end to end", value: whole / examples },
      { name: "weight on the anti-diagonal", value: weight / rows },
    ];
    return figures;
  },
};
