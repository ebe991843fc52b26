/** The numbers that the page must show, computed from the oracle: for `npm run page:check` and for the specs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { embed } from "../../scripts/atlas/words.ts";
import { atlasInPage } from "../../scripts/atlas/in-page.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { TEXTS, type Language } from "../../scripts/page/state.ts";
import type { Translation } from "../../lib/models/character-translator.ts";
import { DATE_FORMS, dateModels } from "../../scripts/page/models/dates.ts";
import { datesTranslator } from "../../lib/checkpoints/dates-bahdanau.ts";
import { naiveBahdanau, naiveStart, naiveStep } from "../oracle/naive-decoder.ts";
import { naiveBidirectional } from "../oracle/naive-gru.ts";
import { birdExpected, fewExpected, streamExpected } from "./expected-chance.ts";
import { costExpected, gridExpected, learnExpected } from "./expected-sparse.ts";
import { digitsExpected } from "./expected-digits.ts";
import { dot, naiveAttention, naiveLinear, naiveMatmul, type Rows } from "../oracle/naive.ts";
import { gaussian, randomGenerator, type Matrix } from "../../lib/matrix.ts";
import { randomHead } from "../../lib/attention/heads.ts";
import { readSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { piecesOf } from "../../scripts/page/context.ts";
import { pageData } from "../../scripts/page/build.ts";
import { root } from "../../scripts/copy/join.ts";

export const rowsOf = ({ rows, cols, data }: Matrix): Rows =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));

/** The map of one head whose projections are the ones that the library draws. */
export function naiveMap(
  X: Matrix,
  { W_Q, W_K, W_V }: { W_Q: Matrix; W_K: Matrix; W_V: Matrix },
  allow: (i: number, j: number) => boolean = () => true,
): { weights: Rows; output: Rows } {
  const [Q, K, V] = [W_Q, W_K, W_V].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  return naiveAttention(Q!, K!, V!, { scale: 1 / Math.sqrt(W_Q.cols), allow });
}

/** Everything that a self-test compares with, by name. */
export type Expected = Record<string, unknown>;

/** The expected numbers of each scene, in one record; to add a scene's, add a function to the list. */
const SCENES: readonly ((X: Matrix, seed: number, words: readonly string[]) => Expected)[] = [
  queryExpected,
  compareExpected,
  rootExpected,
  orderExpected,
  headsExpected,
  crossExpected,
  datesExpected,
  streamExpected,
  windowExpected,
  fewExpected,
  birdExpected,
  gridExpected,
  digitsExpected,
  learnExpected,
  costExpected,
  allExpected,
];

export function expectedOf(lang: Language, seed: number = 9): Expected {
  const words = piecesOf({ text: TEXTS[lang], cut: "word" });
  const X = embed(words, 16, seed);
  return Object.assign({ T: words.length }, ...SCENES.map((scene) => scene(X, seed, words))) as Expected;
}

const short = (rows: Rows): number[] => rows.flat().map((x) => Math.round(x * 1e5) / 1e5);

function queryExpected(_: Matrix, seed: number, words: readonly string[]): Expected {
  const five = words
    .filter((word, n) => words.findIndex((w) => w.toLowerCase() === word.toLowerCase()) === n)
    .slice(0, 5);
  const [K, V] = [embed(five, 2, seed + 100), embed(five, 2, seed + 200)].map(rowsOf);
  return { "one-query.shares": naiveAttention([[1.2, 0.8]], K!, V!).weights[0]! };
}

function compareExpected(X: Matrix, seed: number): Expected {
  const rows = rowsOf(X);
  const random = randomGenerator(seed);
  const { W_a } = BilinearAttention.random({ d_q: 16, d_k: 16 }, random);
  const additive = AdditiveAttention.random({ d_q: 16, d_k: 16, units: 16 }, random);
  const [W, U, v] = [additive.W_a, additive.U_a, additive.v_a].map(rowsOf);
  const heat = Math.round(100 * 0.05 * 160 ** (14 / 24)) / 100;
  const scores: Record<string, (q: number[], k: number[]) => number> = {
    dot,
    scaled: (q, k) => dot(q, k) / 4,
    bilinear: (q, k) => dot(naiveMatmul([q], rowsOf(W_a))[0]!, k),
    additive: (q, k) => {
      const [a, b] = [naiveMatmul([q], W!)[0]!, naiveMatmul([k], U!)[0]!];
      return a.reduce((sum, x, c) => sum + Math.tanh(x + b[c]!) * v!.flat()[c]!, 0);
    },
  };
  const maps: Record<string, number[]> = {};
  for (const [name, score] of Object.entries(scores)) {
    maps[`${name} softmax`] = short(naiveAttention(rows, rows, rows, { score, scale: 1 / heat }).weights);
  }
  maps["dot hard"] = short(
    rows.map((q) => {
      const all = rows.map((k) => dot(q, k));
      return all.map((_, j) => (j === all.indexOf(Math.max(...all)) ? 1 : 0));
    }),
  );
  return { "compare.maps": maps };
}

function rootExpected(_: Matrix, seed: number): Expected {
  const normal = gaussian(randomGenerator(seed));
  const q = Array.from({ length: 64 }, normal);
  const K = Array.from({ length: 10 }, () => Array.from({ length: 64 }, normal));
  const float = (rows: Rows): Rows => rows.map((row) => Array.from(Float32Array.from(row)));
  const largest = (scale: number): number =>
    Math.max(...naiveAttention(float([q]), float(K), float(K), { scale }).weights[0]!);
  return { "root-d.largest": { none: largest(1), root: largest(1 / 8), width: largest(1 / 64) } };
}

