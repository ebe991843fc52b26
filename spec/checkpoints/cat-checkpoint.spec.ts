import assert from "node:assert/strict";
import test from "node:test";
import type { CatConfig } from "../../lib/models/cat-counts.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { Cat } from "../../lib/models/cat.ts";
import { CheckpointReader } from "../../lib/checkpoints/checkpoint-reader.ts";
import { assertClose, assertSameBits, normal } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readCat, readStage, writeCat } from "../../lib/checkpoints/cat-checkpoint.ts";
import { readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";

const SMALL: CatConfig = {
  height: 24,
  width: 24,
  channels: 3,
  patch: 4,
  d_model: 6,
  depths: [1, 1],
  heads: [3, 2],
  tile: 3,
  ratio: 2,
  classes: 4,
};

/** The parameters of a golden file under their published names. */
function published(g: GoldenCase): Map<string, Tensor> {
  const names = Object.keys(JSON.parse(g.metadata["tensors"]!) as object).filter((name) =>
    name.startsWith("w."),
  );
  return new Map(names.map((name) => [name.slice(2), g.tensor(name)]));
}

test("the published tiny model: its tensors by its names, its logits", () => {
  const g = golden("cat", "tiny_full_model");
  const cat = readCat(published(g), SMALL);
  const logits = cat.forward([0, 1, 2].map((c) => g.slice("in.image", 0, c)));
  g.assertSlice(logits, "out.logits");
  assertClose(logits, g.slice("out.logits"), 1e-6);
});

test("the published stage of one unit, without merging", () => {
  const g = golden("cat", "layer_depth1");
  const reader = new CheckpointReader(
    "readStage",
    new Map([...published(g)].map(([name, tensor]) => [`layers.0.${name}`, tensor])),
  );
  const stage = readStage(
    reader,
    "layers.0",
    { H: 4, W: 6, C: 6, p: 2, heads: 2, depth: 1, merged: false },
    2,
  );
  reader.finish();
  for (const b of [0, 1]) {
    const Y = stage.forward(g.slice("in.x", b), [4, 6]);
    g.assertSlice(Y, "out.y", b);
    assertClose(Y, g.slice("out.y", b), 1e-6);
  }
});

test("written and read back: the published names and shapes, the same numbers, through a file", () => {
  const original = published(golden("cat", "tiny_full_model"));
  const again = writeCat(readCat(original, SMALL));
  assert.deepEqual([...again.keys()].sort(), [...original.keys()].sort());
  original.forEach(({ shape, data }, name) => {
    assert.deepEqual(again.get(name)!.shape, shape, name);
    assert.deepEqual(Array.from(again.get(name)!.data), Array.from(data), name);
  });
  assert.equal(
    again.get("layers.0.pre_ipsa_blocks.0.attn.relative_position_index")!.dtype,
    "I64",
    "as the published files have it",
  );
  const cat = Cat.random(SMALL, randomGenerator(1));
  const { tensors } = readSafetensors(writeSafetensors(writeCat(cat)));
  const image = [1, 2, 3].map((seed) => normal(24, 24, seed));
  assertSameBits(readCat(tensors, SMALL).forward(image), cat.forward(image));
});

test("the indices of relative positions may be left out, but not say something else", () => {
  const tensors = published(golden("cat", "tiny_full_model"));
  const bare = new Map([...tensors].filter(([name]) => !name.endsWith("relative_position_index")));
  assert.deepEqual(
    [...parameters(readCat(bare, SMALL)).keys()],
    [...parameters(readCat(tensors, SMALL)).keys()],
  );
  const wrong = "layers.1.post_ipsa_blocks.0.attn.relative_position_index";
  const data = Int32Array.from(tensors.get(wrong)!.data).reverse();
  assert.throws(() => readCat(new Map(tensors).set(wrong, { dtype: "I32", shape: [9, 9], data }), SMALL), {
    name: "RangeError",
    message:
      `readCat: every relative_position_index must number the table's rows by relative place; got ` +
      `other numbers in:\n  ${wrong}`,
  });
});

test("one error lists everything that is missing, misshapen or unknown", () => {
  const tensors = published(golden("cat", "tiny_full_model"));
  tensors.delete("ape");
  tensors.set("head.weight", tensors.get("norm.weight")!);
  tensors.set("head.dist", tensors.get("norm.weight")!);
  assert.throws(() => readCat(tensors, SMALL), {
    name: "RangeError",
    message:
      "readCat: the checkpoint must hold exactly this model's tensors; got 3 that do not fit:\n" +
      "  missing ape [1, 36, 6]\n  head.weight must be [4, 12]; got [12]\n  unknown head.dist [12]",
  });
});

test("a model without what the names need cannot be written", () => {
  const cat = Cat.random(SMALL, randomGenerator(1));
  const headless = new Cat({ ...cat, norm: new (cat.norm.constructor as new () => Cat["norm"])() });
  assert.throws(() => writeCat(headless), {
    name: "RangeError",
    message: "writeCat: norm.weight must be there; got a model without it",
  });
});
