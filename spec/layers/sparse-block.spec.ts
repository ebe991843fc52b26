import assert from "node:assert/strict";
import test from "node:test";
import type { GraphWeights } from "../../lib/graph/neighbours.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { SparseBlock } from "../../lib/layers/sparse-block.ts";
import { assertClose, normal, rowsOf, tolerance } from "../support/values.ts";
import { gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveLongformerAttention, naivePostNorm } from "../oracle/naive-token-encoder.ts";
import { normalHeads } from "../../lib/layers/normal-weights.ts";

const D = 6;
const feedForward = new FeedForward({
  W_1: normal(D, 7, 1),
  b_1: normal(1, 7, 2),
  W_2: normal(7, D, 3),
  b_2: normal(1, D, 4),
  activation: "gelu",
});
const [norm1, norm2] = [
  new LayerNorm({ gamma: normal(1, D, 5), beta: normal(1, D, 6) }),
  new LayerNorm({ gamma: normal(1, D, 7), beta: normal(1, D, 8), eps: 1e-3 }),
];
const heads = normalHeads({ d_model: D, heads: 3 }, () => 50 * gaussian(randomGenerator(9))());
const W_O = normal(D, D, 10);

test("equals the definition, options and the listener passed on", () => {
  const globalSet = normalHeads({ d_model: D, heads: 3 }, gaussian(randomGenerator(11)));
  const attention = new LongformerAttention({
    heads: heads.map((local, m) => ({ local, global: globalSet[m]! })),
    W_O,
    b_O: normal(1, D, 12),
    radius: 1,
  });
  const block = new SparseBlock({ attention, norm1, feedForward, norm2 });
  for (const T of [1, 2, 7]) {
    const X = normal(T, D, T);
    const real = Array.from({ length: T }, (_, t) => t !== 3);
    const called: [string, readonly GraphWeights[]][] = [];
    const Z = block.forward(X, { globals: [0], real }, (name, weights) => called.push([name, weights]));
    assertClose(
      Z,
      naivePostNorm(rowsOf(X), block, (Y) => naiveLongformerAttention(Y, attention, [0], real)),
      4 * tolerance(10),
      `T ${T}`,
    );
    assert.deepEqual(called, [["self", attention.forward(X, { globals: [0], real }).weights]]);
    assert.deepEqual(
      block.forward(X, { globals: [0], real }),
      Z,
      "without a listener it computes the same",
    );
  }
});

test("where every token sees every other it is the post-norm encoder block", () => {
  const attention = new BigBirdAttention({ heads, W_O, pattern: { block: 1, radius: 9, random: 0 } });
  const X = normal(5, D, 1);
  const dense = new EncoderBlock({
    attention: new MultiHeadAttention({ heads, W_O }),
    norm1,
    feedForward,
    norm2,
    order: "post",
  });
  assertClose(
    new SparseBlock({ attention, norm1, feedForward, norm2 }).forward(X),
    dense.forward(X),
    tolerance(10),
  );
});

test("errors are its parts' own", () => {
  const attention = new BigBirdAttention({ heads, W_O });
  const block = new SparseBlock({ attention, norm1, feedForward, norm2 });
  assert.throws(() => block.forward(matrix(3, 5)), {
    name: "RangeError",
    message: "BigBirdAttention.forward: X must be (any, 6); got (3, 5)",
  });
});
