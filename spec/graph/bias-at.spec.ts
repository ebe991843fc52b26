import assert from "node:assert/strict";
import test from "node:test";
import type { PairBias } from "../../lib/graph/bias-at.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { SparseAttention, attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { allKeys, causalKeys, keysFromLists, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertClose, assertSameBits, normal } from "../support/values.ts";
import { biasAt } from "../../lib/graph/bias-at.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromFunction, matrix, randomGenerator } from "../../lib/matrix.ts";
import { neighboursGradient } from "../../lib/gradients/neighbours-gradient.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";

/** ALiBi: head m of h loses 2^(−8 (m + 1) / h) of its score for each place of distance. */
const alibi = (h: number): PairBias => (i, j, m) => -Math.pow(2, (-8 * (m + 1)) / h) * Math.abs(i - j);

/** T5: distances up to 8 have a bucket each, longer ones share by their logarithm; half of all look ahead. */
function bucket(distance: number, buckets: number = 32, most: number = 128): number {
  const half = buckets / 2;
  const side = distance > 0 ? half : 0;
  const far = Math.abs(distance);
  const exact = half / 2;
  if (far < exact) return side + far;
  const shared = exact + Math.floor((Math.log(far / exact) / Math.log(most / exact)) * (half - exact));
  return side + Math.min(half - 1, shared);
}

test("one number for each pair of the graph, in its order", () => {
  const graph = keysFromLists([[2, 0], [], [1]], 3);
  assert.deepEqual(Array.from(biasAt(graph, (i, j, m) => 100 * m + 10 * i + j, 3)), [300, 302, 321]);
});

for (const [name, graph, seen] of [
  ["all keys", allKeys(7, 7), () => true],
  ["a causal graph", causalKeys(7, 7), causal()],
  ["a window", slidingWindow(7, 2), (i: number, j: number) => Math.abs(i - j) <= 2],
] as const) {
  test(`along ${name}, a bias gives the bits of dense attention with a matrix of it`, () => {
    const [Q, K, V] = [normal(7, 5, 1), normal(7, 5, 2), normal(7, 3, 3)];
    for (const bias of [alibi(1), (i: number, j: number): number => normal(1, 64, 4).data[bucket(j - i)]!]) {
      const B = fromFunction(7, 7, (i, j) => bias(i, j, 0));
      const dense = new ScaledDotProductAttention().forward(Q, K, V, { bias: B, allow: seen });
      const along = attendNeighbours(Q, K, V, graph, { bias });
      assertSameBits(along.output, dense.output);
      const back = neighboursGradient({ Q, K, V, graph, bias }, V);
      const denseBack = scaledDotProductGradient({ Q, K, V, bias: B, allow: seen }, V);
      assertClose(back.dQ, denseBack.dQ, 1e-6);
      assertClose(back.dK, denseBack.dK, 1e-6);
    }
    const without = attendNeighbours(Q, K, V, graph);
    assertSameBits(attendNeighbours(Q, K, V, graph, { bias: () => 0 }).output, without.output);
  });
}

test("each head has its own bias: sparse, Longformer and BigBird against dense multi-head attention", () => {
  const [T, h] = [9, 2];
  const X = normal(T, 6, 1);
  const bias = alibi(h);
  const B = [0, 1].map((m) => fromFunction(T, T, (i, j) => bias(i, j, m)));
  const { heads, W_O } = MultiHeadAttention.random({ d_model: 6, heads: h }, randomGenerator(1));
  const near = (i: number, j: number): boolean => Math.abs(i - j) <= 2 || i === 0 || j === 0;
  const dense = new MultiHeadAttention({ heads, W_O }).forward(X, X, X, { bias: B, allow: near });

  const longformer = new LongformerAttention({
    heads: heads.map((head) => ({ local: head, global: head })),
    W_O,
    radius: 2,
  });
  assertSameBits(longformer.forward(X, { globals: [0], bias }).output, dense.output);
  const graph = longformer.graph(T, { globals: [0] });
  assertSameBits(new SparseAttention({ heads, W_O }).forward(X, X, X, graph, { bias }).output, dense.output);
  const pattern = { block: 1, radius: 2, globals: [0], random: 0 };
  assertSameBits(new BigBirdAttention({ heads, W_O, pattern }).forward(X, { bias }).output, dense.output);
});

test("−∞ takes a pair away: a NaN behind it is never read", () => {
  const V = matrix(3, 1, [1, NaN, 3]);
  const { output } = attendNeighbours(matrix(3, 1), matrix(3, 1), V, allKeys(3, 3), {
    bias: (_i, j) => (j === 1 ? -Infinity : 0),
  });
  assert.deepEqual(Array.from(output.data), [2, 2, 2]);
});

test("errors say who, what and why", () => {
  const graph = allKeys(2, 2);
  assert.throws(() => biasAt(graph, matrix(2, 2) as never), {
    name: "TypeError",
    message: "biasAt: bias must be a function (i, j, head) => number; got object",
  });
  assert.throws(() => biasAt(graph, () => undefined as never), {
    name: "TypeError",
    message: "biasAt: bias(0, 0, 0) must be a number; got undefined",
  });
});
