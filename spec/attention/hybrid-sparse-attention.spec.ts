import assert from "node:assert/strict";
import test from "node:test";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { SparseAttention, attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { oneHead } from "../oracle/naive-hybrid.ts";
import { reasons } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, t) => t);

/**
 * Lengths and radii: nothing, one, primes, windows of one, windows wider than the text; no, one, some, all
 * globals, in any order.
 */
const GRID = [0, 1, 2, 7, 13, 17].flatMap((T) =>
  [0, 1, 3, 20].flatMap((radius) => {
    const some = Array.from(new Set([T - 1, 0, Math.floor(T / 2)])).filter((t) => t >= 0 && t < T);
    return [[], some.slice(0, 1), some, upTo(T)].map((globals) => ({ T, radius, globals }));
  }),
);

test("equals dense attention under |i − j| ≤ r ∨ global(i) ∨ global(j)", () => {
  for (const { T, radius, globals } of GRID) {
    const [Q, K, V] = [normal(T, 3, 1), normal(T, 3, 2), normal(T, 5, 3)];
    const allow = (i: number, j: number): boolean =>
      Math.abs(i - j) <= radius || globals.includes(i) || globals.includes(j);
    const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / Math.sqrt(3), allow });
    const where = `T ${T}, radius ${radius}, globals ${globals}`;
    const hybrid = oneHead(radius);
    const { output, weights } = hybrid.attend(Q, K, V, globals);
    assertClose(
      output,
      T === 0 ? matrix(0, 5) : expected.output,
      tolerance(expected.largestScore),
      `output, ${where}`,
    );
    assertClose(
      hybrid.fullAttention(weights),
      T === 0 ? matrix(0, 0) : expected.weights,
      tolerance(expected.largestScore),
      `map, ${where}`,
    );
    assertRowSums(hybrid.fullAttention(weights));
    const shapes = [weights.w_local, weights.w_global, weights.globalRows].map((A) => [A.rows, A.cols]);
    assert.deepEqual(
      shapes,
      [
        [T, 2 * radius + 1],
        [T, globals.length],
        [globals.length, T],
      ],
      where,
    );
    assert.deepEqual(weights.globals, globals);
    const mask = upTo(T).map((t) => globals.includes(t));
    assertClose(
      hybrid.attend(Q, K, V, mask).output,
      output,
      tolerance(expected.largestScore),
      `as a mask, ${where}`,
    );
  }
});

test("equals attention along the graph window ∪ globals, and that graph's pairs are the cells that are " +
  "lit", () => {
  for (const { T, radius, globals } of GRID) {
    const [Q, K, V] = [normal(T, 7, 1), normal(T, 7, 2), normal(T, 3, 3)];
    const graph = union(slidingWindow(T, radius), globalTokens(T, globals));
    const hybrid = oneHead(radius);
    const { output, weights } = hybrid.attend(Q, K, V, globals);
    assertClose(
      output,
      attendNeighbours(Q, K, V, graph).output,
      tolerance(5),
      `T ${T}, radius ${radius}, globals ${globals}`,
    );
    assert.deepEqual(
      Array.from(hybrid.fullAttention(weights).data, (w) => w > 0),
      Array.from(reasons(graph), (reason) => reason !== 0),
    );
  }
});

test("where a weight stands: a global key's in w_global, not in its slot; a global query's in globalRows " +
  "alone", () => {
  const { weights } = oneHead(2).attend(normal(9, 4, 1), normal(9, 4, 2), normal(9, 3, 3), [6, 1]);
  const lit = (row: number[]): number[] => row.flatMap((w, e) => (w > 0 ? [e] : []));
  // slot m of query t is key t − 2 + m. Keys 6 and 1 are global: queries 6 and 1 have no weight here, the
  // others none on those slots
  assert.deepEqual(rowsOf(weights.w_local).map(lit), [
    [2, 4],
    [],
    [0, 2, 3, 4],
    [1, 2, 3, 4],
    [0, 1, 2, 3],
    [0, 1, 2, 4],
    [],
    [0, 2, 3],
    [1, 2],
  ]);
  assert.deepEqual(
    rowsOf(weights.w_global).map(lit),
    upTo(9).map((t) => (t === 6 || t === 1 ? [] : [0, 1])),
  );
  assert.deepEqual(rowsOf(weights.globalRows).map(lit), [upTo(9), upTo(9)]);
});

