/**
 * Two layers of attention and nothing else, on sequences that repeat. A head of the first layer comes to look
 * at the token before, one of the second at what followed the last occurrence: an induction head. Source:
 * Olsson et al. 2022, "In-context Learning and Induction Heads", arXiv 2209.11895.
 */
import type { Lesson, Task } from "./task.ts";
import type { Matrix, Random } from "../../lib/matrix.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { below, embed, embedGradient, places, rightAnswers, table } from "./tables.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { crossEntropyGradient } from "../../lib/gradients/cross-entropy-gradient.ts";
import { layerNormGradient } from "../../lib/gradients/layer-norm-gradient.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { linearGradient } from "../../lib/gradients/linear-gradient.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";

/** The number of tokens that there are, and the shortest and longest half of a sequence. */
export const TOKENS = 24;
export const HALVES = { least: 5, most: 12 };
const D = 32;

export interface InductionParts {
  readonly symbols: Matrix;
  readonly positions: Matrix;
  readonly first: MultiHeadAttention;
  readonly second: MultiHeadAttention;
  readonly norm: LayerNorm;
  readonly W: Matrix;
}

export interface InductionResult {
  readonly X: Matrix;
  readonly X_1: Matrix;
  readonly X_2: Matrix;
  readonly Z: Matrix;
  readonly logits: Matrix;
  /** The maps (T, T) of the first and of the second layer, a head each. */
  readonly first: readonly Matrix[];
  readonly second: readonly Matrix[];
}

export function createInduction(random: Random): InductionParts {
  return {
    symbols: table(TOKENS, D, random),
    positions: table(2 * HALVES.most, D, random),
    first: MultiHeadAttention.random({ d_model: D, heads: 1 }, random),
    second: MultiHeadAttention.random({ d_model: D, heads: 1 }, random),
    norm: LayerNorm.initial({ d_model: D }),
    W: table(D, TOKENS, random),
  };
}

/** Two causal layers with residuals: X_1 = X + MHA(X), X_2 = X_1 + MHA(X_1). */
export function forwardInduction(model: InductionParts, sequence: readonly number[]): InductionResult {
  const allow = causal();
  const X = embed(model.symbols, model.positions, sequence);
  const first = model.first.forward(X, X, X, { allow });
  const X_1 = add(X, first.output);
  const second = model.second.forward(X_1, X_1, X_1, { allow });
  const X_2 = add(X_1, second.output);
  const Z = model.norm.forward(X_2);
  const logits = linear(Z, model.W);
  return { X, X_1, X_2, Z, logits, first: first.weights, second: second.weights };
}

/** The next token at each place of the second half; in the first half nothing can be foreseen. */
function targetsOf(sequence: readonly number[]): (number | undefined)[] {
  const half = sequence.length / 2;
  return sequence.map((_, t) => (t >= half && t + 1 < sequence.length ? sequence[t + 1] : undefined));
}

function lessonOf(model: InductionParts, sequence: readonly number[]): Lesson {
  const allow = causal();
  const { X, X_1, X_2, Z, logits } = forwardInduction(model, sequence);
  const targets = targetsOf(sequence);
  const { loss, dX: dLogits } = crossEntropyGradient(logits, targets);
  const toW = linearGradient(Z, model.W, dLogits);
  const toNorm = layerNormGradient(model.norm, X_2, toW.dX);
  const toSecond = multiHeadGradient(model.second, { Q: X_1, K: X_1, V: X_1, allow }, toNorm.dX);
  const dX_1 = add(toNorm.dX, add(add(toSecond.dQ, toSecond.dK), toSecond.dV));
  const toFirst = multiHeadGradient(model.first, { Q: X, K: X, V: X, allow }, dX_1);
  const dX = add(dX_1, add(add(toFirst.dQ, toFirst.dK), toFirst.dV));
  const gradients = {
    ...embedGradient(model.symbols, model.positions, sequence, dX),
    first: toFirst.parameters,
    second: toSecond.parameters,
    norm: toNorm.parameters,
    W: toW.dW,
  };
  const answers = targets.filter((target) => target !== undefined).length;
  return { loss, right: rightAnswers(logits, targets), answers, gradients };
}

/** A half of different tokens, twice. */
function repeated(random: Random): number[] {
  const length = HALVES.least + below(HALVES.most - HALVES.least + 1, random);
  const tokens = places(TOKENS);
  const half = Array.from({ length }, () => tokens.splice(below(tokens.length, random), 1)[0]!);
  return [...half, ...half];
}

export const induction: Task<InductionParts, number[]> = {
  name: "induction",
  about: "two attention-only layers find what followed a token the last time: an induction head",
  steps: 3000,
  batch: 8,
  peak: 0.005,
  decay: 0.01,
  create: createInduction,
  example: repeated,
  lesson: lessonOf,
  measure(model, random, examples) {
    let right = 0;
    let answers = 0;
    let before = 0;
    let keys = 0;
    let followed = 0;
    let queries = 0;
    for (let e = 0; e < examples; e++) {
      const sequence = repeated(random);
      const [T, half] = [sequence.length, sequence.length / 2];
      const { logits, first, second } = forwardInduction(model, sequence);
      const targets = targetsOf(sequence);
      right += rightAnswers(logits, targets);
      answers += targets.filter((target) => target !== undefined).length;
      // The places where the second layer reads what the first wrote: the tokens of the first half, each
      // about the one before.
      for (let i = 1; i < half; i++, keys++) before += first[0]!.data[i * T + i - 1]!;
      for (let i = half; i + 1 < T; i++, queries++) followed += second[0]!.data[i * T + i - half + 1]!;
    }
    return [
      { name: "next tokens right in second halves", value: right / answers },
      { name: "first layer: weight on the token before, in first halves", value: before / keys },
      { name: "second layer: weight on what followed the last occurrence", value: followed / queries },
    ];
  },
};
