import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { allKeys, globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertClose, normal, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
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

test("a bias: dB against central differences pair by pair, and a slope shared by all of them", () => {
  const attention = SparseAttention.random({ d_model: 4, heads: 2, bias: true }, randomGenerator(4));
  const [X, dY] = [normal(6, 4, 5), normal(6, 4, 6)];
  const graph = [slidingWindow(6, 2), union(slidingWindow(6, 1), globalTokens(6, [4]))];
  const rules = [sees.window(2), sees.any(sees.window(1), sees.globals([4]))];
  const slopes = [[0.5, 0.125]];
  const bias = (i: number, j: number, head: number): number => -slopes[0]![head]! * Math.abs(i - j);
  const tables = [0, 1].map((m) => rowsOf(normal(6, 6, 7)).map((row, i) => row.map((_, j) => bias(i, j, m))));
  const naive = (x: number[][], B: number[][][]): number => {
    const heads = attention.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
      const by = (W: Matrix, b: Matrix | undefined): number[][] => naiveLinear(x, rowsOf(W), b && rowsOf(b));
      const options = { scale: 1 / Math.sqrt(W_K.cols), allow: rules[m]!, bias: B[m]! };
      return naiveAttention(by(W_Q, b_Q), by(W_K, b_K), by(W_V, b_V), options).output;
    });
    const joined = x.map((_, i) => heads.flatMap((head) => head[i]!));
    return pairing(naiveLinear(joined, rowsOf(attention.W_O), rowsOf(attention.b_O!)), rowsOf(dY));
  };
  const { dQ, dK, dV, dB } = sparseGradient(attention, { Q: X, K: X, V: X, graph, bias }, dY);
  const sum = rowsOf(dQ).map((row, i) => row.map((x, c) => x + rowsOf(dK)[i]![c]! + rowsOf(dV)[i]![c]!));
  assertGradient(matrix(6, 4, sum.flat()), differences({ X: rowsOf(X) }, (x) => naive(x.X, tables)).X, "dX");
  const expected = differences({ 0: tables[0]!, 1: tables[1]! }, (B) => naive(rowsOf(X), [B[0]!, B[1]!]));
  dB.forEach((own, m) => assertGradient(toDense(own), expected[m as 0 | 1]!, `dB of head ${m}`));
  // ALiBi's slopes: each stands in every pair of its head, times −|i − j|.
  const shared = dB.map(({ graph: N, values }) => {
    let slope = 0;
    for (let i = 0; i < N.queries; i++) {
      for (let e = N.start[i]!; e < N.start[i + 1]!; e++) slope -= values[e]! * Math.abs(i - N.key[e]!);
    }
    return slope;
  });
  const moved = (s: number[]): number[][][] =>
    tables.map((B, m) => B.map((row, i) => row.map((_, j) => -s[m]! * Math.abs(i - j))));
  const slope = differences({ s: slopes }, ({ s }) => naive(rowsOf(X), moved(s[0]!))).s;
  assertGradient(matrix(1, 2, shared), slope, "slopes");
});
