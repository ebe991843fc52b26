/** Expected numbers of the scenes in which every pair is scored, and of the window, from the oracle. */
import type { Expected } from "./expected.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { dot, naiveAttention, naiveLinear, naiveMatmul, naiveSoftmax, type Rows } from "../oracle/naive.ts";
import { TEXTS } from "../../scripts/page/state.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { fromRows, gaussian, randomGenerator } from "../../lib/matrix.ts";
import { naiveMap, rowsOf } from "./expected.ts";
import { orderOf } from "../../scripts/page/models/shuffle.ts";
import { piecesOf } from "../../scripts/page/context.ts";
import { randomHead, randomProjection } from "../../lib/attention/heads.ts";

const rounded = (list: readonly number[]): number[] => list.map((x) => Math.round(x * 1e4) / 1e4);
const flat = (rows: Rows): number[] => rounded(rows.flat());
const bestOf = (list: readonly number[]): number => list.indexOf(Math.max(...list));
const float = (rows: Rows): Rows => rows.map((row) => Array.from(Float32Array.from(row)));

/** Shares and output of one query over five words, at each place that the trial goes to. */
export function queryExpected(_: Matrix, seed: number, words: readonly string[]): Expected {
  const five = words
    .filter((word, n) => words.findIndex((w) => w.toLowerCase() === word.toLowerCase()) === n)
    .slice(0, 5);
  const [K, V] = [embed(five, 2, seed + 100), embed(five, 2, seed + 200)].map(rowsOf);
  const at = (q: number[], hidden: readonly number[] = [], late: boolean = false): number[] => {
    const allow = (__: number, j: number): boolean => late || !hidden.includes(j);
    const { weights } = naiveAttention([q], K!, V!, { score: dot, scale: 1, allow });
    const shares = weights[0]!.map((w, j) => (hidden.includes(j) ? 0 : w));
    return [...shares, ...[0, 1].map((c) => shares.reduce((sum, w, j) => sum + w * V![j]![c]!, 0))];
  };
  // the keys and the values that are the farthest in some direction: the corners of their hulls
  const corners = (points: Rows): number[] => {
    const turns = Array.from({ length: 3600 }, (__, n) => (n * Math.PI) / 1800);
    const far = turns.map((t) => bestOf(points.map(([x, y]) => x! * Math.cos(t) + y! * Math.sin(t))));
    return five.map((__, j) => j).filter((j) => far.includes(j));
  };
  const keys = corners(K!);
  return {
    "one-query.at": {
      first: at([1.2, 0.8]),
      zero: at([0, 0]),
      slid: at([-1.5, 2.1]),
      right: at([1.6, 0]),
      up: at([0, 1.6]),
      hidden: at([0, 1.6], [0]),
      late: at([0, 1.6], [0], true),
      tries: [at([3, -3]), at([0, 0]), at([1.2, 0.8], [0, 2], true)],
    },
    "one-query.points": [...K!.flat(), ...V!.flat(), ...K!.map((k) => dot([1.2, 0.8], k))],
    "one-query.hull": corners(V!),
    "one-query.inner": five.filter((__, j) => !keys.includes(j)),
  };
}

/** Sparsemax from its definition: the threshold at which what stands above it sums to 1, by halving. */
function naiveSparsemax(scores: readonly number[]): number[] {
  let [low, high] = [Math.min(...scores) - 1, Math.max(...scores)];
  for (let n = 0; n < 100; n++) {
    const middle = (low + high) / 2;
    if (scores.reduce((sum, s) => sum + Math.max(0, s - middle), 0) > 1) low = middle;
    else high = middle;
  }
  return scores.map((s) => Math.max(0, s - low)).map((x) => (x < 1e-9 ? 0 : x));
}

