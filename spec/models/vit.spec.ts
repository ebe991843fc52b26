import assert from "node:assert/strict";
import test from "node:test";
import type { ViTConfig } from "../../lib/models/vit-counts.ts";
import { ViT } from "../../lib/models/vit.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";

const config: ViTConfig = {
  ...{ height: 4, width: 8, channels: 2, patch: 2, d_model: 6, heads: 3, depth: 2, d_hidden: 7 },
  ...{ classes: 5, eps: 1e-6 },
};
const model = ViT.random(config, randomGenerator(1));
const image = [normal(4, 8, 1), normal(4, 8, 2)];

test("the model is its parts in a row, and onWeights is called with every layer's maps", () => {
  const names: string[] = [];
  const Y = model.forward(image, {
    onWeights: (name, heads) => names.push(`${name} ${heads.length} of ${heads[0]!.rows}`),
  });
  let X = add(concatRows([model.cls, model.embedding.forward(image)]), model.positions);
  for (const block of model.blocks) X = block.forward(X);
  assertSameBits(Y, model.norm.forward(X));
  assert.deepEqual([Y.rows, Y.cols], [1 + 8, 6]);
  assert.deepEqual([model.logits(Y).rows, model.logits(Y).cols], [1, 5]);
  assert.deepEqual(names, ["blocks[0].self 3 of 9", "blocks[1].self 3 of 9"]);
});

test("DeiT: a second token before the patches, and the mean of two classifiers; a pooler stands beside", () => {
  const deit = ViT.random({ ...config, distillation: "classifier", pooler: true }, randomGenerator(2));
  const { cls, distillation, positions, embedding, blocks, norm, head, distillationHead, pooler } = deit;
  distillationHead!.b.data.set([1, 2, 3, 4, 5]);
  const Y = deit.forward(image);
  let X = add(concatRows([cls, distillation!, embedding.forward(image)]), positions);
  for (const block of blocks) X = block.forward(X);
  assertSameBits(Y, norm.forward(X));
  const [a, b] = [head!, distillationHead!].map(({ W, b }, t) => linear(sliceRows(Y, t, t + 1), W, b));
  const logits = deit.logits(Y);
  logits.data.forEach((x, c) => assert.equal(x, Math.fround((a!.data[c]! + b!.data[c]!) / 2), `class ${c}`));
  const y = pooler!.forward(Y);
  y.data.forEach((x, c) => {
    let sum = pooler!.b!.data[c]!;
    for (let d = 0; d < 6; d++) sum += Y.data[d]! * pooler!.W.data[d * 6 + c]!;
    assert.ok(Math.abs(x - Math.tanh(sum)) < 1e-6, `feature ${c}`);
  });
  // The token alone: the class token's classifier speaks for itself.
  const token = ViT.random({ ...config, distillation: "token" }, randomGenerator(3));
  const own = token.forward(image);
  assertSameBits(token.logits(own), linear(sliceRows(own, 0, 1), token.head!.W, token.head!.b));
  assert.equal(own.rows, 2 + 8);
  // Exchanged tokens are another model.
  const turned = new ViT({ ...deit, cls: distillation!, distillation: cls });
  assert.notDeepEqual(turned.forward(image).data, Y.data);
});

test("an image of another size is refused, also where its number of patches fits", () => {
  for (const [rows, cols] of [
    [8, 4],
    [2, 16],
    [4, 9],
    [5, 8],
  ] as const) {
    assert.throws(() => model.forward([matrix(rows, cols), matrix(rows, cols)]), {
      name: "RangeError",
      message: `ViT.forward: image[0] must be (4, 8); got (${rows}, ${cols})`,
    });
  }
});

test("messages", () => {
  const says = (run: () => unknown, name: string, message: string): void =>
    assert.throws(run, { name, message });
  const bare = ViT.random({ ...config, classes: 0 }, randomGenerator(1));
  says(
    () => bare.logits(bare.forward(image)),
    "RangeError",
    "ViT.logits: the model must have a head; got none",
  );
  says(() => model.logits(matrix(8, 6)), "RangeError", "ViT.logits: Y must be (9, 6); got (8, 6)");
  says(
    () => model.forward([matrix(4, 8)]),
    "RangeError",
    "ViT.forward: image.length must be an integer in [2, 2]; got 1",
  );
  says(
    () => model.forward(image, { allow: () => true } as never),
    "TypeError",
    "ViT.forward: options must be a record { onWeights }; got allow",
  );
  says(
    () => new ViT({ ...model, image: [4, 7] }),
    "RangeError",
    "ViT: image must be filled by patches of 2 × 2; got 4 × 7",
  );
  says(() => new ViT({ ...model, image: [4, 6] }), "RangeError", "ViT: positions must be (7, 6); got (9, 6)");
  says(
    () => new ViT({ ...model, head: { W: matrix(6, 5), b: matrix(1, 4) } }),
    "RangeError",
    "ViT: head.b must be (1, 5); got (1, 4)",
  );
  says(
    () => new ViT({ ...model, distillationHead: model.head! }),
    "RangeError",
    "ViT: distillationHead must come with distillation and head; got it without one of them",
  );
  says(
    () => new ViT({ ...model, distillation: matrix(1, 6) }),
    "RangeError",
    "ViT: positions must be (10, 6); got (9, 6)",
  );
  says(
    () => new ViT({ ...model, pooler: matrix(6, 6) as never }),
    "TypeError",
    "ViT: pooler must be an object with a forward(); got Object",
  );
});
