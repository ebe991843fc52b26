import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import type { Sees } from "../oracle/patterns.ts";
import { BigBirdAttention, bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { SparseAttention, attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { REASON } from "../../lib/graph/neighbours.ts";
import { assertClose, normal, rowsOf, tolerance } from "../support/values.ts";
import { dot, naiveAttention, naiveMatmul, naiveSoftmax } from "../oracle/naive.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { listsBy, upTo } from "../oracle/patterns.ts";
import { listsOf } from "../support/graphs.ts";
import { identity, randomGenerator } from "../../lib/matrix.ts";
import { reasons, toDense } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";

/**
 * Bugs found in the field around windows and random keys: each as people wrote it, shown to fail, and ours
 * beside it.
 */
const [T, radius] = [13, 3];
const Q = normal(T, 5, 1);
const K = normal(T, 5, 2);
const V = normal(T, 4, 3);
const largest = (A: Rows, B: Rows): number =>
  Math.max(...A.flatMap((line, i) => line.map((x, c) => Math.abs(x - B[i]![c]!))));

test("W15 off by one, does the window include me: an inner row has 2r + 1 keys, itself in the middle", () => {
  const inside = upTo(T).filter((i) => i >= radius && i < T - radius);
  const counts = (lists: number[][]): number[] => [...new Set(inside.map((i) => lists[i]!.length))];
  const buggy: Record<string, Sees> = {
    "strictly less on both sides": (i, j) => Math.abs(i - j) < radius,
    "strictly less on one side": (i, j) => j > i - radius && j <= i + radius,
    "a total width of r": (i, j) => Math.abs(i - j) <= Math.floor(radius / 2),
    "without me": (i, j) => i !== j && Math.abs(i - j) <= radius,
    "r keys from i − r on": (i, j) => j >= i - radius && j < i,
  };
  const ours = listsOf(slidingWindow(T, radius));
  assert.deepEqual(counts(ours), [2 * radius + 1]);
  for (const i of inside) {
    assert.deepEqual(
      [ours[i]![0], ours[i]![radius], ours[i]![2 * radius]],
      [i - radius, i, i + radius],
    );
  }
  for (const [name, rule] of Object.entries(buggy)) {
    const lists = listsBy(T, T, rule);
    assert.ok(
      counts(lists).every((count) => count < 2 * radius + 1),
      `${name}: ${counts(lists)} keys`,
    );
    const output = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
      scale: 1 / Math.sqrt(5),
      allow: rule,
    }).output;
    assert.ok(
      largest(output, rowsOf(attendNeighbours(Q, K, V, slidingWindow(T, radius)).output)) > 0.05,
      name,
    );
  }
});

test("W17 padded with zero keys that nobody masks: they take weight, as any prime length shows", () => {
  const rule: Sees = (i, j) => Math.abs(i - j) <= radius;
  const width = 2 * radius + 1;
  const share = (n: number): number => {
    const padded = Math.ceil(n / width) * width; // keys of zeros up to here: they score 0, not −∞
    const [q, k] = [rowsOf(normal(n, 5, 1)), rowsOf(normal(n, 5, 2))];
    const score = (i: number, j: number): number =>
      !rule(i, j) ? -Infinity : j < n ? dot(q[i]!, k[j]!) / Math.sqrt(5) : 0;
    const rows = q.map((_, i) => naiveSoftmax(upTo(padded).map((j) => score(i, j))));
    return Math.max(...rows.map((row) => row.slice(n).reduce((sum, a) => sum + a, 0)));
  };
  assert.ok(
    share(13) > 0.1 && share(5) > 0.3,
    `up to ${share(13)} and ${share(5)} of a row went to padding`,
  );
  assert.equal(share(14), 0, "a length that divides hides the bug");
  for (const n of [1, 2, 5, 7, 11, 13, 29]) {
    for (const r of [0, 1, 3, n, 100]) {
      const [q, k, v] = [normal(n, 5, 1), normal(n, 5, 2), normal(n, 4, 3)];
      const expected = naiveAttention(rowsOf(q), rowsOf(k), rowsOf(v), {
        scale: 1 / Math.sqrt(5),
        allow: (i, j) => Math.abs(i - j) <= r,
      });
      assertClose(
        attendNeighbours(q, k, v, slidingWindow(n, r)).output,
        expected.output,
        tolerance(expected.largestScore),
        `n ${n}, r ${r}`,
      );
    }
  }
});

/** Which blocks a block draws, from a graph of one token a block. */
const drawnBlocks = (graph: ReturnType<typeof bigBirdGraph>): number[][] =>
  upTo(graph.queries).map((i) =>
    upTo(graph.keys).filter((j) => reasons(graph)[i * graph.keys + j] === REASON.random),
  );

test("W25 random blocks from the first 1024 tokens alone: two thirds of 3072 are never drawn", () => {
  const [blocks, block, r] = [48, 64, 3];
  const firsts = 1024 / block;
  const random = randomGenerator(3);
  const buggy = upTo(blocks).map((p) =>
    upTo(firsts)
      .filter((q) => q > 0 && Math.abs(q - p) > 1)
      .sort(() => random() - 0.5)
      .slice(0, r),
  );
  const ours = drawnBlocks(bigBirdGraph(blocks, { block: 1, random: r }, randomGenerator(3)));
  const late = (lists: number[][]): number =>
    lists.flat().filter((q) => q >= firsts).length / lists.flat().length;
  assert.equal(late(buggy), 0);
  assert.ok(Math.abs(late(ours) - 2 / 3) < 0.12, `${late(ours)} of the draws lie beyond token 1024`);
});