/** Twelve maps at the first temperature, the scaled softmax at the last, and additive without its weights. */
export function compareExpected(X: Matrix, seed: number): Expected {
  const rows = rowsOf(X);
  const random = randomGenerator(seed);
  const { W_a } = BilinearAttention.random({ d_q: 16, d_k: 16 }, random);
  const [W, U, v] = [16, 16, 1].map((wide) => rowsOf(randomProjection(16, wide, random)));
  const heatAt = (step: number): number => Math.round(100 * 0.05 * 160 ** (step / 24)) / 100;
  const sumTanh = (a: number[], b: number[], w: number[]): number =>
    a.reduce((sum, x, c) => sum + Math.tanh(x + b[c]!) * w[c]!, 0);
  const scores: Record<string, (q: number[], k: number[]) => number> = {
    dot,
    scaled: (q, k) => dot(q, k) / 4,
    bilinear: (q, k) => dot(naiveMatmul([q], rowsOf(W_a))[0]!, k),
    additive: (q, k) => sumTanh(naiveMatmul([q], W!)[0]!, naiveMatmul([k], U!)[0]!, v!.flat()),
  };
  const softmax = (score: (q: number[], k: number[]) => number, heat: number): number[] =>
    flat(naiveAttention(rows, rows, rows, { score, scale: 1 / heat }).weights);
  const maps: Record<string, number[]> = {};
  const raw: Record<string, Rows> = {};
  for (const [name, score] of Object.entries(scores)) {
    const S = rows.map((q) => rows.map((k) => score(q, k)));
    raw[name] = S;
    maps[`${name} softmax`] = softmax(score, heatAt(18));
    maps[`${name} sparsemax`] = flat(S.map((row) => naiveSparsemax(row.map((s) => s / heatAt(18)))));
    maps[`${name} hard`] = S.flatMap((row) => row.map((_, j) => (j === bestOf(row) ? 1 : 0)));
  }
  return {
    "compare.maps": maps,
    "compare.score": raw["bilinear"]![2]![1]!,
    "compare.cold": softmax(scores["scaled"]!, heatAt(0)),
    "compare.hot": softmax(scores["scaled"]!, heatAt(24)),
    "compare.weightless": softmax((q, k) => sumTanh(q, k, q.map(() => 1)), heatAt(18)),
  };
}

/** For each width the shares of ten keys in three divisions, and the spread of 400 scores. */
export function rootExpected(_: Matrix, seed: number): Expected {
  const at = (d: number): { shares: number[][]; raw: number[]; spread: number } => {
    const normal = gaussian(randomGenerator(seed));
    const draw = (n: number): Rows =>
      float(Array.from({ length: n }, () => Array.from({ length: d }, normal)));
    const [q, K, many, Q] = [draw(1), draw(10), draw(400), draw(400)];
    const shares = [1, 1 / Math.sqrt(d), 1 / d].map((scale) =>
      rounded(naiveAttention(q, K, K, { score: dot, scale }).weights[0]!),
    );
    const squares = Q.map((one, n) => dot(one, many[n]!) ** 2);
    return { shares, raw: K.map((k) => dot(q[0]!, k)), spread: Math.sqrt(squares.reduce((a, x) => a + x) / 400) };
  };
  const all = Array.from({ length: 9 }, (__, power) => at(2 ** power));
  return {
    "root-d.shares": all.map(({ shares }) => shares),
    "root-d.spread": all.map(({ spread }) => spread),
    "root-d.raw": all[6]!.raw,
  };
}

