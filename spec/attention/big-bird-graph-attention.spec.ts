import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { BigBirdGraphAttention } from "../../lib/attention/big-bird-graph-attention.ts";
import { SparseAttention, attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { allKeys, keysFromLists, keysWhere } from "../../lib/graph/patterns.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { randomHead } from "../../lib/attention/heads.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { upTo } from "../oracle/patterns.ts";

const heads = [1, 2].map((seed) =>
  randomHead({ d_query: 5, d_k: 3, d_v: 5, bias: true }, randomGenerator(seed)),
);
heads.forEach(({ b_Q, b_K, b_V }, h) =>
  [b_Q!, b_K!, b_V!].forEach((b, s) => b.data.set(normal(1, b.cols, 30 + 10 * h + s).data)),
);
const equation = new BigBirdGraphAttention({ heads });

test("equals the equation: x_i plus the sum over heads of unscaled softmax, for every pattern", () => {
  for (const n of [1, 7, 13]) {
    const X = normal(n, 5, n);
    for (const [name, graph, rule] of everyPattern(n)) {
      const parts = heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
        const [q, k, v] = [
          [W_Q, b_Q!],
          [W_K, b_K!],
          [W_V, b_V!],
        ].map(([W, b]) => naiveLinear(rowsOf(X), rowsOf(W!), rowsOf(b!)));
        return naiveAttention(q!, k!, v!, { allow: rule });
      });
      const expected: Rows = rowsOf(X).map((x, i) =>
        x.map((value, c) => parts.reduce((sum, part) => sum + part.output[i]![c]!, value)),
      );
      const { output, weights } = equation.forward(X, graph);
      const limit = tolerance(Math.max(...parts.map((part) => part.largestScore)));
      assertClose(output, expected, limit, `n ${n}, ${name}`);
      parts.forEach((part, h) =>
        assertClose(toDense(weights[h]!), part.weights, limit, `n ${n}, ${name}: head ${h}`),
      );
    }
  }
});

test("by hand: one head, W = I, token 0 sees tokens 0 and 1, token 1 nobody", () => {
  // X = [[1, 0], [1, ln 3]]; scores of token 0: 1·1 = 1 and 1·1 = 1, so weights 1/2, 1/2: x_0 + [1, ln 3 / 2]
  // = [2, ln 3 / 2]; token 1 keeps itself
  const X = fromRows([
    [1, 0],
    [1, Math.log(3)],
  ]);
  const one = new BigBirdGraphAttention({
    heads: [{ W_Q: identity(2), W_K: identity(2), W_V: identity(2) }],
  });
  assertClose(
    one.forward(X, keysFromLists([[0, 1], []], 2)).output,
    [
      [2, Math.log(3) / 2],
      [1, Math.log(3)],
    ],
    1e-6,
  );
});

test("it is multi-head attention without scale, its W_V W_O folded into one matrix, plus the input", () => {
  const { heads: narrow, W_O } = SparseAttention.random({ d_model: 6, heads: 2 }, randomGenerator(3));
  const folded = narrow.map((head, m) => ({
    ...head,
    W_V: matmul(head.W_V, sliceRows(W_O, 3 * m, 3 * m + 3)),
  }));
  const [X, graph] = [normal(7, 6, 1), keysWhere(7, 7, (i, j) => Math.abs(i - j) <= 2)];
  const joined = narrow.map(
    ({ W_Q, W_K, W_V }) =>
      attendNeighbours(linear(X, W_Q), linear(X, W_K), linear(X, W_V), graph, { scale: 1 }).output,
  );
  const mixed = rowsOf(linear(concatColumns(joined), W_O));
  const expected = rowsOf(X).map((x, i) => x.map((value, c) => value + mixed[i]![c]!));
  assertClose(
    new BigBirdGraphAttention({ heads: folded }).forward(X, graph).output,
    expected,
    tolerance(10),
  );
});

test("one graph a head, blindness, and inputs left alone", () => {
  const X = normal(7, 5, 1);
  const graphs = [
    keysWhere(7, 7, (i, j) => j <= i),
    keysFromLists(
      upTo(7).map(() => [0]),
      7,
    ),
  ];
  const { output, weights } = equation.forward(X, graphs);
  weights.forEach((A, h) => assert.equal(A.graph, graphs[h]));
  assertSameRows(
    equation.forward(poison(X, 5, NaN), graphs).output,
    output,
    [0, 1, 2, 3, 4],
    "token 5",
  );
  assertSameBits(X, normal(7, 5, 1));
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const narrow = { W_Q: matrix(5, 3), W_K: matrix(5, 3), W_V: matrix(5, 4) };
  raises(
    () => new BigBirdGraphAttention({ heads: [narrow] }),
    "BigBirdGraphAttention: heads[0].W_V must be (5, 5); got (5, 4)",
  );
  raises(
    () => equation.forward(normal(7, 4, 1), allKeys(7, 7)),
    "BigBirdGraphAttention.forward: X must be (any, 5); got (7, 4)",
  );
  raises(
    () => equation.forward(normal(7, 5, 1), allKeys(7, 8)),
    "BigBirdGraphAttention.forward: graph must have 7 queries and 7 keys; got 7 and 8",
  );
});
