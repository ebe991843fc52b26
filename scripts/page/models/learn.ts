/** The smallest head learns to look at the previous word: forward, backward, step, and the same in doubles. */
import type { AttentionHead } from "../../../lib/attention/heads.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { AdamW } from "../../../lib/gradients/adamw.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { crossEntropyGradient } from "../../../lib/gradients/cross-entropy-gradient.ts";
import { fromFunction, gaussian, matrix, randomGenerator } from "../../../lib/matrix.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmul, matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { selfAttentionGradient } from "../../../lib/gradients/self-attention-gradient.ts";
import { transpose } from "../../../lib/kernels/transpose.ts";

/** Steps of the whole training. */
export const LEARN_STEPS = 200;

/** At most so many words. */
export const LEARN_WORDS = 10;

/** Features of a query and of a key. */
export const LEARN_WIDTH = 6;

const LEARN_RATE = 0.06;

export const LEARN_MATRICES = ["W_Q", "W_K", "W_V"] as const;
export type LearnMatrix = (typeof LEARN_MATRICES)[number];

/** The weights of the head before a step, the order of its words, and what it gave. */
export interface LearnMoment {
  readonly head: AttentionHead;
  readonly order: readonly number[];
  readonly loss: number;
}

export interface Training {
  /** How many different words there are, and how many places. */
  readonly kinds: number;
  readonly places: number;
  readonly moments: LearnMoment[];
}

/** What a moment of the training shows. */
export interface LearnModel {
  readonly kinds: number;
  readonly places: number;
  readonly moment: LearnMoment;
  /** The losses of all steps up to this one. */
  readonly losses: readonly number[];
  /** The map over the sentence in its own order, and over that of the step. */
  readonly map: Matrix;
  readonly loss: number;
  readonly gradient: Readonly<Record<LearnMatrix, Matrix>>;
  /** The mean share of the previous word. */
  readonly previous: number;
}

/** One row a place: which word stands there, and which place it is; each a single 1. */
export function learnSource(tokens: readonly number[], kinds: number): Matrix {
  const T = tokens.length;
  return fromFunction(T, kinds + T, (t, c) => (c === tokens[t] || c === kinds + t ? 1 : 0));
}

/** What each place shall name: the word before it. The first has none. */
export function previousOf(tokens: readonly number[]): (number | undefined)[] {
  return tokens.map((_, t) => (t === 0 ? undefined : tokens[t - 1]));
}

const trainings = new Map<string, { readonly training: Training; readonly advance: () => void }>();

/** The training of a seed up to a step: each moment is made once. */
export function trainingAt(kinds: number, places: number, seed: number, step: number): Training {
  const name = [kinds, places, seed].join();
  const known = trainings.get(name) ?? newTraining(kinds, places, seed);
  trainings.set(name, known);
  while (known.training.moments.length <= step) known.advance();
  return known.training;
}

function newTraining(
  kinds: number,
  places: number,
  seed: number,
): { training: Training; advance: () => void } {
  const random = randomGenerator(seed);
  const normal = gaussian(random);
  const d = kinds + places;
  const drawn = (cols: number): Matrix => fromFunction(d, cols, () => 0.3 * normal());
  const head = { W_Q: drawn(LEARN_WIDTH), W_K: drawn(LEARN_WIDTH), W_V: drawn(kinds) };
  const optimiser = new AdamW(new Map(Object.entries(head)));
  const training: Training = { kinds, places, moments: [] };
  const advance = (): void => {
    // words in any order: only the place can say which word comes before
    const order = Array.from({ length: places }, () => Math.floor(random() * kinds));
    const X = learnSource(order, kinds);
    const { loss, dX } = crossEntropyGradient(new SelfAttention(head).forward(X).output, previousOf(order));
    const copied = (W: Matrix): Matrix => matrix(W.rows, W.cols, W.data.slice());
    training.moments.push({
      head: { W_Q: copied(head.W_Q), W_K: copied(head.W_K), W_V: copied(head.W_V) },
      order,
      loss,
    });
    const { parameters } = selfAttentionGradient(new SelfAttention(head), X, dX);
    const { W_Q, W_K, W_V } = parameters.head;
    optimiser.step(new Map(Object.entries({ W_Q, W_K, W_V })), LEARN_RATE);
  };
  return { training, advance };
}

