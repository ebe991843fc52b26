import assert from "node:assert/strict";
import test from "node:test";
import type { CrossViTConfig } from "../../lib/models/cross-vit-counts.ts";
import type { Dtype } from "../../lib/checkpoints/tensor-items.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { CheckpointReader } from "../../lib/checkpoints/checkpoint-reader.ts";
import { CrossViT, crossViTStage } from "../../lib/models/cross-vit.ts";
import { golden } from "../support/golden.ts";
import { readCrossViT, takeCrossViTStage } from "../../lib/checkpoints/cross-vit-checkpoint.ts";

/** The case's parameters under their published names, without the "w." before them. */
function weightsOf(g: GoldenCase): Map<string, Tensor> {
  const names = Object.keys(JSON.parse(g.metadata["tensors"]!) as Record<string, Dtype>).filter((name) =>
    name.startsWith("w."),
  );
  assert.ok(names.length > 20, `the case has ${names.length} weights`);
  return new Map(names.map((name) => [name.slice(2), g.tensor(name)]));
}

const imageOf = (g: GoldenCase, batch: number): Matrix[] =>
  [0, 1, 2].map((c) => g.slice("in.image", batch, c));

test("the published stage: one and two blocks, then both fusions", () => {
  const g = golden("crossvit", "multi_scale_block");
  const branches = [
    { image: 4, patch: 1, d_model: 8, heads: 2, depth: 1, d_hidden: 16 },
    { image: 2, patch: 1, d_model: 12, heads: 3, depth: 2, d_hidden: 24 },
  ] as const;
  const reader = new CheckpointReader("spec", weightsOf(g));
  const stage = takeCrossViTStage(reader, "", { channels: 1, classes: 1, stages: 1, branches });
  reader.finish();
  for (const batch of [0, 1]) {
    const y = crossViTStage(stage, [g.slice("in.x0", batch), g.slice("in.x1", batch)]);
    g.assertSlice(y[0], "out.y0", batch);
    g.assertSlice(y[1], "out.y1", batch);
  }
});

test("the published model from pixels to logits", () => {
  const g = golden("crossvit", "tiny_full_model");
  const branches = [
    { image: 24, patch: 6, d_model: 12, heads: 3, depth: 1, d_hidden: 24 },
    { image: 24, patch: 12, d_model: 16, heads: 4, depth: 2, d_hidden: 32 },
  ] as const;
  const config: CrossViTConfig = { channels: 3, classes: 7, stages: 1, branches };
  const model = new CrossViT(readCrossViT(weightsOf(g), config));
  for (const batch of [0, 1]) {
    const features = model.features(imageOf(g, batch));
    features.forEach((c, b) => {
      const expected = g.slice(`out.cls${b}`); // (2, d): one row for each image
      c.data.forEach((x, e) =>
        assert.ok(Math.abs(x - expected.data[batch * c.cols + e]!) <= g.atol, `cls${b}[${batch}, ${e}]`),
      );
    });
    const logits = model.forward(imageOf(g, batch));
    const expected = g.slice("out.logits");
    assert.equal(logits.cols, expected.cols);
    logits.data.forEach((x, c) =>
      assert.ok(Math.abs(x - expected.data[batch * 7 + c]!) <= g.atol, `logits[${batch}, ${c}]: ${x}`),
    );
  }
});
