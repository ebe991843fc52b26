import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { SparseBlock } from "../../lib/layers/sparse-block.ts";
import { TokenEmbedding } from "../../lib/layers/token-embedding.ts";
import { assertSameTensors, publishedWeights, throughFile } from "../support/published-weights.ts";
import { at, normal, rowsOf } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { identity, randomGenerator } from "../../lib/matrix.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { putBertBlock, putBertHeads, putTokenEmbedding } from "../../lib/checkpoints/bert-layers.ts";
import { takeBertBlock, takeBertHeads, takeBertOutput } from "../../lib/checkpoints/bert-layers.ts";
import { takeTokenEmbedding } from "../../lib/checkpoints/bert-layers.ts";

/** Heads by name, from the case's file and back; several sets share the file. */
function headsOf(
  g: GoldenCase,
  d_model: number,
  heads: number,
  suffixes: readonly string[],
): ReturnType<typeof takeBertHeads>[] {
  const published = publishedWeights(g);
  const reader = new CheckpointReader("spec", throughFile(published));
  const sets = suffixes.map((suffix) => takeBertHeads(reader, "", { d_model, heads }, suffix));
  reader.finish();
  const writer = new CheckpointWriter();
  sets.forEach((set, s) => putBertHeads(writer, "", set, suffixes[s]!));
  assertSameTensors(writer.tensors, published);
  return sets;
}

for (const read of [
  () => golden("longformer", "globals_T24_w3"),
  () => golden("longformer", "globals_padding_T13in16_w2"),
  () => golden("longformer", "no_global_T16_w2"),
]) {
  test(`a published Longformer self-attention by its names, window ` +
    `${JSON.parse(read().metadata["config"]!).one_sided_window}, ` +
      `${JSON.parse(read().metadata["config"]!).true_length} tokens`, () => {
    const g = read();
    const {
      hidden_size: D,
      num_heads: h,
      one_sided_window: radius,
    } = JSON.parse(g.metadata["config"]!) as Record<string, number>;
    const [locals, global] = headsOf(g, D!, h!, ["", "_global"]);
    const attention = new LongformerAttention({
      heads: locals!.map((local, m) => ({ local, global: global![m]! })),
      W_O: identity(D!),
      radius: radius!,
    });
    const flags = (name: string, b: number): boolean[] => rowsOf(g.slice(name))[b]!.map((x) => x === 1);
    for (const b of [0, 1]) {
      const real = flags("in.key_padding_mask", b).map((padding) => !padding);
      g.assertSlice(
        attention.forward(g.slice("in.hidden_states", b), { globals: flags("in.global_mask", b), real })
          .output,
        "out.y",
        b,
      );
    }
  });
}

for (const read of [
  () => golden("bigbird", "T24_b2_r3"),
  () => golden("bigbird", "T32_b4_r1"),
  () => golden("bigbird", "T36_b3_r2"),
]) {
  test(`a published BigBird self-attention by its names, blocks of ` +
    `${JSON.parse(read().metadata["config"]!).block_size}`, () => {
    const g = read();
    const {
      hidden_size: D,
      num_heads: h,
      block_size: block,
    } = JSON.parse(g.metadata["config"]!) as Record<string, number>;
    const [heads] = headsOf(g, D!, h!, [""]);
    const tables = Array.from({ length: h! }, (_, m) => [[], ...rowsOf(g.slice("out.rand_blocks", m)), []]);
    const attention = new BigBirdAttention({ heads: heads!, W_O: identity(D!), pattern: { block }, tables });
    for (const b of [0, 1]) {
      const X = g.slice("in.hidden_states", b);
      const real = Array.from({ length: X.rows }, (_, t) => at(g.slice("in.attention_mask"), b, t) === 1);
      g.assertSlice(attention.forward(X, { real }).output, "out.y", b);
    }
  });
}

const config = {
  vocabulary: 11,
  positions: 9,
  types: 2,
  d_model: 6,
  heads: 3,
  depth: 1,
  d_hidden: 7,
  activation: "relu",
  eps: 1e-3,
  pooler: false,
} as const;

test("an embedding there and back; the buffers beside it are left aside", () => {
  const norm = new LayerNorm({ gamma: normal(1, 6, 4), beta: normal(1, 6, 5), eps: 1e-3 });
  const embedding = new TokenEmbedding({
    words: normal(11, 6, 1),
    positions: normal(9, 6, 2),
    types: normal(2, 6, 3),
    norm,
    pad: 1,
  });
  const writer = new CheckpointWriter();
  putTokenEmbedding(writer, embedding);
  const names = [
    "word_embeddings.weight",
    "position_embeddings.weight",
    "token_type_embeddings.weight",
    "LayerNorm.weight",
    "LayerNorm.bias",
  ];
  assert.deepEqual(
    [...writer.tensors.keys()],
    names.map((name) => `embeddings.${name}`),
  );
  assert.deepEqual(writer.tensors.get("embeddings.word_embeddings.weight"), {
    dtype: "F32",
    shape: [11, 6],
    data: embedding.words.data,
  });
  writer.tensors.set("embeddings.position_ids", {
    dtype: "I64",
    shape: [1, 9],
    data: Float64Array.from({ length: 9 }, (_, t) => t),
  });
  const reader = new CheckpointReader("spec", throughFile(writer.tensors));
  const again = takeTokenEmbedding(reader, config, 1);
  assert.deepEqual(parameters(again), parameters(embedding));
  assert.deepEqual({ ...again, norm: again.norm.eps }, { ...embedding, norm: embedding.norm.eps });
  reader.finish();
});

test("a block there and back: its heads, its output projection, its network and both norms, in their " +
  "places", () => {
  const [block] = BigBird.random(config, randomGenerator(1)).blocks;
  parameters(block!).forEach((M) => M.data.set(normal(M.rows, M.cols, M.rows * M.cols).data));
  block!.norm2.gamma!.data.fill(7);
  const writer = new CheckpointWriter();
  putBertHeads(writer, "layer.0.attention.self.", block!.attention.attention.heads);
  putBertBlock(writer, "layer.0.", block!, block!.attention.attention);
  assert.deepEqual(writer.tensors.get("layer.0.intermediate.dense.weight")!.shape, [7, 6]);
  assert.deepEqual(writer.tensors.get("layer.0.output.dense.weight")!.shape, [6, 7]);
  assert.deepEqual(
    [...writer.tensors.get("layer.0.output.LayerNorm.weight")!.data],
    [7, 7, 7, 7, 7, 7],
  );
  const reader = new CheckpointReader("spec", throughFile(writer.tensors));
  const heads = takeBertHeads(reader, "layer.0.attention.self.", config);
  const attention = new BigBirdAttention({ heads, ...takeBertOutput(reader, "layer.0.", 6) });
  const again = new SparseBlock({ attention, ...takeBertBlock(reader, "layer.0.", config) });
  reader.finish();
  assert.deepEqual(parameters(again), parameters(block!));
  assert.deepEqual(
    [again.norm1.eps, again.norm2.eps, again.feedForward.activation],
    [1e-3, 1e-3, "relu"],
  );
});
