import assert from "node:assert/strict";
import test from "node:test";
import { Bert } from "../../lib/models/bert.ts";
import { CheckpointReader } from "../../lib/checkpoints/checkpoint-reader.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { ViT } from "../../lib/models/vit.ts";
import { gpt2Config, gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { readPlutoDecoder, takePlutoLayer } from "../../lib/checkpoints/pluto-checkpoint.ts";
import { readTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { readTorchDecoderLayer, readTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { readViT } from "../../lib/checkpoints/vit-checkpoint.ts";
import { takeGRUCell } from "../../lib/checkpoints/torch-gru.ts";
import { takeTorchFeedForward, takeTorchNorm } from "../../lib/checkpoints/torch-layers.ts";
import { vitConfig, vitCounts } from "../../lib/models/vit-counts.ts";

const reader = (): CheckpointReader => new CheckpointReader("spec", new Map());
const layer = { d_model: 6, heads: 2, d_hidden: 7, order: "pre" } as const;
const text = { vocabulary: 5, positions: 4, d_model: 6, heads: 2, depth: 1, d_hidden: 7, eps: 1e-5 };
const image = { height: 4, width: 4, channels: 1, patch: 2, d_model: 6, heads: 2, depth: 1, d_hidden: 7 };
const bert = { ...text, types: 1, activation: "gelu", pooler: false } as const;
const random = randomGenerator(1);

/** Whatever takes a record of sizes, options or parts here, with a record that it takes. */
const TAKERS: readonly [string, object, (record: never) => unknown][] = [
  ["readTorchAttention", { d_model: 6, heads: 2 }, (sizes) => readTorchAttention(new Map(), sizes)],
  ["readTorchEncoderLayer", layer, (sizes) => readTorchEncoderLayer(new Map(), sizes)],
  ["readTorchDecoderLayer", layer, (sizes) => readTorchDecoderLayer(new Map(), sizes)],
  ["takeTorchNorm", { eps: 1e-5 }, (options) => takeTorchNorm(reader(), "norm", 6, options)],
  [
    "takeTorchFeedForward",
    { d_model: 6, d_hidden: 7 },
    (sizes) => takeTorchFeedForward(reader(), ["a", "b"], sizes),
  ],
  ["takeGRUCell", { prefix: "", d_in: 3, d: 4 }, (name) => takeGRUCell(reader(), name)],
  ["takePlutoLayer", { d_model: 6, heads: 2, d_hidden: 7 }, (sizes) => takePlutoLayer(reader(), "", sizes)],
  [
    "readPlutoDecoder",
    { d_model: 6, heads: 2, d_hidden: 7, N_L: 2, depth: 1 },
    (s) => readPlutoDecoder(new Map(), s),
  ],
  ["readGpt2", text, (config) => readGpt2(new Map(), config)],
  ["gpt2Counts", gpt2Config("gpt2"), (config) => gpt2Counts(config, 1)],
  ["Gpt2.random", text, (config) => Gpt2.random(config, random)],
  ["Gpt2", Gpt2.random(text, random), (parts) => new Gpt2(parts)],
  ["readViT", { ...image, classes: 2, eps: 1e-6 }, (config) => readViT(new Map(), config)],
  ["vitCounts", vitConfig("B"), (config) => vitCounts(config)],
  ["ViT.random", { ...image, classes: 2, eps: 1e-6 }, (config) => ViT.random(config, random)],
  ["ViT", ViT.random({ ...image, classes: 2, eps: 1e-6 }, random), (parts) => new ViT(parts)],
  ["Bert", Bert.random(bert, random), (parts) => new Bert(parts)],
];

test("a record with a name that nobody reads, or a function in its place, is refused by every taker", () => {
  for (const [name, record, take] of TAKERS) {
    try {
      take(record as never);
    } catch (error) {
      assert.match(
        (error as Error).message,
        /must hold exactly this model's tensors/,
        `${name}: the record is sound`,
      );
    }
    for (const wrong of [{ ...record, biass: true }, { ...record, heds: 2 }, (): boolean => true, [record]]) {
      assert.throws(
        () => take(wrong as never),
        { name: "TypeError", message: /must be a record \{/ },
        name,
      );
    }
  }
});