/** The words of a sentence as numbers, each kind once. */
export function kindsOf(words: readonly string[]): { tokens: number[]; kinds: string[] } {
  const kinds: string[] = [];
  const tokens = words.map((word) => {
    const at = kinds.indexOf(word);
    return at >= 0 ? at : kinds.push(word) - 1;
  });
  return { tokens, kinds };
}

/** Softmax backwards by its diagonal alone: what the other keys of the row lose is left out. */
export type LearnWrong = "right" | "diagonal";

/** The gradients of W_Q and W_K that come of it: dS = A ∘ (1 − A) ∘ dA. */
function byDiagonal(
  X: Matrix,
  { W_Q, W_K, W_V }: AttentionHead,
  A: Matrix,
  dO: Matrix,
): Pick<Record<LearnMatrix, Matrix>, "W_Q" | "W_K"> {
  const [Q, K, V] = [linear(X, W_Q), linear(X, W_K), linear(X, W_V)];
  const dA = matmulTransposed(dO, V);
  const root = Math.sqrt(W_Q.cols);
  const dS = fromFunction(A.rows, A.cols, (i, j) => {
    const [a, slope] = [A.data[i * A.cols + j]!, dA.data[i * A.cols + j]!];
    return (a * (1 - a) * slope) / root;
  });
  const back = transpose(X);
  return { W_Q: matmul(back, matmul(dS, K)), W_K: matmul(back, matmul(transpose(dS), Q)) };
}

/** The head before step `step`, looked at over the sentence, and its gradients there. */
export function learnModel(
  tokens: readonly number[],
  kinds: number,
  seed: number,
  step: number,
  wrong: LearnWrong = "right",
): LearnModel {
  const training = trainingAt(kinds, tokens.length, seed, step);
  const moment = training.moments[step]!;
  const X = learnSource(tokens, kinds);
  const attention = new SelfAttention(moment.head);
  const { output, weights } = attention.forward(X);
  const { loss, dX } = crossEntropyGradient(output, previousOf(tokens));
  const { W_Q, W_K, W_V } = selfAttentionGradient(attention, X, dX).parameters.head;
  const T = tokens.length;
  let previous = 0;
  for (let t = 1; t < T; t++) previous += weights.data[t * T + t - 1]!;
  return {
    kinds,
    places: T,
    moment,
    losses: training.moments.slice(0, step + 1).map((each) => each.loss),
    map: weights,
    loss,
    gradient: { W_Q, W_K, W_V, ...(wrong === "right" ? {} : byDiagonal(X, moment.head, weights, dX)) },
    previous: T > 1 ? previous / (T - 1) : 0,
  };
}

/** Softmax in doubles. */
function sharesOf(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((s) => Math.exp(s - most));
  const sum = powers.reduce((a, p) => a + p, 0);
  return powers.map((p) => p / sum);
}

/** The loss over a sentence in doubles, by loops that share nothing with the library. */
export function plainLoss(
  tokens: readonly number[],
  kinds: number,
  weights: Readonly<Record<LearnMatrix, readonly number[]>>,
): number {
  const T = tokens.length;
  const d = LEARN_WIDTH;
  const project = (W: readonly number[], t: number, cols: number, c: number): number =>
    W[tokens[t]! * cols + c]! + W[(kinds + t) * cols + c]!;
  const list = (W: readonly number[], cols: number): number[][] =>
    tokens.map((_, t) => Array.from({ length: cols }, (__, c) => project(W, t, cols, c)));
  const [Q, K, V] = [list(weights.W_Q, d), list(weights.W_K, d), list(weights.W_V, kinds)];
  let loss = 0;
  for (let t = 1; t < T; t++) {
    const A = sharesOf(K.map((k) => k.reduce((sum, x, c) => sum + x * Q[t]![c]!, 0) / Math.sqrt(d)));
    const logits = Array.from({ length: kinds }, (_, c) => A.reduce((sum, a, j) => sum + a * V[j]![c]!, 0));
    loss -= Math.log(sharesOf(logits)[tokens[t - 1]!]!);
  }
  return loss / Math.max(1, T - 1);
}

