import assert from "node:assert/strict";
import test from "node:test";
import type { LongformerConfig } from "../../lib/models/longformer-counts.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { SparseBlock } from "../../lib/layers/sparse-block.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { longformerCounts, longformerPairs } from "../../lib/models/longformer-counts.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readLongformer, writeLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { throughFile } from "../support/published-weights.ts";

const config: LongformerConfig = {
  vocabulary: 11,
  positions: 16,
  types: 2,
  pad: 1,
  d_model: 6,
  heads: 2,
  depth: 2,
  d_hidden: 7,
  radius: 1,
  activation: "gelu",
  eps: 1e-5,
  pooler: true,
};

function someModel(change: Partial<LongformerConfig> = {}): Longformer {
  const model = Longformer.random({ ...config, ...change }, randomGenerator(1));
  let seed = 2;
  parameters(model).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return model;
}

test("there and back through a file: every number, the rows and the pooled row, to the bit", () => {
  for (const pooler of [true, false]) {
    const model = someModel({ pooler });
    const tensors = throughFile(writeLongformer(model));
    assert.equal(
      [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
      longformerCounts({ ...config, pooler }, 1).total.parameters,
    );
    const again = readLongformer(tensors, { ...config, pooler });
    assert.deepEqual(parameters(again), parameters(model));
    const text = { types: [0, 1, 1, 0, 1], globals: [0], real: [true, true, true, true, false] };
    const Y = model.forward([4, 2, 9, 3, 1], text);
    assertSameBits(again.forward([4, 2, 9, 3, 1], text), Y);
    if (pooler) assertSameBits(again.pooler!.forward(Y), model.pooler!.forward(Y));
  }
});

test("radii of single layers: a list in the configuration is read, counted and written", () => {
  const change = { radius: [1, 3] };
  const model = someModel(change);
  assert.deepEqual(
    model.blocks.map(({ attention }) => attention.radius),
    [1, 3],
  );
  const tokens = [4, 2, 9, 3, 7, 5, 8];
  const Y = model.forward(tokens);
  const tensors = throughFile(writeLongformer(model));
  assertSameBits(readLongformer(tensors, { ...config, ...change }).forward(tokens), Y);
  assert.notDeepEqual(
    readLongformer(tensors, { ...config, radius: [1, 1] }).forward(tokens).data,
    Y.data,
  );
  const same = longformerCounts({ ...config, radius: [2, 2] }, 7, [0]);
  assert.deepEqual(same, longformerCounts({ ...config, radius: 2 }, 7, [0]));
  const wider = longformerCounts({ ...config, radius: [2, 3] }, 7, [0]).total.multiplyAdds;
  const pairs = longformerPairs(7, 3, [0]) - longformerPairs(7, 2, [0]);
  assert.equal(wider - same.total.multiplyAdds, 2 * config.d_model * pairs);
  for (const [radius, message] of [
    [[1], "config.radius.length must be an integer in [2, 2]; got 1"],
    [[1, -1], "config.radius[1] must be an integer ≥ 0; got -1"],
    [[1, 1.5], "config.radius[1] must be an integer ≥ 0; got 1.5"],
  ] as const) {
    assert.throws(() => readLongformer(tensors, { ...config, radius }), {
      name: "RangeError",
      message: `readLongformer: ${message}`,
    });
  }
});

test("the names are the published ones, local and global projections apart", () => {
  const tensors = writeLongformer(someModel());
  assert.deepEqual(tensors.get("encoder.layer.1.attention.self.value_global.weight")!.shape, [6, 6]);
  assert.deepEqual(tensors.get("encoder.layer.0.intermediate.dense.weight")!.shape, [7, 6]);
  assert.deepEqual(tensors.get("pooler.dense.weight")!.shape, [6, 6]);
  const swapped = new Map(
    [...tensors].map(([name, tensor]) => [
      name.replace(
        /self\.(\w+?)(_global)?\./,
        (_, part: string, global) => `self.${part}${global === undefined ? "_global" : ""}.`,
      ),
      tensor,
    ]),
  );
  const [model, other] = [someModel(), readLongformer(swapped, config)];
  const head = model.blocks[1]!.attention.heads[1]!;
  assert.deepEqual(other.blocks[1]!.attention.heads[1], { local: head.global, global: head.local });
});

test("a part of a checkpoint with a task's head: the rest is left aside on purpose", () => {
  const tensors = writeLongformer(someModel());
  const whole = new Map([...tensors].map(([name, tensor]) => [`longformer.${name}`, tensor]));
  whole.set("lm_head.bias", tensors.get("encoder.layer.0.output.dense.bias")!);
  assert.deepEqual(
    parameters(readLongformer(checkpointPart(whole, "longformer."), config)),
    parameters(someModel()),
  );
  assert.throws(() => readLongformer(whole, config), {
    name: "RangeError",
    message: /got 103 that do not fit[^]*\n {2}51 of the 52 unknown begin with longformer\.: see checkpointPart$/,
  }); // 5 + 2 · 22 + 2 missing, as many and one unknown
});

test("a checkpoint that is truncated, renamed or mixed up is refused with the full list", () => {
  const bytes = writeSafetensors(writeLongformer(someModel()));
  assert.throws(() => readSafetensors(bytes.subarray(0, bytes.length - 4)), {
    name: "RangeError",
    message: /^readSafetensors: /,
  });
  const tensors = writeLongformer(someModel());
  const network = "encoder.layer.1.intermediate.dense.weight";
  tensors.set(network, tensors.get("encoder.layer.1.output.dense.weight")!);
  tensors.set(
    "encoder.layer.0.attention.self.query_globl.bias",
    tensors.get("encoder.layer.0.attention.self.query_global.bias")!,
  );
  tensors.delete("encoder.layer.0.attention.self.query_global.bias");
  tensors.delete("pooler.dense.bias");
  assert.throws(() => readLongformer(tensors, config), {
    name: "RangeError",
    message:
      "readLongformer: the checkpoint must hold exactly this model's tensors; got 4 that do not fit:\n" +
      "  missing encoder.layer.0.attention.self.query_global.bias [6]\n  " +
        "encoder.layer.1.intermediate.dense.weight must be [7, 6]; got [6, 7]\n" +
      "  missing pooler.dense.bias [6]\n  unknown encoder.layer.0.attention.self.query_globl.bias [6]",
  });
  const deeper = (): unknown => readLongformer(writeLongformer(someModel()), { ...config, depth: 3 });
  assert.throws(deeper, {
    name: "RangeError",
    message: /got 22 that do not fit:\n {2}missing encoder\.layer\.2\./,
  });
  assert.throws(() => readLongformer(tensors, { ...config, pad: 11 }), {
    name: "RangeError",
    message: "readLongformer: config.pad must be an integer in [0, 10]; got 11",
  });
});

test("what the names cannot say is not written", () => {
  const model = someModel();
  const changed = (change: object): Longformer => {
    const blocks = model.blocks.map(
      (block) =>
        new SparseBlock({ ...block, attention: new LongformerAttention({ ...block.attention, ...change }) }),
    );
    return new Longformer({ ...model, blocks });
  };
  const heads = model.blocks[0]!.attention.heads.map((head) => ({ ...head, dilation: 2 }));
  const says = (change: object, message: string): void =>
    assert.throws(() => writeLongformer(changed(change)), { name: "RangeError", message });
  says(
    { causal: true },
    "writeLongformer: encoder.layer.0.attention must not be causal to have published names; got causal = " +
      "true",
  );
  says(
    { heads },
    "writeLongformer: encoder.layer.0.attention.heads[0].dilation must be 1 to have published names; got 2",
  );
});
