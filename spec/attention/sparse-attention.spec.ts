import assert from "node:assert/strict";
import test from "node:test";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { SparseAttention, attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { allKeys, globalTokens, keysFromLists, keysWhere, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, copyOf } from "../support/values.ts";
import { normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";
import { upTo } from "../oracle/patterns.ts";

for (const n of [1, 2, 3, 7, 13, 31]) {
  test(`${n} tokens: every pattern is dense attention under its predicate, by the oracle and to the ` +
    `bit`, () => {
    const [Q, K, V] = [normal(n, 5, n), normal(n, 5, n + 1), normal(n, 11, n + 2)];
    for (const [name, graph, rule] of everyPattern(n)) {
      const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
        scale: 1 / Math.sqrt(5),
        allow: rule,
      });
      const { output, weights } = attendNeighbours(Q, K, V, graph);
      assertClose(output, expected.output, tolerance(expected.largestScore), `${name}: output`);
      assertClose(
        toDense(weights),
        expected.weights,
        tolerance(expected.largestScore),
        `${name}: weights`,
      );
      const dense = new ScaledDotProductAttention().forward(Q, K, V, { allow: rule });
      assertSameBits(output, dense.output, `${name}: output against dense`);
      assertSameBits(toDense(weights), dense.weights, `${name}: weights against dense`);
    }
  });
}

test("more keys than queries, other widths, no tokens, and another scale", () => {
  for (const [n_q, n_k, d_k, d_v] of [
    [3, 17, 4, 9],
    [17, 3, 1, 2],
    [0, 5, 2, 3],
    [5, 0, 2, 3],
  ] as const) {
    const [Q, K, V] = [normal(n_q, d_k, 1), normal(n_k, d_k, 2), normal(n_k, d_v, 3)];
    const rule = (i: number, j: number): boolean => (i + 2 * j) % 3 !== 0;
    const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 2, allow: rule });
    const { output } = attendNeighbours(Q, K, V, keysWhere(n_q, n_k, rule), { scale: 2 });
    if (n_k > 0) assertClose(output, expected.output, tolerance(expected.largestScore));
    else assertSameBits(output, matrix(n_q, d_v));
  }
});

test("by hand: query 0 sees keys 0 and 2, query 1 nothing", () => {
  // d_k = 4, √d_k = 2; scores of query 0: 2·ln 3 and 0, halved: ln 3 and 0, so weights 3/4 and 1/4: 0.75·[4,
  // 0] + 0.25·[0, 8] = [3, 2]
  const K = fromRows([
    [2 * Math.log(3), 0, 0, 0],
    [100, 100, 100, 100],
    [0, 0, 0, 5],
  ]);
  const { output } = attendNeighbours(
    fromRows([
      [1, 0, 0, 0],
      [1, 1, 1, 1],
    ]),
    K,
    fromRows([
      [4, 0],
      [NaN, NaN],
      [0, 8],
    ]),
    keysFromLists([[0, 2], []], 3),
  );
  assertClose(
    output,
    [
      [3, 2],
      [0, 0],
    ],
    1e-6,
  );
});

test("blind to the last bit: for each query, everything outside N(i) may be NaN", () => {
  const [Q, K, V] = [normal(13, 5, 1), normal(13, 5, 2), normal(13, 11, 3)];
  for (const [name, graph, rule] of everyPattern(13)) {
    const clean = attendNeighbours(Q, K, V, graph);
    for (const i of upTo(13)) {
      const hidden = upTo(13).filter((j) => !rule(i, j));
      const [Q_x, K_x] = [
        upTo(13)
          .filter((t) => t !== i)
          .reduce((P, t) => poison(P, t, NaN), Q),
        hidden.reduce((P, j) => poison(P, j, NaN), K),
      ];
      const blind = attendNeighbours(
        Q_x,
        K_x,
        hidden.reduce((P, j) => poison(P, j, Infinity), V),
        graph,
      );
      assertSameRows(blind.output, clean.output, [i], `${name}: query ${i}`);
      assertSameRows(
        toDense(blind.weights),
        toDense(clean.weights),
        [i],
        `${name}: weights of query ${i}`,
      );
    }
  }
});

