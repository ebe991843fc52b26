import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import type { CrossViTConfig } from "../../lib/models/cross-vit-counts.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Safetensors } from "../../lib/checkpoints/safetensors.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { asMatrix, readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { crossViTConfig, crossViTCounts } from "../../lib/models/cross-vit-counts.ts";
import { gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { readCrossViT, writeCrossViT } from "../../lib/checkpoints/cross-vit-checkpoint.ts";

const config: CrossViTConfig = {
  channels: 2,
  classes: 5,
  stages: 2,
  branches: [
    { image: 8, patch: 2, d_model: 6, heads: 3, depth: 1, d_hidden: 7 },
    { image: 9, patch: 4, d_model: 8, heads: 2, depth: 2, d_hidden: 11 },
  ],
};

function someModel(sizes: CrossViTConfig): CrossViT {
  const model = CrossViT.random(sizes, randomGenerator(1));
  const draw = gaussian(randomGenerator(2));
  parameters(model).forEach((M) => M.data.forEach((_, e) => (M.data[e] = draw())));
  return model;
}

const image = [normal(8, 8, 1), normal(8, 8, 2)];

test("there and back: every number and the logits, with one and with two readings in a fusion", () => {
  for (const readings of [1, 2]) {
    const sizes = { ...config, readings };
    const model = someModel(sizes);
    const tensors = writeCrossViT(model);
    const again = readCrossViT(readSafetensors(writeSafetensors(tensors)).tensors, sizes);
    const [before, after] = [parameters(model), parameters(again)];
    assert.deepEqual([...after.keys()].sort(), [...before.keys()].sort());
    before.forEach((M, name) => assertSameBits(after.get(name)!, M, name));
    assertSameBits(again.forward(image), model.forward(image));
    assert.equal(
      [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
      crossViTCounts(sizes).total.parameters,
    );
  }
});

test("the names are the published ones, with PyTorch's shapes; a fusion's names may have an index", () => {
  const model = someModel(config);
  const tensors = writeCrossViT(model);
  const shape = (name: string): readonly number[] => tensors.get(name)!.shape;
  assert.deepEqual(shape("patch_embed.1.proj.weight"), [8, 2, 4, 4]);
  assert.deepEqual(shape("pos_embed.0"), [1, 17, 6]);
  assert.deepEqual(shape("cls_token.1"), [1, 1, 8]);
  assert.deepEqual(shape("blocks.1.blocks.1.1.attn.qkv.weight"), [24, 8]);
  assert.deepEqual(shape("blocks.0.projs.0.2.weight"), [8, 6]);
  assert.deepEqual(shape("blocks.0.fusion.0.attn.wq.weight"), [8, 8]);
  assert.deepEqual(shape("blocks.0.revert_projs.0.2.weight"), [6, 8]);
  assert.deepEqual(shape("head.1.weight"), [5, 8]);
  const indexed = new Map(
    [...tensors].map(([name, tensor]) => [name.replace(/(fusion\.\d)\./, "$1.0."), tensor]),
  );
  assertSameBits(readCrossViT(indexed, config).forward(image), model.forward(image));
});

test("one error lists everything that is missing, misshapen or left over", () => {
  const tensors = writeCrossViT(someModel(config));
  tensors.delete("norm.1.bias");
  tensors.set("head.0.bias", { dtype: "F32", shape: [4], data: new Float32Array(4) });
  tensors.set("optimizer", { dtype: "F32", shape: [1], data: new Float32Array(1) });
  const message =
    "readCrossViT: the checkpoint must hold exactly this model's tensors; got 3 that do not fit:\n  " +
      "missing norm.1.bias [8]\n  head.0.bias must be [5]; got [4]\n  unknown optimizer [1]";
  assert.throws(() => readCrossViT(tensors, config), { name: "RangeError", message });
  assert.throws(() => readCrossViT(tensors, { ...config, head: "joined" }), {
    name: "RangeError",
    message: 'readCrossViT: config.head must be "averaged" in these names; got "joined"',
  });
  assert.throws(() => writeCrossViT(someModel({ ...config, head: "joined" })), {
    name: "RangeError",
    message: "writeCrossViT: model.heads must be two to have published names; got 1",
  });
  assert.throws(() => writeCrossViT(someModel({ ...config, projection: "linear" })), {
    name: "RangeError",
    message: /projs\.0 must begin with a norm/,
  });
  assert.equal(crossViTConfig("Ti").classes, 1000);
});

const dataFile = (name: string): Safetensors =>
  readSafetensors(readFileSync(new URL(name, new URL("../../scripts/data/", import.meta.url))));

test("the trained digits: twenty rows of logits within 1e-4 of the largest, every prediction equal", () => {
  const branches = [
    { image: 28, patch: 4, d_model: 32, heads: 2, depth: 1, d_hidden: 64 },
    { image: 28, patch: 7, d_model: 64, heads: 4, depth: 2, d_hidden: 128 },
  ] as const;
  const model = readCrossViT(dataFile("digits-crossvit.safetensors").tensors, {
    channels: 1,
    classes: 10,
    stages: 1,
    branches,
  });
  const samples = dataFile("digits-samples.safetensors").tensors;
  const pixels = samples.get("images")!.data;
  const expected = asMatrix(samples.get("logits_of_rounded_images")!);
  const largest = expected.data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  const argmax = (row: ArrayLike<number>): number => Array.from(row).indexOf(Math.max(...Array.from(row)));
  let right = 0;
  for (let n = 0; n < 20; n++) {
    const digit: Matrix = matrix(
      28,
      28,
      Array.from(pixels.subarray(784 * n, 784 * (n + 1)), (grey) => (grey / 255 - 0.1307) / 0.3081),
    );
    const logits = model.forward([digit]).data;
    const row = expected.data.subarray(10 * n, 10 * (n + 1));
    row.forEach((x, c) =>
      assert.ok(
        Math.abs(logits[c]! - x) <= 1e-4 * largest,
        `digit ${n}, logit ${c}: got ${logits[c]}, expected ${x}`,
      ),
    );
    assert.equal(argmax(logits), argmax(row));
    if (argmax(logits) === samples.get("labels")!.data[n]) right++;
  }
  assert.ok(right >= 18, `${right} of 20 are what their label says`);
});
