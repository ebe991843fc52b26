import assert from "node:assert/strict";
import test from "node:test";
import { gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";
import { normalFeedForward, normalHeads } from "../../lib/layers/normal-weights.ts";
import { normalMultiHead, normalWeights } from "../../lib/layers/normal-weights.ts";

test("fresh weights are N(0, 0.02²), biases zero", () => {
  const W = normalWeights(100, 101, gaussian(randomGenerator(1)));
  const mean = W.data.reduce((a, b) => a + b, 0) / W.data.length;
  const deviation = Math.sqrt(W.data.reduce((a, b) => a + (b - mean) ** 2, 0) / W.data.length);
  assert.ok(
    Math.abs(mean) < 1e-3 && Math.abs(deviation - 0.02) < 1e-3,
    `mean ${mean}, deviation ${deviation}`,
  );
  const fresh = normalHeads({ d_model: 8, heads: 2 }, gaussian(randomGenerator(2)));
  assert.deepEqual(
    fresh.map(({ W_Q, W_K, W_V }) => [W_Q, W_K, W_V].map(({ rows, cols }) => [rows, cols])),
    [
      [
        [8, 4],
        [8, 4],
        [8, 4],
      ],
      [
        [8, 4],
        [8, 4],
        [8, 4],
      ],
    ],
  );
  for (const { b_Q, b_K, b_V } of fresh) {
    assert.deepEqual([b_Q, b_K, b_V], [matrix(1, 4), matrix(1, 4), matrix(1, 4)]);
  }
  assert.notDeepEqual(fresh[0]!.W_Q, fresh[0]!.W_K);
});

test("every part draws its matrices in the order that its docstring names", () => {
  /** 50, 100, 150 …: 0.02 times a draw is its place, 1, 2, 3 … */
  const counting = (): (() => number) => {
    let drawn = 0;
    return () => 50 * ++drawn;
  };
  const first = ({ data }: { data: Float32Array }): number => Math.round(data[0]!);
  const heads = normalHeads({ d_model: 4, heads: 2 }, counting());
  assert.deepEqual(
    heads.map(({ W_Q, W_K, W_V }) => [first(W_Q), first(W_K), first(W_V)]),
    [
      [1, 17, 33],
      [3, 19, 35],
    ],
    "fused: all of W_Q, all of W_K, all of W_V",
  );
  const attention = normalMultiHead({ d_model: 4, heads: 2 }, counting());
  assert.deepEqual(
    attention.heads.map(({ W_Q, W_K, W_V }) => [first(W_Q), first(W_K), first(W_V)]),
    [
      [1, 9, 17],
      [25, 33, 41],
    ],
    "head after head",
  );
  assert.equal(first(attention.W_O), 49, "W_O last");
  for (const { b_Q, b_K, b_V } of attention.heads) {
    assert.deepEqual([b_Q, b_K, b_V], [matrix(1, 2), matrix(1, 2), matrix(1, 2)]);
  }
  assert.deepEqual(attention.b_O, matrix(1, 4));
  const network = normalFeedForward({ d_model: 2, d_hidden: 3, activation: "gelu" }, counting());
  assert.deepEqual([first(network.W_1), first(network.W_2), network.activation], [1, 7, "gelu"]);
  assert.deepEqual([network.b_1, network.b_2], [matrix(1, 3), matrix(1, 2)]);
});
