import assert from "node:assert/strict";
import test from "node:test";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { allKeys, globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertClose, normal, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";
import { naiveMultiHead } from "../oracle/naive-grid.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { sees } from "../oracle/patterns.ts";
import { sparseGradient } from "../../lib/gradients/sparse-gradient.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";

test("central differences of the oracle: window and globals, another graph a head", () => {
  const attention = SparseAttention.random({ d_model: 4, heads: 2, bias: true }, randomGenerator(1));
  const [X, dY] = [normal(5, 4, 2), normal(5, 4, 3)];
  const graph = [slidingWindow(5, 1), union(slidingWindow(5, 0), globalTokens(5, [3]))];
  const rules = [sees.window(1), sees.any(sees.window(0), sees.globals([3]))];
  const allow = (i: number, j: number, head: number): boolean => rules[head]!(i, j);
  const naive = (m: SparseAttention, x: number[][]): number =>
    pairing(naiveMultiHead(x, x, x, m as unknown as MultiHeadAttention, allow).output, rowsOf(dY));
  const { dQ, dK, dV, parameters: gradients } = sparseGradient(attention, { Q: X, K: X, V: X, graph }, dY);
  const sum = rowsOf(dQ).map((row, i) => row.map((x, c) => x + rowsOf(dK)[i]![c]! + rowsOf(dV)[i]![c]!));
  const expected = differences({ X: rowsOf(X) }, (x) => naive(attention, x.X)).X;
  assertGradient(matrix(5, 4, sum.flat()), expected, "dX");
  assertParameterGradients(gradients, attention, (m) => naive(m, rowsOf(X)), "weights");
});

test("along the whole graph it is multi-head's gradient; along BigBird's it is that of its mask", () => {
  const { heads, W_O, b_O } = MultiHeadAttention.random(
    { d_model: 6, heads: 2, bias: true },
    randomGenerator(1),
  );
  const [sparse, dense] = [
    new SparseAttention({ heads, W_O, b_O }),
    new MultiHeadAttention({ heads, W_O, b_O }),
  ];
  const [X, dY] = [normal(11, 6, 2), normal(11, 6, 3)];
  const bird = bigBirdGraph(11, { block: 2, radius: 0, random: 1 }, randomGenerator(7));
  const mask = toDense({ graph: bird, values: new Float32Array(bird.key.length).fill(1) });
  const sources = { Q: X, K: X, V: X };
  const lit = (i: number, j: number): boolean => mask.data[11 * i + j] === 1;
  for (const [graph, allow] of [
    [allKeys(11, 11), undefined],
    [bird, lit],
  ] as const) {
    const along = sparseGradient(sparse, { ...sources, graph }, dY);
    const masked = multiHeadGradient(dense, { ...sources, allow }, dY);
    for (const name of ["dQ", "dK", "dV"] as const) assertClose(along[name], masked[name], 2e-6, name);
    const expected = parameters(masked.parameters);
    parameters(along.parameters).forEach((M, name) => assertClose(M, expected.get(name)!, 2e-6, name));
  }
  assert.throws(() => sparseGradient(sparse, { ...sources, graph: bird }, matrix(11, 5)), {
    message: "sparseGradient: dY must be (11, 6); got (11, 5)",
  });
});
