import assert from "node:assert/strict";
import test from "node:test";
import { Bert } from "../../lib/models/bert.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { Cat } from "../../lib/models/cat.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { EncoderDecoder } from "../../lib/models/encoder-decoder.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ViT } from "../../lib/models/vit.ts";
import { attentionCounts, decoderBlockCounts, encoderBlockCounts } from "../../lib/models/counts.ts";
import { bertCounts } from "../../lib/models/bert-counts.ts";
import { bigBirdCounts } from "../../lib/models/big-bird-counts.ts";
import { catCounts } from "../../lib/models/cat-counts.ts";
import { crossViTCounts, crossViTPairs } from "../../lib/models/cross-vit-counts.ts";
import { encoderDecoderCounts } from "../../lib/models/encoder-decoder-counts.ts";
import { feedForwardCounts, normCounts } from "../../lib/models/counts.ts";
import { gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { longformerCounts } from "../../lib/models/longformer-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { vitCounts } from "../../lib/models/vit-counts.ts";

// What a model cannot have is not counted: over a grid of sizes, counts and `.random` both refuse or both accept,
// and where they accept, the number of parameters is the same.
type Sizes = Record<string, unknown>;
const random = randomGenerator(1);
const text = {
  vocabulary: 5, positions: 9, types: 2, d_model: 4, heads: 2, depth: 1, d_hidden: 3, eps: 1e-5, pooler: true,
};
const someText = { ...text, activation: "gelu" };
const branch = { image: 4, patch: 2, d_model: 4, heads: 2, depth: 1, d_hidden: 3 };
const sides = [8, 7, 12, 28, 30, 0, 4.5];
const small = [1, 2, 3, 0, -1, 1.5, NaN, "2", undefined];
const records = [undefined, {}, { block: 0 }, { radius: -1 }, { random: 1.5 }, { extra: -1 }, { block: 1,
  radius: 2 }];

interface Compared {
  readonly sizes: Sizes;
  readonly values: Record<string, readonly unknown[]>;
  counts(sizes: never): number;
  fresh(sizes: never): object;
}

const MODELS: Record<string, Compared> = {
  Cat: {
    sizes: { height: 8, width: 8, channels: 1, patch: 2, d_model: 4, tile: 2, ratio: 1, classes: 2,
      depths: [1, 1], heads: [1, 2] },
    values: {
      height: sides, width: sides, patch: [1, 2, 4, 3, 0], tile: [1, 2, 3, 7, 8, 0], d_model: [2, 4, 6, 3, 0],
      ratio: small, classes: small, channels: small, positions: [true, false, "no"],
      depths: [[1, 1], [1], [0, 2], [1, 1, 1], [], [1, 1.5], 2, "11"], heads: [[1, 2], [2, 2], [1], [3, 2],
        [0, 1], [1, 1, 1]],
    },
    counts: (sizes) => catCounts(sizes).total.parameters,
    fresh: (sizes) => Cat.random(sizes, random),
  },
  CrossViT: {
    sizes: { channels: 1, classes: 2, stages: 1, branches: [branch, branch] },
    values: {
      channels: small, classes: small, stages: small, readings: small,
      projection: ["linear", "norm-gelu-linear", "none"], head: ["joined", "averaged", "none"],
      branches: [[branch], [branch, { ...branch, heads: 3 }], [branch, { ...branch, image: 1 }], [branch,
        { ...branch, image: 5 }],
        [branch, { ...branch, depth: 0 }],
        [branch, { ...branch, depth: [2] }], [branch, { ...branch, depth: [] }], [branch, { ...branch,
          depth: [1, 2] }], [branch, { ...branch, depth: 1.5 }], [{ ...branch,
          d_hidden: 0 }, branch], 2],
    },
    counts: (sizes) => (crossViTPairs(sizes),
      crossViTCounts(sizes).total.parameters + crossViTCounts(sizes).positions * 0),
    fresh: (sizes) => CrossViT.random(sizes, random),
  },
  EncoderDecoder: {
    sizes: {
      reading: "standard", height: 4, width: 6, channels: 1, patch: 2, d_model: 4, heads: 2, d_hidden: 3,
      encoderBlocks: 1, decoderBlocks: 1, order: "pre", activation: "gelu", classes: 2,
    },
    values: {
      height: [4, 5, 0], width: [6, 7, 1.5], channels: small, patch: [1, 2, 3, 0], d_model: [4, 5, 0],
        heads: [1, 2, 3, 0],
      d_hidden: small, encoderBlocks: small, decoderBlocks: small, classes: small, order: ["pre", "post",
        "mid"],
      activation: ["relu", "gelu", "gelu-tanh", "elu"], reading: ["standard", "literal", "free"],
    },
    counts: (sizes) => encoderDecoderCounts(sizes).total.parameters,
    fresh: (sizes) => EncoderDecoder.random(sizes, random),
  },
  ViT: {
    sizes: { height: 4, width: 6, channels: 1, patch: 2, d_model: 4, heads: 2, depth: 1, d_hidden: 3,
      classes: 2, eps: 1e-6 },
    values: {
      height: [4, 5, 0], width: [6, 7], channels: small, patch: [1, 2, 3, 0], d_model: [4, 5, 0],
        heads: [1, 3, 0],
      depth: small, d_hidden: small, classes: small, eps: [1e-6, 0, NaN],
      distillation: [undefined, "token", "classifier", "none", true, null], pooler: [true, false, "no", 1, null],
    },
    counts: (sizes) => vitCounts(sizes).total.parameters,
    fresh: (sizes) => ViT.random(sizes, random),
  },
  Bert: {
    sizes: someText,
    values: textValues(),
    counts: (sizes) => bertCounts(sizes, 2).total.parameters,
    fresh: (sizes) => Bert.random(sizes, random),
  },
  "GPT-2": {
    sizes: { vocabulary: 5, positions: 9, d_model: 4, heads: 2, depth: 1, d_hidden: 3, eps: 1e-5 },
    values: { vocabulary: small, d_model: [4, 5, 0], heads: [1, 3, 0], depth: small, d_hidden: small,
      eps: [1e-5, 0, NaN] },
    counts: (sizes) => gpt2Counts(sizes, 0).total.parameters,
    fresh: (sizes) => Gpt2.random(sizes, random),
  },
  Longformer: {
    sizes: { ...someText, pad: 1, radius: 1 },
    values: { ...textValues(), pad: [0, 1, 5, -1], radius: [0, 1, 2.5, [1], [1, 2], [-1], "1"] },
    counts: (sizes) => longformerCounts(sizes, 2).total.parameters,
    fresh: (sizes) => Longformer.random(sizes, random),
  },
  BigBird: {
    sizes: { ...someText, pattern: { block: 1 } },
    values: { ...textValues(), seed: [0, 1, -1, 1.5, 4294967295], pattern: [...records, [{ block: 1 }],
      [{ block: 0 }], []] },
    counts: (sizes) => bigBirdCounts(sizes,
      0 + ((sizes as { pattern?: { extra?: number } }).pattern?.extra ?? 0)).total.parameters,
    fresh: (sizes) => BigBird.random(sizes, random),
  },
  "feed-forward network": {
    sizes: { d_model: 4, d_hidden: 3 },
    values: { d_model: small, d_hidden: small },
    counts: (sizes) => feedForwardCounts({ n: 2, ...(sizes as Sizes) } as never).parameters,
    fresh: (sizes) => FeedForward.random(sizes, random),
  },
  norm: {
    sizes: { d_model: 4 },
    values: { d_model: small },
    counts: (sizes) => normCounts((sizes as { d_model: number }).d_model).parameters,
    fresh: (sizes) => LayerNorm.initial(sizes),
  },
  attention: {
    sizes: { d_model: 4 },
    values: { d_model: small },
    counts: (sizes) => attentionCounts({ n_q: 2, ...(sizes as Sizes) } as never).parameters,
    fresh: (sizes) => MultiHeadAttention.random({ heads: 1, bias: true, ...(sizes as Sizes) } as never,
      random),
  },
  "encoder block": {
    sizes: { d_model: 4, d_hidden: 3 },
    values: { d_model: small, d_hidden: small },
    counts: (sizes) => encoderBlockCounts({ n: 2, ...(sizes as Sizes) } as never).parameters,
    fresh: (sizes) => EncoderBlock.random({ heads: 1, order: "pre", ...(sizes as Sizes) } as never, random),
  },
  "decoder block": {
    sizes: { d_model: 4, d_hidden: 3 },
    values: { d_model: small, d_hidden: small },
    counts: (sizes) => decoderBlockCounts({ n: 2, n_memory: 3, ...(sizes as Sizes) } as never).parameters,
    fresh: (sizes) => DecoderBlock.random({ heads: 1, order: "pre", ...(sizes as Sizes) } as never, random),
  },
};

function textValues(): Record<string, readonly unknown[]> {
  return {
    vocabulary: [5, 2, 0, 1.5], types: small, d_model: [4, 5, 0, 1.5], heads: [1, 2, 3, 0], depth: [0, 1,
      2, -1, 1.5],
    d_hidden: small, eps: [1e-5, 0, -1, NaN], pooler: [true, false, 1, "no"], activation: ["relu", "gelu",
      "gelu-tanh", "elu"],
  };
}

/** What came of it: a number of parameters, or the kind of error. */
function outcome(run: () => number): number | string {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof RangeError || error instanceof TypeError, String(error));
    assert.match((error as Error).message, /must/, "the message is ours");
    return (error as Error).name;
  }
}