/** The sentence with and without positions, in its order and shuffled once; and three learned rows. */
export function orderExpected(X: Matrix, seed: number): Expected {
  const random = randomGenerator(seed);
  const head = randomHead({ d_query: 16, d_k: 16 }, random);
  const { W_s1, W_s2 } = StructuredSelfAttention.random({ d_hidden: 16, d_a: 16, r: 3 }, random);
  const rows = rowsOf(X);
  const placed = (list: Rows): Matrix =>
    fromRows(
      list.map((row, p) =>
        row.map((x, c) => {
          const angle = p / 10000 ** ((c - (c % 2)) / 16);
          return x + (c % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
        }),
      ),
    );
  const order = orderOf(X.rows, 1);
  const before = naiveMap(placed(rows), head);
  const after = naiveMap(placed(order.map((t) => rows[t]!)), head);
  const moved = order.map((from, to) =>
    Math.max(...after.output[to]!.map((x, c) => Math.abs(x - before.output[from]![c]!))),
  );
  const S = naiveMatmul(
    naiveMatmul(rows, rowsOf(W_s1)).map((row) => row.map(Math.tanh)),
    rowsOf(W_s2),
  );
  return {
    "order.map": flat(naiveMap(X, head).weights),
    "order.placed": flat(before.weights),
    "order.after": flat(after.weights),
    "order.moved": Math.max(...moved),
    "order.order": order,
    "order.rows": flat([0, 1, 2].map((r) => naiveSoftmax(S.map((row) => row[r]!)))),
  };
}

/** The maps of all heads of four, one of each other number, both wrong ones, and what each head adds. */
export function headsExpected(X: Matrix, seed: number): Expected {
  const rows = rowsOf(X);
  const of = (heads: number): MultiHeadAttention =>
    MultiHeadAttention.random({ d_model: 16, heads }, randomGenerator(seed));
  const mapOf = (heads: number, m: number): number[] => flat(naiveMap(X, of(heads).heads[m]!).weights);
  const { heads, W_O } = of(4);
  const four = heads.map((head) => naiveMap(X, head));
  const [Q, K] = [heads[0]!.W_Q, heads[0]!.W_K].map((W) => naiveMatmul(rows, rowsOf(W)));
  const S = Q!.map((q) => K!.map((k) => dot(q, k)));
  const T = rows.length;
  const columns = S[0]!.map((_, j) => naiveSoftmax(S.map((row) => row[j]! / 2)));
  const length = (x: number[]): number => Math.hypot(...x);
  const W = rowsOf(W_O);
  const added = four.map(({ output }, m) => naiveMatmul(output, W.slice(4 * m, 4 * m + 4)));
  const right = rows.map((_, i) => W.map((__, c) => added.reduce((sum, part) => sum + part[i]![c]!, 0)));
  // heads under one another, read on as rows of sixteen
  const run = four.flatMap(({ output }) => output.flat());
  const merged = naiveMatmul(
    rows.map((_, i) => run.slice(16 * i, 16 * i + 16)),
    W,
  );
  return {
    "multi-head.maps": four.map(({ weights }) => flat(weights)),
    "multi-head.cell": four[0]!.weights[2]![1]!,
    "multi-head.score": S[2]![1]!,
    "multi-head.others": { "0": mapOf(1, 0), "1": mapOf(2, 1), "3": mapOf(8, 7) },
    "multi-head.columns": flat(rows.map((_, i) => columns.map((column) => column[i]!))),
    "multi-head.scale": flat(S.map((row) => naiveSoftmax(row.map((s) => s / 4)))),
    "multi-head.parts": added.map((part) => part.map(length)),
    "multi-head.output": right.map(length),
    "multi-head.merged": right.map((row, i) => length(row.map((x, c) => x - merged[i]![c]!))),
    T,
  };
}

/** One sentence over five words, swapped, and each word over those before it. */
export function crossExpected(X: Matrix, seed: number, words: readonly string[]): Expected {
  const M = embed(["one", "two", "three", "four", "five"], 16, seed);
  const head = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(seed));
  const map = (asking: Matrix, asked: Matrix): number[] => {
    const Q = naiveLinear(rowsOf(asking), rowsOf(head.W_Q));
    const [K, V] = [head.W_K, head.W_V].map((W) => naiveLinear(rowsOf(asked), rowsOf(W)));
    return flat(naiveAttention(Q, K!, V!, { scale: 1 / 4 }).weights);
  };
  const other = piecesOf({ text: TEXTS[words[0] === "The" ? "ja" : "en"], cut: "word" });
  const theirs = embed(other, 16, seed);
  return {
    "cross.first": map(X, theirs),
    "cross.back": map(theirs, X),
    "cross.map": map(X, M),
    "cross.swapped": map(M, X),
    "cross.target": flat(naiveMap(X, head, (i, j) => j < i).weights),
  };
}

/** Pairs of each radius, and the maps of what can be set beside it. */
export function windowExpected(X: Matrix, seed: number): Expected {
  const head = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(seed));
  const T = X.rows;
  const line = Array.from({ length: T }, (_, t) => t);
  const count = (n: number, sees: (i: number, j: number) => boolean): number => {
    let pairs = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (sees(i, j)) pairs++;
    return pairs;
  };
  const near = (i: number, j: number): boolean => Math.abs(i - j) <= 2;
  const kinds: Record<string, (i: number, j: number) => boolean> = {
    plain: near,
    past: (i, j) => near(i, j) && j <= i,
    dilated: (i, j) => Math.abs(i - j) <= 4 && (i - j) % 2 === 0,
    blocks: (i, j) => Math.floor(i / 5) === Math.floor(j / 5),
    short: (i, j) => near(i, j) && j - i < 2,
  };
  const [Q, K] = [head.W_Q, head.W_K].map((W) => naiveMatmul(rowsOf(X), rowsOf(W)));
  const zero = K![0]!.map(() => 0);
  // five keys around each word, those beyond the ends zeros
  const padded = line.map((i) => {
    const keys = [-2, -1, 0, 1, 2].map((off) => K![i + off] ?? zero);
    const { weights } = naiveAttention([Q![i]!], keys, keys, { scale: 0.25 });
    return line.map((j) => (near(i, j) ? weights[0]![j - i + 2]! : 0));
  });
  return {
    "window.pairs": line.map((r) => count(T, (i, j) => Math.abs(i - j) <= r)),
    "window.maps": Object.fromEntries(
      Object.entries(kinds).map(([name, sees]) => [name, flat(naiveMap(X, head, sees).weights)]),
    ),
    "window.counts": Object.fromEntries(Object.entries(kinds).map(([name, sees]) => [name, count(T, sees)])),
    "window.zeros": flat(padded),
    "window.curve": Array.from({ length: 9 }, (_, n) => count(4 + 8 * n, near)),
  };
}