function orderExpected(X: Matrix, seed: number): Expected {
  const head = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(seed));
  return { "order.map": short(naiveMap(X, head).weights) };
}

function headsExpected(X: Matrix, seed: number): Expected {
  const { heads } = MultiHeadAttention.random({ d_model: 16, heads: 4 }, randomGenerator(seed));
  const { weights } = naiveMap(X, heads[0]!);
  return { "multi-head.map": short(weights), "multi-head.cell": weights[2]![1]! };
}

function windowExpected(X: Matrix, seed: number): Expected {
  const head = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(seed));
  const pairs = Array.from({ length: X.rows }, (_, r) => {
    let count = 0;
    for (let i = 0; i < X.rows; i++) for (let j = 0; j < X.rows; j++) if (Math.abs(i - j) <= r) count++;
    return count;
  });
  const { weights } = naiveMap(X, head, (i, j) => Math.abs(i - j) <= 2);
  // two keys of zeros before the first word
  const [Q, K] = [head.W_Q, head.W_K].map((W) => naiveMatmul(rowsOf(X), rowsOf(W)));
  const zero = K![0]!.map(() => 0);
  const padded = naiveAttention(
    [Q![0]!],
    [zero, zero, K![0]!, K![1]!, K![2]!],
    [zero, zero, zero, zero, zero],
    { scale: 0.25 },
  );
  return {
    "window.pairs": pairs,
    "window.map": short(weights),
    "window.zeros": padded.weights[0]!.slice(2).reduce((a, x) => a + x),
  };
}

function crossExpected(X: Matrix, seed: number): Expected {
  const head = (): { W_Q: Matrix; W_K: Matrix; W_V: Matrix } =>
    randomHead({ d_query: 16, d_k: 16 }, randomGenerator(seed));
  const M = embed(["one", "two", "three", "four", "five"], 16, seed);
  const map = (asking: Matrix, asked: Matrix): number[] => {
    const { W_Q, W_K, W_V } = head();
    const [Q, K, V] = [
      naiveLinear(rowsOf(asking), rowsOf(W_Q)),
      naiveLinear(rowsOf(asked), rowsOf(W_K)),
      naiveLinear(rowsOf(asked), rowsOf(W_V)),
    ];
    return short(naiveAttention(Q, K, V, { scale: 1 / 4 }).weights);
  };
  const target = naiveMap(X, head(), (i, j) => j < i).weights;
  return { "cross.map": map(X, M), "cross.swapped": map(M, X), "cross.target": short(target) };
}

/** What the oracle makes of the translations that the page shows, on the page's own weights. */
function datesExpected(): Expected {
  const models = dateModels(pageData().get("dates-model")!);
  const { decoder, encoder, E_source, E_target, sourceVocabulary, targetVocabulary, go } = models.attending;
  const rows = (E: Matrix, vocabulary: readonly string[], symbols: readonly string[]): Rows =>
    symbols.map((symbol) => rowsOf(E)[vocabulary.indexOf(symbol)]!);
  const sides = ({ source, target }: Translation): [H: Rows, Y: Rows] => [
    naiveBidirectional(encoder.ahead, encoder.back, rows(E_source, sourceVocabulary, source)),
    rows(E_target, targetVocabulary, [go, ...target.slice(0, -1)]),
  ];
  const text = (logits: Rows): string =>
    logits.map((row) => targetVocabulary[row.indexOf(Math.max(...row))]).join("");
  const whole = (form: string): ReturnType<typeof naiveBahdanau> =>
    naiveBahdanau(decoder, ...sides(models.attending.translate(form)));
  const within = (form: string, D: number): ReturnType<typeof naiveBahdanau> => {
    const [H, Y] = sides(models.within(D).translate(form));
    return naiveBahdanau(decoder, H, Y, (i, j) => Math.abs(i - j) <= D);
  };
  const fixed = (form: string): string => {
    const [H, Y] = sides(models.fixed.translate(form));
    const half = H[0]!.length / 2;
    const c = [...H[H.length - 1]!.slice(0, half), ...H[0]!.slice(half)];
    let s = naiveStart(decoder, H);
    return text(
      Y.map((y) => {
        const step = naiveStep(decoder, y, c, s);
        s = step.s;
        return step.logits;
      }),
    );
  };
  const full = datesTranslator(
    readSafetensors(readFileSync(join(root, "scripts/data/dates-bahdanau.safetensors"))),
  );
  const turned = Array.from({ length: 10 }, (_, D) => text(within("27.06.2022", D).logits));
  return {
    "dates.written": Object.fromEntries(DATE_FORMS.map((form) => [form, full.translate(form).text])),
    "dates.oracle": Object.fromEntries(DATE_FORMS.map((form) => [form, text(whole(form).logits)])),
    "dates.fixed": Object.fromEntries(DATE_FORMS.map((form) => [form, fixed(form)])),
    "dates.map": short(whole(DATE_FORMS[0]).weights),
    "dates.month": short(whole("June 27, 2022").weights.slice(5, 7)),
    "dates.turned": turned,
    "dates.window": short(within("27.06.2022", 2).weights),
  };
}

/** Every mechanism of the atlas with the number of its checks, and maps that the oracle makes by itself. */
function allExpected(X: Matrix, seed: number, words: readonly string[]): Expected {
  const runs = atlasInPage(words, X, seed);
  const rows = rowsOf(X);
  return {
    "all.checks": Object.fromEntries(runs.map(({ id, checks }) => [id, checks.length])),
    "all.maps": {
      "scaled-dot-product": short(naiveAttention(rows, rows, rows, { scale: 1 / 4 }).weights),
      "dot-product": short(naiveAttention(rows, rows, rows, { score: dot }).weights),
    },
  };
}
