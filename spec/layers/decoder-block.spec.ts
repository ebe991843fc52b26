import assert from "node:assert/strict";
import test from "node:test";
import type { NormOrder } from "../../lib/layers/encoder-block.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveDecoderBlock } from "../oracle/naive-blocks.ts";
import { publishedFeedForward, publishedNorm, torchAttention } from "../support/published-layer.ts";

function block(order: NormOrder, d_model: number, heads: number, d_memory: number): DecoderBlock {
  const { attention, cross, feedForward } = DecoderBlock.random(
    { d_model, heads, d_hidden: 5, activation: "gelu", order, d_memory },
    randomGenerator(3),
  );
  const norm = (seed: number, eps: number): LayerNorm =>
    new LayerNorm({ gamma: normal(1, d_model, seed), beta: normal(1, d_model, seed + 1), eps });
  return new DecoderBlock({
    norm1: norm(5, 1e-2),
    attention,
    norm2: norm(7, 1e-3),
    cross,
    norm3: norm(9, 1e-4),
    feedForward,
    order,
  });
}

test("equals its equations in both orders, with masks on both attentions", () => {
  for (const order of ["pre", "post"] as const) {
    for (const [n, m, d, heads, d_memory] of [
      [1, 1, 2, 1, 3],
      [5, 7, 6, 3, 4],
      [3, 2, 8, 2, 8],
      [2, 0, 4, 2, 5],
      [0, 3, 4, 2, 4],
    ] as const) {
      for (const [allow, allowMemory] of [
        [undefined, undefined],
        [causal(), (_i: number, t: number) => t !== 1],
        [() => false, () => false],
      ] as const) {
        const [X, M] = [normal(n, d, 11), normal(m, d_memory, 12)];
        const layer = block(order, d, heads, d_memory);
        const expected = naiveDecoderBlock(
          layer,
          rowsOf(X),
          rowsOf(M),
          allow && ((i, j) => allow(i, j, 0)),
          allowMemory && ((i, t) => allowMemory(i, t)),
        );
        assertClose(
          layer.forward(X, M, { allow, allowMemory }),
          expected,
          5 * tolerance(4),
          `${order} ${n} ${m}`,
        );
      }
    }
  }
});

test("causal: nothing from behind; hidden memory reaches nobody; all of the rest reaches everybody", () => {
  for (const order of ["pre", "post"] as const) {
    const [X, M, layer] = [normal(6, 4, 1), normal(5, 3, 2), block(order, 4, 2, 3)];
    const options = { allow: causal(), allowMemory: (_i: number, t: number): boolean => t !== 3 };
    const clean = layer.forward(X, M, options);
    assertSameRows(layer.forward(poison(X, 4, NaN), M, options), clean, [0, 1, 2, 3], order);
    assertSameBits(layer.forward(X, poison(M, 3, NaN), options), clean, order);
    assert.ok(layer.forward(X, poison(M, 2, NaN), options).data.every(Number.isNaN), order);
    assert.ok(layer.forward(poison(X, 5, NaN), M).data.every(Number.isNaN), order);
  }
});

test("`onWeights` is called with both maps, (n, n) and (n, m), of every head", () => {
  const called: string[] = [];
  block("post", 4, 2, 3).forward(normal(6, 4, 1), normal(5, 3, 2), {
    onWeights: (name, weights) =>
      called.push(`${name} ${weights.map((A) => `${A.rows}×${A.cols}`).join(" ")}`),
  });
  assert.deepEqual(called, ["self 6×6 6×6", "cross 6×5 6×5"]);
});

test("no memory: the cross-attention adds its bias alone", () => {
  const layer = block("pre", 4, 2, 3);
  const marked = new DecoderBlock({
    ...layer,
    cross: DecoderBlock.random(
      { d_model: 4, heads: 2, d_hidden: 5, order: "pre", d_memory: 3 },
      randomGenerator(9),
    ).cross,
  });
  assertSameBits(
    layer.forward(normal(3, 4, 1), matrix(0, 3)),
    marked.forward(normal(3, 4, 1), matrix(0, 3)),
    "fresh biases are zero, whatever the weights",
  );
});

test("PyTorch's TransformerDecoderLayer, post-norm, causal, with a padded memory", () => {
  const g = golden("transformer-layer", "decoder_post_norm_causal");
  const layer = new DecoderBlock({
    norm1: publishedNorm(g, "norm1", 1e-5),
    attention: torchAttention(g, "self_attn", 3),
    norm2: publishedNorm(g, "norm2", 1e-5),
    cross: torchAttention(g, "multihead_attn", 3),
    norm3: publishedNorm(g, "norm3", 1e-5),
    feedForward: publishedFeedForward(g, "linear1", "linear2", "relu"),
    order: "post",
  });
  const forbidden = g.tensor("in.attn_mask").data;
  const padded = g.tensor("in.memory_key_padding_mask").data;
  assert.ok(
    padded.some((hidden) => hidden === 1),
    "some memory is padding",
  );
  for (const b of [0, 1]) {
    const allowMemory = (_i: number, t: number): boolean => padded[b * 21 + t] === 0;
    const Y = layer.forward(g.slice("in.x", b), g.slice("in.memory", b), {
      allow: (i, j) => forbidden[i * 13 + j] === 0,
      allowMemory,
    });
    g.assertSlice(Y, "out.y", b);
    assertClose(Y, g.slice("out.y", b), 1e-6);
    assertSameBits(
      layer.forward(g.slice("in.x", b), g.slice("in.memory", b), { allow: causal(), allowMemory }),
      Y,
      "its mask is the causal one",
    );
  }
});

test("errors say who, what and why", () => {
  const layer = block("pre", 4, 2, 3);
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => new DecoderBlock({ ...layer, order: "first" as never }),
    'DecoderBlock: order must be "pre" or "post"; got first',
  );
  says(
    () => layer.forward(normal(2, 4, 1), fromRows([[1, 2]])),
    "MultiHeadAttention.forward: K must be (any, 3); got (1, 2)",
  );
});
