import assert from "node:assert/strict";
import test from "node:test";
import type { ViTConfig } from "../../lib/models/vit-counts.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { ViT } from "../../lib/models/vit.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { vitConfig, vitCounts } from "../../lib/models/vit-counts.ts";

const SMALL: ViTConfig = {
  ...{ height: 6, width: 4, channels: 3, patch: 2, d_model: 6, heads: 3, depth: 2, d_hidden: 7 },
  ...{ classes: 5, eps: 1e-6 },
};

test("vit-base-patch16-224 has 85,798,656 parameters without its head; so do the others", () => {
  assert.equal(vitCounts({ ...vitConfig("B"), classes: 0 }).total.parameters, 85798656);
  // timm: vit_tiny, small, base and large _patch16_224, vit_huge_patch14_224, with 1,000 classes
  const published = [
    ["Ti", 5717416],
    ["S", 22050664],
    ["B", 86567656],
    ["L", 304326632],
    ["H", 632045800],
  ] as const;
  for (const [name, parameters] of published) {
    assert.equal(vitCounts(vitConfig(name)).total.parameters, parameters, name);
  }
  // timm: deit_{tiny,small,base}_distilled_patch16_224; google/vit-base-patch16-224-in21k with its pooler
  const distilled = { distillation: "classifier" } as const;
  assert.equal(vitCounts({ ...vitConfig("Ti"), ...distilled }).total.parameters, 5910800);
  assert.equal(vitCounts({ ...vitConfig("S"), ...distilled }).total.parameters, 22436432);
  assert.equal(vitCounts({ ...vitConfig("B"), ...distilled }).total.parameters, 87338192);
  assert.equal(vitCounts({ ...vitConfig("B"), classes: 0, pooler: true }).total.parameters, 86389248);
});

test("parameters are those of a model made, multiply-adds those of counted loops", () => {
  const changes: Partial<ViTConfig>[] = [
    {},
    { depth: 0, classes: 0 },
    { depth: 1, heads: 2, patch: 1, channels: 1 },
    { distillation: "token", classes: 0, pooler: true },
    { distillation: "classifier" },
  ];
  for (const change of changes) {
    const config = { ...SMALL, ...change };
    const { total } = vitCounts(config);
    assert.equal(total.parameters, parameterCount(ViT.random(config, randomGenerator(1))));
    const counter = new NaiveCounter();
    const { patch, channels, classes } = config;
    const n = (6 / patch) * (4 / patch);
    counter.linear(counter.rows(n, channels * patch * patch), 6);
    for (let l = 0; l < config.depth; l++) {
      const X = counter.rows((config.distillation === undefined ? 1 : 2) + n, 6);
      counter.feedForward(counter.attention(X, X, config.heads), 7);
    }
    if (classes > 0) counter.linear(counter.rows(1, 6), classes);
    if (config.distillation === "classifier") counter.linear(counter.rows(1, 6), classes);
    if (config.pooler === true) counter.linear(counter.rows(1, 6), 6);
    assert.equal(total.multiplyAdds, counter.count, JSON.stringify(change));
  }
});

test("messages", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(() => vitConfig("XL" as never), "vitConfig: name must be one of Ti, S, B, L, H; got XL");
  for (const [change, message] of [
    [{ heads: 4 }, "config.d_model must be a multiple of heads = 4; got 6"],
    [{ width: 5 }, "config.width must be a multiple of patch = 2; got 5"],
    [{ height: 1 }, "config.height must be a multiple of patch = 2; got 1"],
    [{ classes: -1 }, "config.classes must be an integer ≥ 0; got -1"],
    [{ depth: 1.5 }, "config.depth must be an integer ≥ 0; got 1.5"],
    [{ eps: 0 }, "config.eps must be a finite number > 0; got 0"],
    [{ distillation: "classifier", classes: 0 }, "config.classes must be an integer ≥ 1; got 0"],
  ] as const) {
    says(() => vitCounts({ ...SMALL, ...change }), `vitCounts: ${message}`);
    says(() => ViT.random({ ...SMALL, ...change }, randomGenerator(1)), `ViT.random: ${message}`);
  }
});
