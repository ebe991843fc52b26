/** Expected numbers of the scenes of global words, of chance and of streaming, from the oracle. */
import type { Expected } from "./expected.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { REASON } from "../../lib/graph/neighbours.ts";
import { bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { naiveAttention, naiveLinear, naiveSoftmax, dot, type Rows } from "../oracle/naive.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { randomHead } from "../../lib/attention/heads.ts";
import { rowsOf } from "./expected.ts";

/** A map as thousandths with a point between two: short enough for an address. */
const thousandths = (rows: Rows): string => rows.flat().map((x) => Math.round(1000 * x)).join(".");

const countOf = (rows: Rows): number => rows.flat().filter((w) => w > 0).length;

interface FewCase {
  readonly radius?: number;
  readonly globals?: readonly number[];
  readonly twice?: boolean;
  readonly zeros?: boolean;
  readonly narrow?: boolean;
}

/** A window and global words, in each reading, with the projections of one head. */
export function fewOracle(X: Matrix, head: { W_Q: Matrix; W_K: Matrix }, read: FewCase = {}): Rows {
  const { radius = 1, globals = [3], twice = false, zeros = false, narrow = false } = read;
  const [Q, K] = [head.W_Q, head.W_K].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  const T = X.rows;
  return Q!.map((q, i) => {
    const scores = K!.map((k, j) => {
      const near = Math.abs(i - j) <= radius;
      const global = globals.includes(j) || (!narrow && globals.includes(i));
      const more = twice && near && globals.includes(j) && !globals.includes(i) ? Math.LN2 : 0;
      return near || global ? dot(q, k) / 4 + more : -Infinity;
    });
    // a key of zeros at every place of the window that lies outside
    const outside = zeros ? Math.max(0, radius - i) + Math.max(0, i + radius - T + 1) : 0;
    return naiveSoftmax([...scores, ...Array.from({ length: outside }, () => 0)]).slice(0, T);
  });
}

export function fewExpected(X: Matrix, seed: number): Expected {
  const random = randomGenerator(seed);
  const widths = { d_query: 16, d_k: 16 };
  const [local, global] = [randomHead(widths, random), randomHead(widths, random)];
  const read = (how: FewCase): Rows => fewOracle(X, local, how);
  const once = read({});
  const primed = fewOracle(X, global);
  const zeros = read({ zeros: true });
  const wide = read({ radius: 2, globals: [3, 5] });
  const twice = read({ twice: true });
  return {
    "few.once": thousandths(once),
    "few.twice": thousandths(twice),
    "few.own": thousandths(once.map((row, i) => (i === 3 ? primed[3]! : row))),
    "few.narrow": thousandths(read({ narrow: true })),
    "few.zeros": thousandths(zeros),
    "few.wide": thousandths(wide),
    "few.stolen": 1 - zeros[0]!.reduce((sum, w) => sum + w),
    "few.pairs": [once, read({ narrow: true }), wide].map(countOf),
    "few.grow": once.flatMap((row, i) => row.flatMap((w, j) => (twice[i]![j]! > w + 1e-9 ? [`${i}.${j}`] : []))),
    "few.row": Math.max(...once[1]!),
  };
}

interface BirdCase {
  readonly radius?: number;
  readonly random?: number;
  readonly globals?: readonly number[];
  readonly block?: number;
  readonly extra?: number;
  readonly twice?: boolean;
}

/** BigBird's map, and the first letter of the reason of each cell. Which keys are drawn is the library's. */
export function birdOracle(words: Matrix, seed: number, how: BirdCase): { weights: Rows; kinds: string } {
  const { radius = 1, random = 0, globals = [], block = 1, extra = 0, twice = false } = how;
  const names = Array.from({ length: extra }, (_, n) => `⟨${n + 1}⟩`);
  const X = extra === 0 ? words : concatRows([embed(names, 16, seed), words]);
  const { heads } = MultiHeadAttention.random({ d_model: 16, heads: 1 }, randomGenerator(seed));
  const [Q, K] = [heads[0]!.W_Q, heads[0]!.W_K].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  const blockOf = (t: number): number => Math.floor((t - extra) / block);
  const own = [...new Set(globals.map((g) => Math.floor(g / block)))];
  const near = (i: number, j: number): boolean =>
    Math.min(i, j) >= extra && Math.abs(blockOf(i) - blockOf(j)) <= radius;
  const all = (t: number): boolean => t < extra || own.includes(blockOf(t));
  const graph = bigBirdGraph(X.rows, { radius, random, globals: own, block, extra }, randomGenerator(seed));
  const drawn = (i: number, j: number): boolean => {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++)
      if (graph.key[e] === j) return (graph.reason[e]! & REASON.random) !== 0;
    return false;
  };
  const kindOf = (i: number, j: number): string => {
    const global = all(i) || all(j);
    return near(i, j) ? (global ? "b" : "l") : global ? "g" : drawn(i, j) ? "r" : "u";
  };
  const kinds = Q!.map((_, i) => K!.map((__, j) => kindOf(i, j)));
  const bias = kinds.map((row) => row.map((kind) => (twice && kind === "b" ? Math.LN2 : 0)));
  const { weights } = naiveAttention(Q!, K!, K!, { scale: 0.25, bias, allow: (i, j) => kinds[i]![j] !== "u" });
  return { weights, kinds: kinds.flat().join("") };
}

