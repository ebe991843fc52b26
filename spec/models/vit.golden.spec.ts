import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { ViT } from "../../lib/models/vit.ts";
import type { ViTConfig } from "../../lib/models/vit-counts.ts";
import { assertEverySwapShows, assertSameTensors, passes } from "../support/published-weights.ts";
import { fuseHeads } from "../../lib/attention/heads.ts";
import { golden } from "../support/golden.ts";
import { publishedWeights, throughFile } from "../support/published-weights.ts";
import { readViT, writeViT } from "../../lib/checkpoints/vit-checkpoint.ts";

const huggingFace = golden("vit", "tiny_hf_12x20_L2_E12");
const huggingFaceConfig: ViTConfig = {
  ...{ height: 12, width: 20, channels: 3, patch: 4, d_model: 12, heads: 3, depth: 2, d_hidden: 18 },
  ...{ classes: 5, eps: 1e-12 },
};
const timm = golden("vit", "tiny_timm_15x10_L2_E8");
const timmConfig: ViTConfig = {
  ...{ height: 15, width: 10, channels: 1, patch: 5, d_model: 8, heads: 2, depth: 2, d_hidden: 12 },
  ...{ classes: 4, eps: 1e-6 },
};

/** Outputs, logits and every map of image b are the published ones. */
function assertPublished(g: GoldenCase, model: ViT, b: number): void {
  const maps = new Map<string, readonly Matrix[]>();
  const image = Array.from({ length: model.embedding.channels }, (_, c) => g.slice("in.image", b, c));
  const Y = model.forward(image, { onWeights: (name, heads) => maps.set(name, heads) });
  g.assertSlice(Y, "out.y", b);
  assert.deepEqual([...maps.keys()], ["blocks[0].self", "blocks[1].self"]);
  [...maps.values()].forEach((heads, l) => heads.forEach((A, m) => g.assertSlice(A, "out.maps", b, l, m)));
  const classes = model.head!.b.cols;
  const logits = g.slice("out.logits").data.subarray(classes * b, classes * (b + 1));
  model.logits(Y).data.forEach((x, c) => {
    assert.ok(
      Math.abs(x - logits[c]!) <= g.atol,
      `logits[${b}, ${c}]: got ${x}, expected ${logits[c]}`,
    );
  });
}

/** Key biases show in no output, since the softmax is the same without them: they are compared by name. */
function assertKeyBiases(model: ViT, weights: ReadonlyMap<string, Tensor>): void {
  model.blocks.forEach(({ attention }, l) => {
    const published = weights.get(`encoder.layer.${l}.attention.attention.key.bias`)!;
    assert.deepEqual(
      fuseHeads(attention.heads).b_K!.data,
      published.data,
      `key biases of layer ${l}`,
    );
  });
}

test("golden vit tiny_hf_12x20_L2_E12: outputs, logits and every map, by Hugging Face's names", () => {
  const weights = publishedWeights(huggingFace);
  const model = readViT(throughFile(weights), huggingFaceConfig);
  for (const b of [0, 1]) assertPublished(huggingFace, model, b);
  assertKeyBiases(model, weights);
  assertSameTensors(writeViT(model), weights);
  assertEverySwapShows(weights, (tensors) =>
    passes(() => {
      const other = readViT(tensors, huggingFaceConfig);
      assertKeyBiases(other, weights);
      assertPublished(huggingFace, other, 0);
    }),
  );
});

test("golden vit tiny_timm_15x10_L2_E8: outputs, logits and every map, by timm's names", () => {
  const weights = publishedWeights(timm);
  const model = readViT(throughFile(weights), timmConfig);
  for (const b of [0, 1]) assertPublished(timm, model, b);
  assertSameTensors(writeViT(model, "timm"), weights);
  assertEverySwapShows(weights, (tensors) =>
    passes(() => assertPublished(timm, readViT(tensors, timmConfig), 0)),
  );
});

test("both namings say the same model: what one writes the other does not change", () => {
  const model = readViT(publishedWeights(timm), timmConfig);
  assertPublished(timm, readViT(throughFile(writeViT(model, "hugging-face")), timmConfig), 1);
  const other = readViT(publishedWeights(huggingFace), huggingFaceConfig);
  assertPublished(huggingFace, readViT(throughFile(writeViT(other, "timm")), huggingFaceConfig), 1);
});
