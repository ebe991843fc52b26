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
import { globalIndices } from "../../lib/kernels/gather-global.ts";
import { globalTokens, keysWhere, slidingWindow } from "../../lib/graph/patterns.ts";
import { listsBy, upTo } from "../oracle/patterns.ts";
import { listsOf } from "../support/graphs.ts";
import { identity, randomGenerator } from "../../lib/matrix.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { hops, reasons, toDense } from "../../lib/graph/maps.ts";
import { restrict, union } from "../../lib/graph/algebra.ts";

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

test("W20 a global token makes every query dense: T² pairs, where the window and 2·T·G − G² are enough", () => {
  const pairs = (n: number, sees: Sees): number => listsBy(n, n, sees).flat().length;
  const windowed: Sees = (i, j) => Math.abs(i - j) <= radius;
  const ours = (n: number, globals: number[]): number =>
    union(slidingWindow(n, radius), globalTokens(n, globals)).key.length;
  for (const globals of [[0], [0, 20], [5, 6, 31]]) {
    const isGlobal = (t: number): boolean => globals.includes(t);
    const buggy: Sees = (i, j) => windowed(i, j) || globals.length > 0;
    const right: Sees = (i, j) => windowed(i, j) || isGlobal(i) || isGlobal(j);
    assert.deepEqual([pairs(32, buggy), pairs(64, buggy)], [32 ** 2, 64 ** 2], "buggy: T²");
    for (const n of [32, 64, 101]) {
      const G = globals.length;
      const both = pairs(n, (i, j) => windowed(i, j) && (isGlobal(i) || isGlobal(j)));
      const formula = n * (2 * radius + 1) - radius * (radius + 1) + (2 * n * G - G * G) - both;
      assert.deepEqual([ours(n, globals), pairs(n, right)], [formula, formula], `ours: ${n} tokens, ${G} global`);
    }
  }
  const more = ours(64, [0]) - ours(32, [0]);
  assert.ok(more < 2.1 * (ours(32, [0]) - ours(16, [0])), "twice the tokens, twice the pairs");
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

test("W14 a window that is meant whole taken for one side: 512 keys become 1,025", () => {
  const attention_window = 512; // both sides together
  const buggy = slidingWindow(2048, attention_window);
  const ours = slidingWindow(2048, attention_window / 2);
  assert.deepEqual([buggy, ours].map((graph) => listsOf(graph)[1024]!.length), [1025, 513]);
  assert.ok(buggy.key.length > 1.8 * ours.key.length, "and nearly twice the cost");
});

test("W16 blocks taken for a sliding window: neighbours on two sides of an edge never meet, in no layer", () => {
  const size = 2 * radius + 1;
  const buggy = keysWhere(28, 28, (i, j) => Math.floor(i / size) === Math.floor(j / size));
  const ours = keysWhere(28, 28, (i, j) => Math.abs(i - j) <= radius);
  assert.deepEqual([listsOf(buggy)[10]!.length, listsOf(ours)[10]!.length], [size, size], "as many keys each");
  const sees = (graph: typeof ours, i: number, j: number): boolean => listsOf(graph)[i]!.includes(j);
  assert.deepEqual([sees(buggy, 6, 7), sees(ours, 6, 7)], [false, true], "6 and 7 are neighbours");
  assert.equal(hops(buggy, 6)[7], -1, "no path, however many layers");
  assert.deepEqual([hops(ours, 6)[7], hops(ours, 0)[27]], [1, 9]);
  assert.deepEqual(listsOf(ours), listsOf(slidingWindow(28, radius)));
});

test("W19 flags read as a list of places: whatever is global, tokens 0 and 1 are", () => {
  const flags = [false, false, true, false, false, true, false];
  const buggy = [...new Set(flags.map(Number))];
  const ours = globalIndices("here", flags, flags.length);
  assert.deepEqual([buggy, ours], [[0, 1], [2, 5]]);
  const shares = (globals: readonly number[]): number[] =>
    listsOf(globalTokens(7, globals)).map((keys) => keys.length);
  assert.deepEqual(shares(buggy), [7, 7, 2, 2, 2, 2, 2]);
  assert.deepEqual(shares(ours), [2, 2, 7, 2, 2, 7, 2]);
  assert.throws(() => globalIndices("here", [2, true] as unknown as number[], 7), /all indices or all booleans/);
  assert.throws(() => globalIndices("here", [1, 1], 7), /must name each token once/, "1 for global, twice");
});

test("W24 dilation that widens the window and leaves no gaps: three times the keys", () => {
  const [n, dilation] = [41, 3];
  const buggy: Sees = (i, j) => Math.abs(i - j) <= radius * dilation;
  const right: Sees = (i, j) => Math.abs(i - j) <= radius * dilation && (i - j) % dilation === 0;
  const ours = listsOf(slidingWindow(n, radius, { dilation }));
  assert.deepEqual([listsBy(n, n, buggy)[20]!.length, ours[20]!.length], [19, 7]);
  assert.deepEqual(ours, listsBy(n, n, right));
  const past = listsOf(restrict(slidingWindow(n, radius, { dilation }), causal()));
  assert.deepEqual(past[20], [11, 14, 17, 20], "dilated and causal at once");
});
