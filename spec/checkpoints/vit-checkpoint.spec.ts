import assert from "node:assert/strict";
import test from "node:test";
import type { ViTConfig } from "../../lib/models/vit-counts.ts";
import { ViT } from "../../lib/models/vit.ts";
import { normal } from "../support/values.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readViT, writeViT } from "../../lib/checkpoints/vit-checkpoint.ts";
import { throughFile } from "../support/published-weights.ts";
import { vitCounts } from "../../lib/models/vit-counts.ts";

const config: ViTConfig = {
  ...{ height: 4, width: 8, channels: 2, patch: 2, d_model: 6, heads: 3, depth: 2, d_hidden: 7 },
  ...{ classes: 5, eps: 1e-6 },
};

function someModel(change: Partial<ViTConfig> = {}): ViT {
  const model = ViT.random({ ...config, ...change }, randomGenerator(1));
  let seed = 2;
  parameters(model).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return model;
}

test("there and back under both namings, with a head and without: every number, and no number more", () => {
  for (const naming of ["hugging-face", "timm"] as const) {
    for (const classes of [5, 0]) {
      const model = someModel({ classes });
      const tensors = throughFile(writeViT(model, naming));
      assert.equal(
        [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
        vitCounts({ ...config, classes }).total.parameters,
      );
      assert.deepEqual(
        parameters(readViT(tensors, { ...config, classes })),
        parameters(model),
        naming,
      );
    }
  }
});

test("DeiT's token and its classifier, and a pooler, under their published names", () => {
  const names = (tensors: ReadonlyMap<string, unknown>): string[] => [...tensors.keys()];
  for (const change of [{ distillation: "classifier" }, { distillation: "token" }, { pooler: true }] as const) {
    for (const naming of ["hugging-face", "timm"] as const) {
      if (naming === "timm" && "pooler" in change) continue;
      const model = someModel(change);
      const tensors = throughFile(writeViT(model, naming));
      assert.deepEqual(parameters(readViT(tensors, { ...config, ...change })), parameters(model), naming);
      if (naming === "timm") continue;
      const behind = new Map(
        [...tensors].map(([name, tensor]) => [/classifier/.test(name) ? name : `deit.${name}`, tensor]),
      );
      assert.deepEqual(parameters(readViT(behind, { ...config, ...change })), parameters(model), "deit.");
    }
  }
  const deit = someModel({ distillation: "classifier" });
  const has = (tensors: ReadonlyMap<string, unknown>, ...wanted: string[]): void =>
    wanted.forEach((name) => assert.ok(tensors.has(name), `${name} among ${names(tensors).join(" ")}`));
  has(writeViT(deit, "timm"), "dist_token", "head_dist.weight", "head_dist.bias", "head.weight");
  has(writeViT(deit), "embeddings.distillation_token", "cls_classifier.weight", "distillation_classifier.bias");
  has(writeViT(someModel({ pooler: true })), "pooler.dense.weight", "classifier.weight");
  assert.throws(() => writeViT(someModel({ pooler: true }), "timm"), {
    name: "RangeError",
    message: "writeViT: pooler must be absent to have timm's names; got one",
  });
});

test('a whole file of Hugging Face: "vit." before all names but the classifier\'s', () => {
  const model = someModel();
  const file = new Map(
    [...writeViT(model)].map(([name, tensor]) => [/^classifier/.test(name) ? name : `vit.${name}`, tensor]),
  );
  assert.deepEqual(parameters(readViT(file, config)), parameters(model));
});

test("what does not fit is listed: another size of images, a head that is not in the configuration", () => {
  const tensors = writeViT(someModel(), "timm");
  assert.throws(() => readViT(tensors, { ...config, height: 8, classes: 0 }), {
    name: "RangeError",
    message:
      "readViT: the checkpoint must hold exactly this model's tensors; got 3 that do not fit:\n" +
      "  pos_embed must be [1, 17, 6]; got [1, 9, 6]\n  unknown head.weight [5, 6]\n  unknown head.bias [5]",
  });
  assert.throws(() => writeViT(someModel(), "torch" as never), {
    name: "RangeError",
    message: 'writeViT: naming must be "hugging-face" or "timm"; got torch',
  });
});
