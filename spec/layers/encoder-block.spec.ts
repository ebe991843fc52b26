import assert from "node:assert/strict";
import test from "node:test";
import type { Activation } from "../../lib/layers/feed-forward.ts";
import type { NormOrder } from "../../lib/layers/encoder-block.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveEncoderBlock } from "../oracle/naive-blocks.ts";
import { publishedFeedForward, publishedNorm, torchAttention } from "../support/published-layer.ts";

/** A block no part of which is trivial: norms with their own γ, β and ε. */
function block(
  order: NormOrder,
  d_model: number,
  heads: number,
  d_hidden: number,
  activation: Activation = "gelu",
): EncoderBlock {
  const { attention, feedForward } = EncoderBlock.random(
    { d_model, heads, d_hidden, activation, order },
    randomGenerator(3),
  );
  const norm = (seed: number, eps: number): LayerNorm =>
    new LayerNorm({ gamma: normal(1, d_model, seed), beta: normal(1, d_model, seed + 1), eps });
  return new EncoderBlock({ norm1: norm(5, 1e-2), attention, norm2: norm(7, 1e-3), feedForward, order });
}

test("equals its equations in both orders, with and without a mask", () => {
  for (const order of ["pre", "post"] as const) {
    for (const [n, d, heads, hidden] of [
      [1, 2, 1, 3],
      [5, 6, 3, 7],
      [3, 8, 2, 5],
      [0, 4, 2, 3],
    ] as const) {
      for (const allow of [undefined, causal(), (i: number, j: number) => i !== 1 && j !== 2]) {
        const X = normal(n, d, 11);
        const expected = naiveEncoderBlock(
          block(order, d, heads, hidden),
          rowsOf(X),
          allow && ((i, j) => allow(i, j, 0)),
        );
        assertClose(
          block(order, d, heads, hidden).forward(X, { allow }),
          expected,
          5 * tolerance(4),
          `${order} ${n}`,
        );
      }
    }
  }
});

test("causal: nothing from behind reaches a position; without a mask everything does", () => {
  for (const order of ["pre", "post"] as const) {
    const X = normal(6, 4, 1);
    const layer = block(order, 4, 2, 5);
    assertSameRows(
      layer.forward(poison(X, 4, NaN), { allow: causal() }),
      layer.forward(X, { allow: causal() }),
      [0, 1, 2, 3],
      order,
    );
    assert.ok(layer.forward(poison(X, 4, NaN)).data.every(Number.isNaN), order);
  }
});

test("by hand: one position, identity weights, no norm to speak of", () => {
  // One key: attention gives X' = LN(3, 1) = (1, −1), so that Y = X + X' = (4, 0).
  // LN(4, 0) = (1, −1) → ReLU (1, 0) → Z = (5, 0).
  const I = identity(2);
  const parts = {
    norm1: new LayerNorm({ eps: 1e-9 }),
    attention: new MultiHeadAttention({ heads: [{ W_Q: I, W_K: I, W_V: I }], W_O: I }),
    norm2: new LayerNorm({ eps: 1e-9 }),
    feedForward: new FeedForward({ W_1: I, W_2: I }),
  };
  assertClose(
    new EncoderBlock({ ...parts, order: "pre" }).forward(fromRows([[3, 1]])),
    [[5, 0]],
    1e-6,
  );
  // Post: Y = LN(6, 2) = (1, −1); Z = LN((1, −1) + (1, 0)) = LN(2, −1) = (1, −1).
  assertClose(
    new EncoderBlock({ ...parts, order: "post" }).forward(fromRows([[3, 1]])),
    [[1, -1]],
    1e-6,
  );
});

test("a bias reaches its own head, and `onWeights` is called with the maps of all heads", () => {
  const [X, layer] = [normal(3, 4, 1), block("pre", 4, 2, 5)];
  const called: string[] = [];
  const bias = [
    matrix(3, 3),
    fromRows([
      [0, 0, 50],
      [0, 0, 50],
      [0, 0, 50],
    ]),
  ];
  layer.forward(X, {
    bias,
    onWeights: (name, weights) => {
      called.push(name);
      weights.forEach((A) => assertRowSums(A));
      assert.ok(
        weights[1]!.data[2]! > 0.99 && weights[0]!.data[2]! < 0.99,
        `key 2: ${weights[0]!.data[2]} in head 0, ${weights[1]!.data[2]} in head 1`,
      );
    },
  });
  assert.deepEqual(called, ["self"]);
});

test("random: four times as many units, biases, repeatable; γ 1 and β 0", () => {
  const fresh = (): EncoderBlock =>
    EncoderBlock.random({ d_model: 6, heads: 3, order: "post", eps: 1e-6 }, randomGenerator(1));
  const { feedForward, attention, norm1, order } = fresh();
  assert.deepEqual(
    [
      feedForward.W_1.cols,
      feedForward.activation,
      attention.heads.length,
      attention.b_O!.cols,
      norm1.eps,
      order,
    ],
    [24, "relu", 3, 6, 1e-6, "post"],
  );
  assertSameBits(fresh().forward(normal(4, 6, 2)), fresh().forward(normal(4, 6, 2)));
});

for (const { read, order, heads, activation, eps, masked } of [
  {
    read: () => golden("transformer-layer", "encoder_post_norm_relu"),
    order: "post",
    heads: 3,
    activation: "relu",
    eps: 1e-5,
    masked: false,
  },
  {
    read: () => golden("transformer-layer", "encoder_pre_norm_gelu_causal"),
    order: "pre",
    heads: 2,
    activation: "gelu",
    eps: 1e-6,
    masked: true,
  },
] as const) {
  test(`PyTorch's TransformerEncoderLayer, ${order}-norm with ${activation}`, () => {
    const g = read();
    const attention = torchAttention(g, "self_attn", heads);
    const feedForward = publishedFeedForward(g, "linear1", "linear2", activation);
    const layer = new EncoderBlock({
      norm1: publishedNorm(g, "norm1", eps),
      attention,
      norm2: publishedNorm(g, "norm2", eps),
      feedForward,
      order,
    });
    const forbidden = masked ? g.tensor("in.attn_mask").data : undefined;
    for (const b of [0, 1]) {
      const Y = layer.forward(g.slice("in.x", b), {
        allow: forbidden && ((i, j) => forbidden[i * 13 + j] === 0),
      });
      g.assertSlice(Y, "out.y", b);
      assertClose(Y, g.slice("out.y", b), 1e-6);
      if (masked) {
        assertSameBits(
          layer.forward(g.slice("in.x", b), { allow: causal() }),
          Y,
          "its mask is the causal one",
        );
      }
    }
  });
}

test("errors say who, what and why", () => {
  const { norm1, attention, norm2, feedForward } = block("pre", 4, 2, 3);
  assert.throws(() => new EncoderBlock({ norm1, attention, norm2, feedForward, order: "Pre" as never }), {
    name: "RangeError",
    message: 'EncoderBlock: order must be "pre" or "post"; got Pre',
  });
  assert.throws(() => block("pre", 4, 2, 3).forward(matrix(2, 5)), {
    name: "RangeError",
    message: "LayerNorm.forward: X must be (any, 4); got (2, 5)",
  });
  assert.throws(() => block("post", 4, 2, 3).forward(matrix(2, 5)), {
    name: "RangeError",
    message: "MultiHeadAttention.forward: Q must be (any, 4); got (2, 5)",
  });
});
