import assert from "node:assert/strict";
import test from "node:test";
import type { BigBirdConfig } from "../../lib/models/big-bird-counts.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { SparseBlock } from "../../lib/layers/sparse-block.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { bigBirdCounts } from "../../lib/models/big-bird-counts.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readBigBird, writeBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { throughFile } from "../support/published-weights.ts";

const config: BigBirdConfig = {
  vocabulary: 11,
  positions: 40,
  types: 2,
  d_model: 6,
  heads: 2,
  depth: 2,
  d_hidden: 7,
  activation: "gelu-tanh",
  eps: 1e-12,
  pooler: true,
  pattern: { block: 2, random: 1 },
  seed: 9,
};

function someModel(change: Partial<BigBirdConfig> = {}): BigBird {
  const model = BigBird.random({ ...config, ...change }, randomGenerator(1));
  let seed = 2;
  parameters(model).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return model;
}

test("there and back through a file: every number, the rows along the same random blocks, and the pooled " +
  "row, to the bit", () => {
  for (const change of [{}, { pooler: false }, { seed: undefined }]) {
    const model = someModel(change);
    const tensors = throughFile(writeBigBird(model));
    assert.equal(
      [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
      bigBirdCounts({ ...config, ...change }, 2).total.parameters,
    );
    const again = readBigBird(tensors, { ...config, ...change });
    assert.deepEqual(parameters(again), parameters(model));
    const tokens = Array.from({ length: 21 }, (_, t) => (3 * t) % 11);
    const Y = model.forward(tokens, { real: tokens.map((_, t) => t < 19) });
    assertSameBits(again.forward(tokens, { real: tokens.map((_, t) => t < 19) }), Y);
    if (model.pooler !== undefined) assertSameBits(again.pooler!.forward(Y), model.pooler.forward(Y));
  }
});

test("the names are the published ones; the pooler's have no dense in them, and a task's model has them " +
  "behind bert.", () => {
  const tensors = writeBigBird(someModel());
  assert.deepEqual(tensors.get("encoder.layer.1.attention.self.value.weight")!.shape, [6, 6]);
  assert.deepEqual(tensors.get("encoder.layer.0.output.dense.weight")!.shape, [6, 7]);
  assert.deepEqual([...tensors.keys()].slice(-2), ["pooler.weight", "pooler.bias"]);
  const whole = new Map([...tensors].map(([name, tensor]) => [`bert.${name}`, tensor]));
  whole.set("cls.predictions.bias", tensors.get("pooler.bias")!);
  assert.deepEqual(
    parameters(readBigBird(checkpointPart(whole, "bert."), config)),
    parameters(someModel()),
  );
});

test("a checkpoint that is truncated, renamed or mixed up is refused with the full list", () => {
  const tensors = writeBigBird(someModel());
  tensors.set("embeddings.token_type_embeddings.weight", tensors.get("pooler.weight")!);
  tensors.set("pooler.dense.bias", tensors.get("pooler.bias")!);
  tensors.delete("pooler.bias");
  assert.throws(() => readBigBird(tensors, config), {
    name: "RangeError",
    message:
      "readBigBird: the checkpoint must hold exactly this model's tensors; got 3 that do not fit:\n" +
      "  embeddings.token_type_embeddings.weight must be [2, 6]; got [6, 6]\n  missing pooler.bias [6]\n " +
        " unknown pooler.dense.bias [6]",
  });
  assert.throws(() => readBigBird(writeBigBird(someModel()), { ...config, depth: 1 }), {
    name: "RangeError",
    message: /got 16 that do not fit:\n {2}unknown encoder\.layer\.1\./,
  });
  assert.throws(() => readBigBird(tensors, { ...config, heads: 5 }), {
    name: "RangeError",
    message: "readBigBird: config.d_model must be a multiple of heads = 5; got 6",
  });
});

test("what the names cannot say is not written", () => {
  const model = someModel();
  const tables = model.blocks[0]!.attention.attention.heads.map(() => [[], [0]]);
  const blocks = model.blocks.map(
    (block) =>
      new SparseBlock({
        ...block,
        attention: new BigBirdAttention({ ...block.attention.attention, tables }),
      }),
  );
  const message =
    "writeBigBird: encoder.layer.0.attention must draw its random blocks from a seed; got tables";
  assert.throws(
    () => writeBigBird(new BigBird({ ...model, blocks })),
    { name: "RangeError", message },
  );
});