test("W25 a random table of zeros: block 0 is counted 1 + r times, a bias of ln(1 + r) on a global", () => {
  const r = 3;
  const graph = bigBirdGraph(T, { block: 1, random: 0 }, randomGenerator(1));
  const rule = listsOf(graph);
  const q = rowsOf(Q);
  const k = rowsOf(K);
  const scores = (i: number, keys: number[]): number[] => keys.map((j) => dot(q[i]!, k[j]!) / Math.sqrt(5));
  const i = 6;
  const counted = naiveSoftmax(scores(i, [...rule[i]!, 0, 0, 0]));
  const block0 = counted[0]! + counted.slice(-r).reduce((a, b) => a + b, 0);
  const biased = naiveSoftmax(scores(i, rule[i]!).map((s, m) => s + (m === 0 ? Math.log(1 + r) : 0)));
  const once = rowsOf(toDense(attendNeighbours(Q, K, V, graph).weights))[i]!;
  assert.ok(
    Math.abs(block0 - biased[0]!) < 1e-12 && block0 > 1.2 * once[0]!,
    `${once[0]} of the row became ${block0}`,
  );
  const zeros = upTo(T).map(() => [0, 0, 0]);
  assert.deepEqual(
    listsOf(bigBirdGraph(T, { block: 1 }, zeros)),
    rule,
    "the same table given to ours: each key once",
  );
  const bigBird = BigBirdAttention.random(
    { d_model: 4, heads: 2, pattern: { block: 1, random: r } },
    randomGenerator(1),
  );
  assert.deepEqual(
    bigBird.graphs(T),
    bigBird.graphs(T),
    "every call has the same map, in training and afterwards",
  );
});

test("W25 short sequences turned into dense attention without a word, and r = 0 refused", () => {
  // The published rule: up to (5 + 2r)·b tokens, dense. Eleven blocks of two with r = 3 are exactly that
  // long, and far from dense.
  const [n, block, r] = [22, 2, 3];
  const dense: Sees = (i, j) => n <= (5 + 2 * r) * block || Math.abs(i - j) <= 1;
  const graph = bigBirdGraph(n, { block, random: r }, randomGenerator(1));
  assert.equal(listsBy(n, n, dense).flat().length, n * n);
  assert.ok(graph.key.length < 0.8 * n * n, `${graph.key.length} of ${n * n} pairs`);
  const none = BigBirdAttention.random(
    { d_model: 4, heads: 2, pattern: { block: 1, radius: 2, globals: [3], random: 0 } },
    randomGenerator(1),
  );
  const X = normal(n, 4, 1);
  const hybrid = new SparseAttention(none.attention).forward(
    X,
    X,
    X,
    union(slidingWindow(n, 2), globalTokens(n, [3])),
  );
  assert.deepEqual(none.forward(X), hybrid);
});

test("W20 every query of a global token's row dense: T² pairs again, where 2·T·G − G² are enough", () => {
  const pairs = (n: number, sees: Sees): number => listsBy(n, n, sees).flat().length;
  const globals = [0];
  const isGlobal = (t: number): boolean => globals.includes(t);
  const windowed: Sees = (i, j) => Math.abs(i - j) <= radius;
  const buggy = (n: number): number =>
    pairs(n, (i, j) => windowed(i, j) || globals.length > 0 || isGlobal(i) || isGlobal(j));
  const ours = (n: number): number => union(slidingWindow(n, radius), globalTokens(n, globals)).key.length;
  assert.deepEqual([buggy(32), buggy(64)], [32 ** 2, 64 ** 2]);
  assert.ok(ours(64) - ours(32) < 2.1 * (ours(32) - ours(16)), "ours: twice the tokens, twice the pairs");
  assert.equal(ours(64), pairs(64, (i, j) => windowed(i, j) || isGlobal(i) || isGlobal(j)));
});

test("W23 one set of projections for global tokens too: their rows are the window's, not the trained ones", () => {
  const I = identity(4);
  const local = { W_Q: I, W_K: I, W_V: I };
  const global = { W_Q: normal(4, 4, 5), W_K: normal(4, 4, 6), W_V: normal(4, 4, 7) };
  const X = normal(T, 4, 4);
  const run = (head: { local: typeof local; global: typeof local }): Rows =>
    rowsOf(new LongformerAttention({ heads: [head], W_O: I, radius }).forward(X, { globals: [0] }).output);
  const buggy = run({ local, global: local });
  const ours = run({ local, global });
  const differs = (t: number): boolean => ours[t]!.some((x, c) => Math.abs(x - buggy[t]![c]!) > 1e-6);
  const G = rowsOf(global.W_Q);
  const project = (W: Rows): Rows => naiveMatmul(rowsOf(X), W);
  const expected = naiveAttention([project(G)[0]!], project(rowsOf(global.W_K)), project(rowsOf(global.W_V)), {
    scale: 1 / 2,
  }).output;
  assert.ok(largest(expected, [ours[0]!]) < 1e-5, "ours: the global row through its own three matrices");
  assert.ok(differs(0), "buggy: another row for the global token");
  assert.deepEqual(upTo(T).filter(differs), [0], "and no other row shows it");
});
