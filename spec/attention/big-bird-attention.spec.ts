import assert from "node:assert/strict";
import test from "node:test";
import type { BigBirdPattern } from "../../lib/attention/big-bird-attention.ts";
import type { Sees } from "../oracle/patterns.ts";
import { BigBirdAttention, bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { REASON } from "../../lib/graph/neighbours.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { listsOf } from "../support/graphs.ts";
import { tolerance } from "../support/values.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { hops, reasons, toDense } from "../../lib/graph/maps.ts";
import { listsBy, upTo } from "../oracle/patterns.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { union } from "../../lib/graph/algebra.ts";

/** The pattern as a predicate over tokens; `drawn(p, q)` says which blocks were drawn. */
function rule(T: number, { block = 64, radius = 1, globals, extra = 0 }: BigBirdPattern, drawn: Sees): Sees {
  const blocks = Math.ceil((T - extra) / block);
  const wide = globals ?? [0, blocks - 1];
  return (i, j) => {
    if (i < extra || j < extra) return true;
    const [p, q] = [Math.floor((i - extra) / block), Math.floor((j - extra) / block)];
    return Math.abs(p - q) <= radius || wide.includes(p) || wide.includes(q) || drawn(p, q);
  };
}

const PATTERNS: readonly BigBirdPattern[] = [
  { block: 1, radius: 2 },
  { block: 2 },
  { block: 3, radius: 0 },
  { block: 4, globals: [] },
  { block: 5, globals: [0] },
  { block: 64 },
  { block: 2, radius: 40 },
  { block: 1, globals: [], extra: 1 },
  { block: 3, globals: [], extra: 1 },
  { block: 2, extra: 1, radius: 0 },
];

test("window ∪ global without random blocks: block and token form, ITC and ETC, blocks that do not " +
  "divide the length", () => {
  for (const T of [1, 2, 3, 7, 13, 31]) {
    for (const pattern of PATTERNS) {
      const graph = bigBirdGraph(T, { ...pattern, random: 0 }, randomGenerator(1));
      assert.deepEqual(
        listsOf(graph),
        listsBy(
          T,
          T,
          rule(T, pattern, () => false),
        ),
        `T ${T}, ${JSON.stringify(pattern)}`,
      );
      const blocks = Math.ceil((T - (pattern.extra ?? 0)) / (pattern.block ?? 64));
      const table = upTo(blocks).map((p) => [(2 * p + 1) % blocks, 0, 0]);
      const given = bigBirdGraph(T, pattern, table);
      assert.deepEqual(
        listsOf(given),
        listsBy(
          T,
          T,
          rule(T, pattern, (p, q) => table[p]!.includes(q)),
        ),
        `with a table: T ${T}, ${JSON.stringify(pattern)}`,
      );
    }
  }
  assert.equal(bigBirdGraph(0, {}, randomGenerator(1)).key.length, 0);
});

test("random blocks: r for each block that does not see all, new ones, other in each head, the same for " +
  "the same seed", () => {
  const [T, block, r] = [240, 8, 3];
  const draw = (seed: number, weights: number) =>
    BigBirdAttention.random(
      { d_model: 4, heads: 2, pattern: { block, random: r }, seed },
      randomGenerator(weights),
    ).graphs(T);
  const [one, two] = draw(9, 1);
  for (const graph of [one!, two!]) {
    const reason = reasons(graph);
    for (let i = 0; i < T; i++) {
      const row = Array.from(reason.subarray(i * T, (i + 1) * T));
      const first = Math.floor(i / block) === 0 || Math.floor(i / block) === T / block - 1;
      assert.equal(
        row.filter((bits) => bits === REASON.random).length,
        first ? 0 : r * block,
        `query ${i}`,
      );
      assert.ok(
        row.every((bits) => bits === REASON.random || (bits & REASON.random) === 0),
        "nothing drawn that was seen already",
      );
    }
  }
  assert.notDeepEqual(one!.key, two!.key, "heads draw for themselves");
  assert.deepEqual(draw(9, 5), [one, two], "whatever the weights");
  assert.notDeepEqual(draw(10, 1)[0]!.key, one!.key);
});

test("pairs: n = 4096, b = 64, r = 3 has 2,547,712, 15.2 % of dense; in general 2bT + 2b²(4 + r) + (n_b " +
  "− 4)b²(5 + r)", () => {
  assert.equal(bigBirdGraph(4096, {}, randomGenerator(1)).key.length, 2547712);
  assert.equal(((100 * 2547712) / 4096 ** 2).toFixed(1), "15.2");
  for (const [n_b, b, r] of [
    [5, 3, 0],
    [8, 2, 3],
    [11, 4, 1],
    [12, 5, 7],
  ] as const) {
    const T = n_b * b;
    assert.equal(
      bigBirdGraph(T, { block: b, random: r }, randomGenerator(2)).key.length,
      2 * b * T + 2 * b * b * (4 + r) + (n_b - 4) * b * b * (5 + r),
    );
  }
});

test("equals dense attention under the union predicate, with padding, through the heads and W_O", () => {
  const pattern = { block: 3, random: 1, extra: 2, globals: [1] };
  const bigBird = BigBirdAttention.random(
    { d_model: 6, heads: 2, bias: true, pattern, seed: 4 },
    randomGenerator(8),
  );
  for (const T of [17, 31]) {
    const X = normal(T, 6, T);
    for (const real of [undefined, upTo(T).map((t) => t < T - 4), upTo(T).map(() => false)]) {
      const { output, weights } = bigBird.forward(X, { real });
      const heads = bigBird.attention.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
        const lists = listsOf(bigBird.graphs(T)[m]!);
        const [q, k, v] = [
          [W_Q, b_Q!],
          [W_K, b_K!],
          [W_V, b_V!],
        ].map(([W, b]) => naiveLinear(rowsOf(X), rowsOf(W!), rowsOf(b!)));
        const allow = (i: number, j: number): boolean =>
          lists[i]!.includes(j) && (real === undefined || (real[i]! && real[j]!));
        return naiveAttention(q!, k!, v!, { scale: 1 / Math.sqrt(3), allow });
      });
      heads.forEach((head, m) =>
        assertClose(toDense(weights[m]!), head.weights, tolerance(head.largestScore)),
      );
      const joined = upTo(T).map((i) => heads.flatMap((head) => head.output[i]!));
      assertClose(
        output,
        naiveLinear(joined, rowsOf(bigBird.attention.W_O), rowsOf(bigBird.attention.b_O!)),
        tolerance(5),
      );
    }
  }
});