test("forward: every head on its own projections, joined and projected", () => {
  const widths = { d_model: 6, d_k: 4, d_v: 3, heads: 2, d_out: 5, bias: true };
  const { heads, W_O } = MultiHeadAttention.random(widths, randomGenerator(1));
  const biased = heads.map((head, m) => ({
    ...head,
    b_Q: normal(1, 4, 10 + m),
    b_K: normal(1, 4, 20 + m),
    b_V: normal(1, 3, 30 + m),
  }));
  const b_O = normal(1, 5, 40);
  const X = normal(11, 6, 2);
  const { output, weights } = new HybridSparseAttention({ heads: biased, W_O, b_O, radius: 2 }).forward(
    X,
    [3, 9],
  );
  const sees = (i: number, j: number): boolean =>
    Math.abs(i - j) <= 2 || [i, j].some((t) => t === 3 || t === 9);
  const parts = biased.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
    const project = (W: typeof W_Q, b: typeof W_Q): number[][] =>
      naiveLinear(rowsOf(X), rowsOf(W), rowsOf(b));
    return naiveAttention(project(W_Q, b_Q), project(W_K, b_K), project(W_V, b_V), {
      scale: 1 / 2,
      allow: sees,
    });
  });
  const joined = rowsOf(X).map((_, t) => parts.flatMap((part) => part.output[t]!));
  const limit = tolerance(Math.max(...parts.map((part) => part.largestScore)));
  assertClose(output, naiveLinear(joined, rowsOf(W_O), rowsOf(b_O)), limit);
  weights.forEach((part, m) =>
    assertClose(
      new HybridSparseAttention({ heads, W_O, radius: 2 }).fullAttention(part),
      parts[m]!.weights,
      limit,
    ),
  );
  const graph = union(slidingWindow(11, 2), globalTokens(11, [3, 9]));
  assertClose(
    output,
    new SparseAttention({ heads: biased, W_O, b_O }).forward(X, X, X, graph).output,
    limit,
    "sparse attention along the graph",
  );
  const multiHead = MultiHeadAttention.random(widths, randomGenerator(1));
  const wide = new HybridSparseAttention({ ...multiHead, radius: 20 });
  assertClose(
    wide.forward(X).output,
    multiHead.forward(X, X, X).output,
    1e-6,
    "a window over everything is multi-head attention",
  );
});

test("blind to what is unseen: a NaN key and value change no bit of the rows that do not see them", () => {
  const [Q, K, V] = [normal(13, 3, 1), normal(13, 3, 2), normal(13, 5, 3)];
  for (const globals of [[], [11, 4]]) {
    const clean = oneHead(2).attend(Q, K, V, globals);
    for (const j of upTo(13)) {
      const sees = (i: number): boolean => Math.abs(i - j) <= 2 || globals.includes(i) || globals.includes(j);
      const { output, weights } = oneHead(2).attend(Q, poison(K, j, NaN), poison(V, j, NaN), globals);
      const others = upTo(13).filter((i) => !sees(i));
      assertSameRows(output, clean.output, others, `key ${j}`);
      assertSameRows(
        weights.w_local,
        clean.weights.w_local,
        others.filter((i) => !globals.includes(i)),
        `weights, key ${j}`,
      );
      assert.ok(
        upTo(13)
          .filter(sees)
          .every((i) => rowsOf(output)[i]!.every(Number.isNaN)),
        `key ${j} shows where it is seen`,
      );
      assertSameRows(
        oneHead(2).attend(poison(Q, j, NaN), K, V, globals).output,
        clean.output,
        upTo(13).filter((i) => i !== j),
        `query ${j}`,
      );
    }
  }
});

test("by hand: radius 1, token 3 global, scores that are logarithms", () => {
  // d_k = 1. Q = 1 for all, K = [ln 2, ln 3, 0, ln 4], V = [1, 10, 100, 1000]; e^score = [2, 3, 1, 4]
  //   query 0 sees 0, 1 and 3: (2·1 + 3·10 + 4·1000) / 9 = 4032/9 = 448
  //   query 1 sees 0, 1, 2 and 3: (2 + 30 + 100 + 4000) / 10 = 413.2
  //   query 2 sees 1, 2 and 3, the last one twice but once counted: (30 + 100 + 4000) / 8 = 516.25
  //   query 3 sees everything: 413.2
  const K = fromRows([[Math.log(2)], [Math.log(3)], [0], [Math.log(4)]]);
  const { output, weights } = oneHead(1).attend(
    fromRows([[1], [1], [1], [1]]),
    K,
    fromRows([[1], [10], [100], [1000]]),
    [3],
  );
  assertClose(output, [[448], [413.2], [516.25], [413.2]], 1e-6);
  assertClose(
    weights.w_local,
    [
      [0, 2 / 9, 3 / 9],
      [0.2, 0.3, 0.1],
      [3 / 8, 1 / 8, 0],
      [0, 0, 0],
    ],
    1e-6,
  );
  assertClose(weights.w_global, [[4 / 9], [0.4], [4 / 8], [0]], 1e-6);
  assertClose(weights.globalRows, [[0.2, 0.3, 0.1, 0.4]], 1e-6);
});

test("identities: V = I gives the full map; all keys alike, each row averages what it sees", () => {
  const [Q, K] = [normal(8, 3, 1), normal(8, 3, 2)];
  const { output, weights } = oneHead(2).attend(Q, K, identity(8), [5]);
  assertSameBits(output, oneHead(2).fullAttention(weights));
  const { weights: even } = oneHead(1).attend(Q, matrix(8, 3), identity(8), [5]);
  const seen = upTo(8).map((i) => upTo(8).map((j) => Number(Math.abs(i - j) <= 1 || i === 5 || j === 5)));
  assertClose(
    oneHead(1).fullAttention(even),
    seen.map((row) => row.map((one) => one / row.reduce((a, b) => a + b))),
    1e-6,
  );
});