/** One entry of a gradient as a sum of products, all in doubles, and the way back to the largest of them. */
export interface SlopeByHand {
  /** The places whose word or place the entry's row is, and what each adds to the entry. */
  readonly terms: readonly (readonly [place: number, value: number])[];
  /** The place that adds most, and the sum of products that it adds. */
  readonly place: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly products: readonly number[];
  readonly total: number;
  /** The query and the key of the largest product, and what stands between them. */
  readonly pair: readonly [query: number, key: number];
  readonly share: number;
  /** The answer of the query and its miss: softmax less 1 at the word before, over the places that have one. */
  readonly chances: readonly number[];
  readonly miss: readonly number[];
  readonly target: number | undefined;
  readonly value: readonly number[];
  /** What the share is blamed for, what the row's shares are blamed for on average, and what reaches the score. */
  readonly blame: number;
  readonly mean: number;
  readonly score: number;
}

/** The chain of one entry by hand: dO = softmax(o) − target, dA = dO·Vᵀ, dS = A ∘ (dA − Σ A∘dA), then one product. */
export function slopeByHand(
  tokens: readonly number[],
  kinds: number,
  head: AttentionHead,
  name: LearnMatrix,
  [row, col]: readonly [number, number],
): SlopeByHand {
  const places = tokens.map((_, t) => t);
  const drawn = ({ cols, data }: Matrix): number[][] =>
    places.map((t) =>
      Array.from({ length: cols }, (_, c) => data[tokens[t]! * cols + c]! + data[(kinds + t) * cols + c]!),
    );
  const [Q, K, V] = [drawn(head.W_Q), drawn(head.W_K), drawn(head.W_V)];
  const times = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, c) => sum + x * b[c]!, 0);
  const root = Math.sqrt(LEARN_WIDTH);
  const A = Q.map((q) => sharesOf(K.map((k) => times(q, k) / root)));
  const chances = A.map((a) => sharesOf(V[0]!.map((_, c) => a.reduce((sum, w, j) => sum + w * V[j]![c]!, 0))));
  const targets = previousOf(tokens);
  const misses = chances.map((row, t) =>
    row.map((p, c) => (t === 0 ? 0 : (p - (c === targets[t] ? 1 : 0)) / (tokens.length - 1))),
  );
  const blames = misses.map((miss) => V.map((v) => times(miss, v)));
  const means = A.map((a, i) => times(a, blames[i]!));
  const S = A.map((a, i) => a.map((w, j) => w * (blames[i]![j]! - means[i]!)));
  /** What place t adds: its row of dQ, or its column of dK and dV. */
  const factors = (t: number): readonly [number[], number[]] =>
    name === "W_Q"
      ? [S[t]!, K.map((k) => k[col]! / root)]
      : name === "W_K"
        ? [S.map((scores) => scores[t]!), Q.map((q) => q[col]! / root)]
        : [A.map((a) => a[t]!), misses.map((miss) => miss[col]!)];
  const own = places.filter((t) => row === tokens[t] || row === kinds + t);
  const terms = own.map((t) => [t, times(...factors(t))] as const);
  const most = (list: readonly number[]): number =>
    list.reduce((best, x, n) => (Math.abs(x) > Math.abs(list[best]!) ? n : best), 0);
  const place = own[most(terms.map(([, value]) => value))]!;
  const [left, right] = factors(place);
  const products = left.map((x, n) => x * right[n]!);
  const other = most(products);
  const [i, j] = name === "W_Q" ? [place, other] : [other, place];
  return {
    terms,
    place,
    left,
    right,
    products,
    total: terms.reduce((sum, [, value]) => sum + value, 0),
    pair: [i, j],
    share: A[i]![j]!,
    chances: chances[i]!,
    miss: misses[i]!,
    target: targets[i],
    value: V[j]!,
    blame: blames[i]![j]!,
    mean: means[i]!,
    score: S[i]![j]!,
  };
}

/** The slope of the loss at one weight from two losses a little apart. */
export function differenceAt(
  tokens: readonly number[],
  kinds: number,
  head: AttentionHead,
  name: LearnMatrix,
  entry: number,
): { low: number; high: number; slope: number; step: number } {
  const step = 1e-4;
  const at = (shift: number): number => {
    const W = {
      W_Q: Array.from(head.W_Q.data),
      W_K: Array.from(head.W_K.data),
      W_V: Array.from(head.W_V.data),
    };
    W[name][entry] = W[name][entry]! + shift;
    return plainLoss(tokens, kinds, W);
  };
  const [low, high] = [at(-step), at(step)];
  return { low, high, slope: (high - low) / (2 * step), step };
}