/** How many words a word depends on after each number of layers. */
function reached(weights: Rows, from: number, layers: readonly number[]): number[] {
  return layers.map((count) => {
    const known = new Set([from]);
    for (let layer = 0; layer < count; layer++)
      for (const i of [...known]) weights[i]!.forEach((w, j) => w > 0 && known.add(j));
    return known.size;
  });
}

const FIRST: BirdCase = { radius: 1, random: 1, globals: [0] };

export function birdExpected(X: Matrix, seed: number, words: readonly string[]): Expected {
  const cases: Record<string, readonly [BirdCase, number]> = {
    first: [FIRST, seed],
    global: [{ globals: [3] }, seed],
    random: [{ radius: 0, random: 2 }, seed],
    blocks: [{ block: 2, globals: [3], random: 1 }, seed],
    extra: [{ radius: 0, extra: 1 }, seed],
    twice: [{ ...FIRST, twice: true }, seed],
    dice: [FIRST, (seed + 17) % 41],
  };
  const shown = Object.entries(cases).map(([name, [how, drawnBy]]) => {
    const { weights, kinds } = birdOracle(embed(words, 16, drawnBy), drawnBy, how);
    return [name, [thousandths(weights), kinds, countOf(weights)]] as const;
  });
  const { weights, kinds } = birdOracle(X, seed, FIRST);
  const byChance = weights.flat().map((w, e) => (kinds[e] === "r" ? w : 0));
  const most = Math.max(...byChance);
  const at = byChance.indexOf(most);
  // over 4,096 words a window, one global word, and one random key in each of the other rows
  let wide = 4095;
  for (let i = 0; i < 4096; i++) for (let j = 0; j < 4096; j++) if (Math.abs(i - j) <= 1 || i * j === 0) wide++;
  return {
    "big-bird.hops": reached(birdOracle(X, seed, {}).weights, 0, [0, 1, 2, 3]),
    "big-bird.reach": reached(weights, 5, [1, 2, 3]),
    "big-bird.maps": Object.fromEntries(shown),
    "big-bird.wide": wide,
    "big-bird.chance": [Math.floor(at / X.rows), at % X.rows, Math.round(100 * most)],
    "big-bird.row": weights[2]!.map((w) => w / Math.max(...weights[2]!)),
  };
}

export function streamExpected(X: Matrix, seed: number): Expected {
  const { W_Q, W_K, W_V } = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(seed));
  const [Q, K, V] = [W_Q, W_K, W_V].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  const S = Q!.map((q) => K!.map((k) => dot(q, k) / 4));
  const before = (i: number, end: number): number => Math.max(...S[i]!.slice(0, end), -Infinity);
  const carried = (i: number, end: number): readonly [number, number] => {
    const m = before(i, end);
    return [m, S[i]!.slice(0, end).reduce((sum, s) => sum + Math.exp(s - m), 0)];
  };
  const ends = Array.from({ length: Math.ceil(X.rows / 3) }, (_, n) => Math.min(X.rows, 3 * n + 3));
  const whole = naiveAttention(Q!, K!, V!, { scale: 0.25 }).output;
  // blocks of two whose sums are added as they are
  const unshrunk = Q!.map((_, i) => {
    let l = 0;
    const O = whole[i]!.map(() => 0);
    for (let first = 0; first < X.rows; first += 2) {
      const end = Math.min(X.rows, first + 2);
      for (let j = first; j < end; j++) {
        const p = Math.exp(S[i]![j]! - before(i, end));
        l += p;
        O.forEach((x, c) => (O[c] = x + p * V![j]![c]!));
      }
    }
    return O.map((x, c) => Math.abs(x / l - whole[i]![c]!));
  });
  return {
    "streaming.carried": carried(3, 6),
    "streaming.score": S[3]![4]!,
    "streaming.past": ends.map((end, n) => [
      ...carried(3, end),
      Math.exp(before(3, n === 0 ? 0 : ends[n - 1]!) - before(3, end)),
    ]),
    "streaming.powers": thousandths(
      S.map((row, i) => row.map((s, j) => (j >= 6 && j < 9 ? Math.exp(s - before(i, 9)) : 0))),
    ),
    "streaming.output": whole[3]!.map((x) => Math.round(1e4 * x) / 1e4),
    "streaming.most": S.map((_, i) => before(i, X.rows)),
    "streaming.greatest": S.map((row, i) => row.indexOf(before(i, X.rows))),
    "streaming.unshrunk": Math.max(...unshrunk.flat()),
    "streaming.shrinks": Math.min(...S.map((_, i) => Math.exp(before(i, 6) - before(i, 9)))),
  };
}