test("heads: each along its own graph, or all along one, joined through W_O, equal to the oracle", () => {
  const sparse = SparseAttention.random({ d_model: 6, heads: 3, bias: true }, randomGenerator(4));
  [...sparse.heads.flatMap(({ b_Q, b_K, b_V }) => [b_Q!, b_K!, b_V!]), sparse.b_O!].forEach((b, s) =>
    b.data.set(normal(1, b.cols, 50 + s).data),
  );
  const [X, Y] = [normal(7, 6, 1), normal(11, 6, 2)];
  const rules = [(i: number, j: number) => Math.abs(i - j) <= 1, (i: number) => i !== 3, () => true];
  for (const graphs of [rules.map((rule) => keysWhere(7, 11, rule)), allKeys(7, 11)]) {
    const { output, weights } = sparse.forward(X, Y, Y, graphs);
    const heads = sparse.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
      const [q, k, v] = [
        [X, W_Q, b_Q!],
        [Y, W_K, b_K!],
        [Y, W_V, b_V!],
      ].map(([M, W, b]) => naiveLinear(rowsOf(M!), rowsOf(W!), rowsOf(b!)));
      return naiveAttention(q!, k!, v!, {
        scale: 1 / Math.sqrt(2),
        allow: Array.isArray(graphs) ? rules[m]! : () => true,
      });
    });
    heads.forEach((head, m) =>
      assertClose(toDense(weights[m]!), head.weights, tolerance(head.largestScore), `weights of head ${m}`),
    );
    const joined = upTo(7).map((i) => heads.flatMap((head) => head.output[i]!));
    assertClose(output, naiveLinear(joined, rowsOf(sparse.W_O), rowsOf(sparse.b_O!)), tolerance(5));
    weights.forEach((A, m) => assertRowSums(toDense(A), Array.isArray(graphs) && m === 1 ? [3] : []));
  }
});

test("a query that sees nothing in any head is b_O; on the whole graph it is multi-head attention to the " +
  "bit", () => {
  const sparse = SparseAttention.random({ d_model: 6, heads: 2, bias: true }, randomGenerator(4));
  sparse.b_O!.data.set([1, 2, 3, 4, 5, 6]);
  const X = normal(5, 6, 1);
  assertSameBits(
    sparse.forward(X, X, X, keysFromLists([[], [], [], [], []], 5)).output,
    fromRows(upTo(5).map(() => [1, 2, 3, 4, 5, 6])),
  );
  assertSameBits(
    sparse.forward(X, X, X, allKeys(5, 5)).output,
    new MultiHeadAttention(sparse).forward(X, X, X).output,
  );
  const fresh = MultiHeadAttention.random({ d_model: 6, heads: 2 }, randomGenerator(9));
  assert.deepEqual(
    SparseAttention.random({ d_model: 6, heads: 2 }, randomGenerator(9)).heads,
    fresh.heads,
  );
});

test("inputs are left as they were, and the cost is the pairs of the graph", () => {
  const all = [normal(7, 5, 1), normal(7, 5, 2), normal(7, 5, 3)] as const;
  const before = all.map(copyOf);
  const graph = union(slidingWindow(7, 1), globalTokens(7, [3]));
  const { output, weights } = attendNeighbours(...all, graph);
  output.data.fill(NaN);
  all.forEach((M, e) => assertSameBits(M, before[e]!));
  // window 19, global 13, of which row 3 has 3 and column 3 two more in the window
  assert.equal(weights.values.length, 7 * 3 - 2 + 2 * 7 - 1 - (3 + 2));
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const [Q, K, V, graph] = [matrix(2, 3), matrix(4, 3), matrix(4, 5), allKeys(2, 4)];
  raises(
    () => attendNeighbours(Q, matrix(4, 2), V, graph),
    "attendNeighbours: K must be (any, 3); got (4, 2)",
  );
  raises(
    () => attendNeighbours(matrix(2, 0), matrix(4, 0), V, graph),
    "attendNeighbours: Q.cols must be an integer ≥ 1; got 0",
  );
  raises(
    () => attendNeighbours(Q, K, matrix(3, 5), graph),
    "attendNeighbours: V must be (4, any); got (3, 5)",
  );
  raises(
    () => attendNeighbours(Q, K, V, allKeys(4, 2)),
    "attendNeighbours: graph must have 2 queries and 4 keys; got 4 and 2",
  );
  raises(
    () => attendNeighbours(Q, K, V, graph, { scale: NaN }),
    "attendNeighbours: scale must be a finite number; got NaN",
  );
  const head = { W_Q: matrix(3, 2), W_K: matrix(3, 2), W_V: matrix(5, 6) };
  const sparse = new SparseAttention({ heads: [head, head], W_O: identity(12) });
  raises(
    () => new SparseAttention({ heads: [head], W_O: identity(12) }),
    "SparseAttention: W_O must be (6, any); got (12, 12)",
  );
  raises(
    () => sparse.forward(Q, K, matrix(4, 4), graph),
    "SparseAttention.forward: V must be (4, 5); got (4, 4)",
  );
  raises(
    () => sparse.forward(matrix(2, 4), K, V, graph),
    "SparseAttention.forward: Q must be (any, 3); got (2, 4)",
  );
  raises(
    () => sparse.forward(Q, K, V, [graph]),
    "SparseAttention.forward: graph.length must be an integer in [2, 2]; got 1",
  );
  raises(
    () => sparse.forward(Q, K, V, allKeys(3, 4)),
    "SparseAttention.forward: graph must have 2 queries and 4 keys; got 3 and 4",
  );
  raises(
    () => SparseAttention.random({ d_model: 7, heads: 2 }, Math.random),
    "SparseAttention.random: d_model must be a multiple of heads = 2; got 7",
  );
  assert.throws(() => sparse.forward(Q, K, V, undefined as never), {
    name: "TypeError",
    message: /^SparseAttention.forward: graph must be Neighbours/,
  });
});
