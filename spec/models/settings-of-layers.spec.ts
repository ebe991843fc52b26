import assert from "node:assert/strict";
import test from "node:test";
import { BigBird } from "../../lib/models/big-bird.ts";
import { Cat } from "../../lib/models/cat.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { bigBirdCounts, bigBirdPairs } from "../../lib/models/big-bird-counts.ts";
import { catCounts } from "../../lib/models/cat-counts.ts";
import { crossViTCounts, crossViTPairs } from "../../lib/models/cross-vit-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readBigBird, writeBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { readCat, writeCat } from "../../lib/checkpoints/cat-checkpoint.ts";
import { readCrossViT, writeCrossViT } from "../../lib/checkpoints/cross-vit-checkpoint.ts";

// Settings of single layers: a configuration says them, counts and fresh models follow it, and a model that has
// them goes through a file and back.
test("CrossViT: a number of blocks for each stage", () => {
  const branch = { image: 4, patch: 2, d_model: 4, heads: 2, d_hidden: 3 };
  const config = {
    channels: 1,
    classes: 2,
    stages: 3,
    branches: [{ ...branch, depth: [2, 0, 1] }, { ...branch, patch: 4, depth: 1 }],
  } as const;
  const model = CrossViT.random(config, randomGenerator(1));
  assert.deepEqual(model.stages.map(({ encoders }) => encoders.map(({ length }) => length)), [[2, 1], [0,
    1], [1, 1]]);
  assert.equal(crossViTCounts(config).total.parameters, parameterCount(model));
  assert.equal(crossViTPairs(config).encoders, 3 * 25 + 3 * 4);
  const image = [normal(4, 4, 2)];
  assertSameBits(readCrossViT(writeCrossViT(model), config).forward(image), model.forward(image));
  const short = { ...config, stages: 2 };
  assert.throws(() => CrossViT.random(short, randomGenerator(1)), {
    name: "RangeError",
    message: "CrossViT.random: config.branches[0].depth.length must be an integer in [2, 2]; got 3",
  });
});

test("CAT: without learned positions", () => {
  const sizes = { height: 8, width: 8, channels: 1, patch: 2, d_model: 4, tile: 2, ratio: 1, classes: 2 };
  const config = { ...sizes, depths: [1, 1], heads: [1, 2], positions: false };
  const model = Cat.random(config, randomGenerator(1));
  assert.equal(model.positions, undefined);
  assert.equal(catCounts(config).total.parameters, parameterCount(model));
  const placed = { ...config, positions: true };
  assert.equal(catCounts(placed).total.parameters - catCounts(config).total.parameters, 16 * 4);
  const image = [normal(8, 8, 2)];
  const tensors = writeCat(model);
  assert.ok(!tensors.has("ape"), "no positions are written");
  assertSameBits(readCat(tensors, config).forward(image), model.forward(image));
  assert.throws(() => readCat(tensors, placed), { name: "RangeError", message: /ape/ });
  assert.throws(() => readCat(writeCat(Cat.random(placed, randomGenerator(1))), config), { message: /ape/ });
  assert.throws(() => catCounts({ ...config, positions: "no" as never }), { name: "TypeError" });
});

test("BigBird: a pattern for each block", () => {
  const text = { vocabulary: 5, positions: 9, types: 2, d_model: 4, heads: 2, depth: 2, d_hidden: 3,
    eps: 1e-5 };
  const pattern = [{ block: 1, radius: 2, random: 0 }, { block: 2, radius: 0, random: 1 }];
  const config = { ...text, pooler: false, activation: "gelu", pattern, seed: 3 } as const;
  const model = BigBird.random(config, randomGenerator(1));
  assert.deepEqual(model.blocks.map(({ attention }) => attention.pattern), pattern);
  const counted = bigBirdCounts(config, 8).blocks.multiplyAdds;
  const alike = (l: number): number => bigBirdCounts({ ...config, pattern: pattern[l]! },
    8).blocks.multiplyAdds;
  assert.equal(2 * counted, alike(0) + alike(1));
  assert.notEqual(bigBirdPairs(8, pattern[0]), bigBirdPairs(8, pattern[1]));
  const tokens = [1, 2, 3, 4, 0, 1, 2, 3];
  assertSameBits(readBigBird(writeBigBird(model), config).forward(tokens), model.forward(tokens));
  assert.throws(() => BigBird.random({ ...config, depth: 3 }, randomGenerator(1)), {
    message: "BigBird.random: config.pattern.length must be an integer in [3, 3]; got 2",
  });
  assert.throws(() => BigBird.random({ ...config, pattern: [{}, { radom: 0 } as never] },
    randomGenerator(1)), {
    name: "TypeError",
  });
});