test("r = 0 is exactly window ∪ global, and the token form with radius and globals is the hybrid " +
  "pattern", () => {
  const parts = SparseAttention.random({ d_model: 6, heads: 2 }, randomGenerator(8));
  const X = normal(13, 6, 1);
  const bigBird = new BigBirdAttention({
    ...parts,
    pattern: { block: 1, radius: 2, globals: [0, 8], random: 0 },
  });
  assertSameBits(
    bigBird.forward(X).output,
    parts.forward(X, X, X, union(slidingWindow(13, 2), globalTokens(13, [0, 8]))).output,
  );
});

test("ETC: extra tokens in front see all and are seen by all, so that any two tokens are two hops " +
  "apart", () => {
  const bigBird = BigBirdAttention.random(
    { d_model: 6, heads: 1, pattern: { block: 2, globals: [], random: 0, extra: 2 } },
    randomGenerator(8),
  );
  const [tokens, X] = [normal(2, 6, 1), normal(11, 6, 2)];
  assert.deepEqual(bigBird.forward(concatRows([tokens, X])).output.rows, 13);
  const [graph] = bigBird.graphs(13);
  assert.ok(
    upTo(13).every((i) => hops(graph!, i).every((layers) => layers >= 0 && layers <= 2)),
    "within two hops",
  );
  assert.deepEqual(listsOf(graph!)[0], upTo(13));
  assert.deepEqual(listsOf(graph!)[6], [0, 1, 4, 5, 6, 7, 8, 9]);
});

test("blind to the last bit: what a query's blocks do not hold may be NaN", () => {
  const bigBird = BigBirdAttention.random(
    { d_model: 6, heads: 2, pattern: { block: 2, random: 1, globals: [] } },
    randomGenerator(8),
  );
  const X = normal(31, 6, 1);
  const clean = bigBird.forward(X).output;
  const graphs = bigBird.graphs(31).map(listsOf);
  for (const j of [0, 7, 30]) {
    const blind = upTo(31).filter((i) => graphs.every((lists) => !lists[i]!.includes(j)));
    assert.ok(blind.length > 10, `only ${blind.length} do not see token ${j}`);
    assertSameRows(bigBird.forward(poison(X, j, NaN)).output, clean, blind, `token ${j}`);
  }
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const random = randomGenerator(1);
  raises(() => bigBirdGraph(8, { block: 0 }, random), "bigBirdGraph: block must be an integer ≥ 1; got 0");
  raises(() => bigBirdGraph(2, { extra: 3 }, random), "bigBirdGraph: T must be an integer ≥ 3; got 2");
  raises(
    () => bigBirdGraph(8, { block: 2, random: -1 }, random),
    "bigBirdGraph: random must be an integer ≥ 0; got -1",
  );
  raises(
    () => bigBirdGraph(8, { block: 2, radius: 0.5 }, random),
    "bigBirdGraph: radius must be an integer ≥ 0; got 0.5",
  );
  raises(
    () => bigBirdGraph(8, { block: 2, globals: [4] }, random),
    "bigBirdGraph: globals[0] must be an integer in [0, 3]; got 4",
  );
  raises(
    () => bigBirdGraph(8, { block: 2 }, [[], [4], [], []]),
    "keysFromLists: lists[1][0] must be an integer in [0, 3]; got 4",
  );
  raises(
    () => bigBirdGraph(8, { block: 2 }, [[], [], []]),
    "bigBirdGraph: table.length must be an integer in [4, 4]; got 3",
  );
  const parts = SparseAttention.random({ d_model: 6, heads: 2 }, random);
  raises(
    () => new BigBirdAttention({ ...parts, tables: [[]] }),
    "BigBirdAttention: tables.length must be an integer in [2, 2]; got 1",
  );
  raises(
    () => new BigBirdAttention({ ...parts, pattern: { radius: -1 } }),
    "BigBirdAttention: radius must be an integer ≥ 0; got -1",
  );
  raises(
    () => new BigBirdAttention({ ...parts, seed: -1 }),
    "BigBirdAttention: seed must be an integer in [0, 4294967295]; got -1",
  );
  raises(
    () => new BigBirdAttention(parts).forward(normal(5, 7, 1)),
    "BigBirdAttention.forward: X must be (any, 6); got (5, 7)",
  );
  raises(
    () => new BigBirdAttention(parts).forward(normal(5, 6, 1), { real: [true] }),
    "BigBirdAttention.graphs: real.length must be an integer in [5, 5]; got 1",
  );
});