for (const name of Object.keys(MODELS)) {
  test(`${name}: counts and random both refuse or both accept, and then agree`, () => {
    const { sizes, values, counts, fresh } = MODELS[name]!;
    const names = Object.keys(values);
    let [accepted, refused] = [0, 0];
    const compare = (change: Sizes): void => {
      const given = { ...sizes, ...change } as never;
      const counted = outcome(() => counts(given));
      const made = outcome(() => parameterCount(fresh(given)));
      assert.equal(counted, made, JSON.stringify(change));
      if (typeof made === "number") accepted++;
      else refused++;
    };
    compare({});
    for (const a of names) {
      for (const x of values[a]!) {
        compare({ [a]: x });
        // Pairs of sizes: what fits by itself may not fit together.
        for (const b of names) if (b > a) for (const y of values[b]!.slice(0, 3)) compare({ [a]: x, [b]: y });
      }
    }
    assert.ok(accepted > 0 && refused > 0, `${accepted} accepted, ${refused} refused`);
  });
}

test("the sizes of the public reports are refused", () => {
  const sizes = {
    height: 28, width: 28, channels: 1, patch: 4, d_model: 4, depths: [1, 1], heads: [1, 1], tile: 7,
      ratio: 1, classes: 2,
  };
  assert.throws(() => catCounts(sizes), { name: "RangeError",
    message: /^Cat: height must be a multiple of patch = 4 times 2/ });
  const one = { ...sizes, height: 30, width: 30, depths: [1], heads: [1], tile: 8 };
  assert.throws(() => catCounts(one), { name: "RangeError", message: /patch = 4/ });
  assert.throws(() => Cat.random(one, random), { name: "RangeError", message: /patch = 4/ });
});
