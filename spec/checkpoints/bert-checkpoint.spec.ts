import assert from "node:assert/strict";
import test from "node:test";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { Bert } from "../../lib/models/bert.ts";
import { TokenEmbedding } from "../../lib/layers/token-embedding.ts";
import { bertCounts } from "../../lib/models/bert-counts.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { normal } from "../support/values.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readBert, writeBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { throughFile } from "../support/published-weights.ts";

const config: TokenEncoderConfig = {
  ...{ vocabulary: 11, positions: 12, types: 2, d_model: 6, heads: 3, depth: 2, d_hidden: 7 },
  ...{ activation: "gelu", eps: 1e-12, pooler: true },
};

function someModel(change: Partial<TokenEncoderConfig> = {}): Bert {
  const model = Bert.random({ ...config, ...change }, randomGenerator(1));
  let seed = 2;
  parameters(model).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return model;
}

test("there and back through a file, with a pooler and without: every number, and no number more", () => {
  for (const pooler of [true, false]) {
    const model = someModel({ pooler });
    const tensors = throughFile(writeBert(model));
    assert.equal(
      [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
      bertCounts({ ...config, pooler }, 1).total.parameters,
    );
    assert.deepEqual(parameters(readBert(tensors, { ...config, pooler })), parameters(model));
  }
});

test("a published file: a prefix, heads of tasks beside it, TensorFlow's names of norms, buffers", () => {
  const model = someModel();
  const older = (name: string): string =>
    name.replace(/Norm\.weight$/, "Norm.gamma").replace(/Norm\.bias$/, "Norm.beta");
  const file = new Map([...writeBert(model)].map(([name, tensor]) => [`bert.${older(name)}`, tensor]));
  file.set("bert.embeddings.position_ids", { dtype: "I64", shape: [1, 12], data: new Float64Array(12) });
  file.set("cls.predictions.bias", { dtype: "F32", shape: [11], data: new Float32Array(11) });
  assert.ok(file.has("bert.encoder.layer.1.output.LayerNorm.gamma"), "the names are TensorFlow's");
  assert.deepEqual(parameters(readBert(checkpointPart(file, "bert."), config)), parameters(model));
  assert.throws(() => readBert(file, config), {
    name: "RangeError",
    message: /unknown begin with bert\.: see checkpointPart$/,
  });
});

test("what does not fit is listed, and what cannot be said is not written", () => {
  const tensors = writeBert(someModel());
  tensors.delete("pooler.dense.bias");
  tensors.set("pooler.dense.weight", tensors.get("encoder.layer.0.output.dense.weight")!);
  assert.throws(() => readBert(tensors, config), {
    name: "RangeError",
    message:
      "readBert: the checkpoint must hold exactly this model's tensors; got 2 that do not fit:\n" +
      "  pooler.dense.weight must be [6, 6]; got [6, 7]\n  missing pooler.dense.bias [6]",
  });
  const model = someModel();
  const embedding = new TokenEmbedding({ ...model.embedding, pad: 1 });
  assert.throws(() => writeBert(new Bert({ ...model, embedding })), {
    name: "RangeError",
    message: "writeBert: embedding.pad must be absent to have published names; got 1",
  });
});
