import assert from "node:assert/strict";
import test from "node:test";
import type { TorchLayerSizes } from "../../lib/checkpoints/torch-layers.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { assertSameTensors, publishedWeights, throughFile } from "../support/published-weights.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { putTorchEncoderLayer, putTorchFeedForward } from "../../lib/checkpoints/torch-layers.ts";
import { putTorchLinear, putTorchNorm, readTorchDecoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { readTorchEncoderLayer, takeTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { takeTorchFeedForward, takeTorchNorm } from "../../lib/checkpoints/torch-layers.ts";
import { swish } from "../../lib/kernels/activations.ts";
import { writeTorchDecoderLayer, writeTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";

for (const { read, sizes, masked } of [
  {
    read: () => golden("transformer-layer", "encoder_post_norm_relu"),
    sizes: { heads: 3, d_hidden: 20, order: "post", activation: "relu" },
    masked: false,
  },
  {
    read: () => golden("transformer-layer", "encoder_pre_norm_gelu_causal"),
    sizes: { heads: 2, d_hidden: 18, order: "pre", activation: "gelu", eps: 1e-6 },
    masked: true,
  },
] as const) {
  test(`PyTorch's TransformerEncoderLayer by its names, ${sizes.order}-norm`, () => {
    const g = read();
    const published = publishedWeights(g);
    const layer = readTorchEncoderLayer(throughFile(published), { d_model: 12, ...sizes });
    assertSameTensors(writeTorchEncoderLayer(layer), published);
    for (const b of [0, 1]) {
      g.assertSlice(layer.forward(g.slice("in.x", b), { allow: masked ? causal() : undefined }), "out.y", b);
    }
  });
}

test("PyTorch's TransformerDecoderLayer by its names", () => {
  const g = golden("transformer-layer", "decoder_post_norm_causal");
  const published = publishedWeights(g);
  const layer = readTorchDecoderLayer(throughFile(published), {
    d_model: 12,
    heads: 3,
    d_hidden: 20,
    order: "post",
  });
  assertSameTensors(writeTorchDecoderLayer(layer), published);
  const ignored = g.tensor("in.memory_key_padding_mask").data;
  for (const b of [0, 1]) {
    const options = { allow: causal(), allowMemory: (_i: number, j: number) => ignored[21 * b + j] === 0 };
    g.assertSlice(layer.forward(g.slice("in.x", b), g.slice("in.memory", b), options), "out.y", b);
  }
});

test("there and back through a file, to the bit, encoder and decoder layers behind a prefix, with biases " +
  "and without any", () => {
  const shape = { d_model: 6, heads: 3, d_hidden: 7 };
  for (const bias of [true, false]) {
    const sizes: TorchLayerSizes = { ...shape, order: "pre", activation: "gelu-tanh", eps: 1e-3, bias };
    const norm = (seed: number): LayerNorm =>
      new LayerNorm({
        gamma: normal(1, 6, seed),
        beta: bias ? normal(1, 6, seed + 1) : undefined,
        eps: 1e-3,
      });
    const attention = (seed: number): MultiHeadAttention =>
      MultiHeadAttention.random({ d_model: 6, heads: 3, bias }, randomGenerator(seed));
    const widths = { d_model: 6, d_hidden: 7, bias, activation: "gelu-tanh" } as const;
    const feedForward = FeedForward.random(widths, randomGenerator(5));
    const encoder = new EncoderBlock({
      norm1: norm(1),
      attention: attention(2),
      norm2: norm(3),
      feedForward,
      order: "pre",
    });
    const [X, memory] = [normal(5, 6, 1), normal(4, 6, 2)];
    const writer = new CheckpointWriter();
    putTorchEncoderLayer(writer, "layers.3.", encoder);
    const reader = new CheckpointReader("spec", throughFile(writer.tensors));
    const again = takeTorchEncoderLayer(reader, "layers.3.", sizes);
    reader.finish();
    assert.deepEqual(parameters(again), parameters(encoder));
    assertSameBits(again.forward(X), encoder.forward(X));
    const decoder = new DecoderBlock({
      norm1: norm(1),
      attention: attention(2),
      norm2: norm(3),
      cross: attention(4),
      norm3: norm(6),
      feedForward,
      order: "pre",
    });
    const back = readTorchDecoderLayer(throughFile(writeTorchDecoderLayer(decoder)), sizes);
    assert.deepEqual(parameters(back), parameters(decoder));
    assertSameBits(back.forward(X, memory), decoder.forward(X, memory));
  }
});

test("what is absent is written as what it stands for, unless nothing has a bias", () => {
  const layer = EncoderBlock.random({ d_model: 4, heads: 2, d_hidden: 5, order: "post" }, randomGenerator(1));
  const bare = new EncoderBlock({
    ...layer,
    norm1: new LayerNorm(),
    attention: MultiHeadAttention.random({ d_model: 4, heads: 2 }, randomGenerator(2)),
    order: "post",
  });
  const again = readTorchEncoderLayer(throughFile(writeTorchEncoderLayer(bare)), {
    d_model: 4,
    heads: 2,
    d_hidden: 5,
    order: "post",
  });
  assert.deepEqual({ ...again.norm1 }, { ...LayerNorm.initial({ d_model: 4 }) });
  assert.deepEqual(again.attention.b_O, matrix(1, 4));
  assertSameBits(again.forward(normal(3, 4, 1)), bare.forward(normal(3, 4, 1)));
});

test("maps are transposed, and each has the name that it was given", () => {
  const writer = new CheckpointWriter();
  putTorchLinear(
    writer,
    "q_proj",
    fromRows([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    undefined,
  );
  putTorchFeedForward(
    writer,
    ["ffn.0", "ffn.3"],
    new FeedForward({ W_1: fromRows([[1, 2]]), W_2: fromRows([[3], [4]]) }),
    false,
  );
  putTorchNorm(writer, "norm", new LayerNorm({ beta: fromRows([[7]]) }), 1);
  assert.deepEqual(
    [...writer.tensors].map(([name, { shape, data }]) => [name, shape, [...data]]),
    [
      ["q_proj.weight", [3, 2], [1, 4, 2, 5, 3, 6]],
      ["q_proj.bias", [3], [0, 0, 0]],
      ["ffn.0.weight", [2, 1], [1, 2]],
      ["ffn.3.weight", [1, 2], [3, 4]],
      ["norm.weight", [1], [1]],
      ["norm.bias", [1], [7]],
    ],
  );
  const reader = new CheckpointReader("spec", writer.tensors);
  assert.deepEqual(
    { ...takeTorchNorm(reader, "norm", 1, { eps: 1e-2 }) },
    { gamma: fromRows([[1]]), beta: fromRows([[7]]), eps: 1e-2 },
  );
  const network = takeTorchFeedForward(reader, ["ffn.0", "ffn.3"], {
    d_model: 1,
    d_hidden: 2,
    bias: false,
    activation: "gelu",
  });
  assert.deepEqual(
    [network.W_1, network.b_1, network.W_2, network.activation],
    [fromRows([[1, 2]]), undefined, fromRows([[3], [4]]), "gelu"],
  );
});

test("one error lists everything that is missing, misshapen or left over", () => {
  const tensors = writeTorchDecoderLayer(
    DecoderBlock.random({ d_model: 4, heads: 2, d_hidden: 5, order: "pre" }, randomGenerator(1)),
  );
  tensors
    .set("linear1.weight", tensors.get("linear2.weight")!)
    .set("norm4.weight", tensors.get("norm3.weight")!);
  tensors.delete("multihead_attn.in_proj_weight");
  const list =
    "\n  missing multihead_attn.in_proj_weight [12, 4]\n  linear1.weight must be [5, 4]; got [4, 5]\n  " +
      "unknown norm4.weight [4]";
  const sizes: TorchLayerSizes = { d_model: 4, heads: 2, d_hidden: 5, order: "pre" };
  assert.throws(() => readTorchDecoderLayer(tensors, sizes), {
    name: "RangeError",
    message: `readTorchDecoderLayer: the checkpoint must hold exactly this model's tensors; got 3 that ` +
      `do not fit:${list}`,
  });
  const none = (): unknown => readTorchEncoderLayer(new Map(), sizes);
  assert.throws(none, {
    name: "RangeError",
    message: /^readTorchEncoderLayer: .* got 12 that do not fit:\n {2}missing norm1\.weight \[4\]/,
  });
});

test("an activation of one's own has no published name", () => {
  const block = EncoderBlock.random({ d_model: 4, heads: 2, order: "pre", activation: swish }, randomGenerator(1));
  assert.throws(() => writeTorchEncoderLayer(block), {
    name: "RangeError",
    message: "putTorchFeedForward: activation must have a published name; got a function",
  });
});
