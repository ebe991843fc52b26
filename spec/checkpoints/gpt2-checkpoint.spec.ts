import assert from "node:assert/strict";
import test from "node:test";
import type { Gpt2Config } from "../../lib/models/gpt2-counts.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { lazyTensor } from "../../lib/checkpoints/safetensors.ts";
import { normal } from "../support/values.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readGpt2, writeGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { throughFile } from "../support/published-weights.ts";

const config: Gpt2Config = {
  ...{ vocabulary: 11, positions: 8, d_model: 6, heads: 3, depth: 2, d_hidden: 7, eps: 1e-5 },
};

function someModel(): Gpt2 {
  const model = Gpt2.random(config, randomGenerator(1));
  let seed = 2;
  parameters(model).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return model;
}

/** The file of a GPT2LMHeadModel: a prefix, and the tied table again. */
function languageModel(model: Gpt2): Map<string, Tensor> {
  const tensors = writeGpt2(model);
  const file = new Map([...tensors].map(([name, tensor]) => [`transformer.${name}`, tensor]));
  return file.set("lm_head.weight", tensors.get("wte.weight")!);
}

test("there and back through a file: every number, and no number more", () => {
  const model = someModel();
  const tensors = throughFile(writeGpt2(model));
  assert.equal(
    [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
    gpt2Counts(config, 1).total.parameters,
  );
  assert.deepEqual(parameters(readGpt2(tensors, config)), parameters(model));
  const { data, shape } = tensors.get("h.0.mlp.c_fc.weight")!;
  assert.deepEqual(shape, [6, 7]);
  assert.deepEqual(data, model.blocks[0]!.feedForward.W_1.data, "(in, out), not transposed");
});

test("published files: masks among the tensors, a prefix, and a tied head", () => {
  const model = someModel();
  const masked = writeGpt2(model);
  const mask = lazyTensor({ name: "mask", dtype: "U8", shape: [1, 1, 8, 8] }, () => assert.fail("not read"));
  for (const l of [0, 1]) {
    masked
      .set(`h.${l}.attn.bias`, mask)
      .set(`h.${l}.attn.masked_bias`, { ...masked.get("ln_f.bias")!, shape: [6] });
  }
  assert.deepEqual(parameters(readGpt2(masked, config)), parameters(model));
  assert.deepEqual(parameters(readGpt2(languageModel(model), config)), parameters(model));
  const untied = languageModel(model);
  const data = untied.get("lm_head.weight")!.data.slice() as Float32Array;
  data[17]! += 1;
  untied.set("lm_head.weight", { dtype: "F32", shape: [11, 6], data });
  assert.throws(() => readGpt2(untied, config), {
    name: "RangeError",
    message: "readGpt2: lm_head.weight must be wte.weight again; got other numbers",
  });
});

test("what does not fit is listed: (out, in) storage among it", () => {
  const tensors = writeGpt2(someModel());
  tensors.set("h.1.attn.c_attn.weight", { ...tensors.get("h.1.attn.c_attn.weight")!, shape: [18, 6] });
  tensors.delete("ln_f.weight");
  assert.throws(() => readGpt2(tensors, config), {
    name: "RangeError",
    message:
      "readGpt2: the checkpoint must hold exactly this model's tensors; got 2 that do not fit:\n" +
      "  h.1.attn.c_attn.weight must be [6, 18]; got [18, 6]\n  missing ln_f.weight [6]",
  });
  assert.throws(
    () => readGpt2(tensors, { ...config, heads: 4 }),
    /^RangeError: readGpt2: config\.d_model/,
  );
});
