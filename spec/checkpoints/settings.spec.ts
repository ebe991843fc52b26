import assert from "node:assert/strict";
import test from "node:test";
import type { Activation } from "../../lib/layers/feed-forward.ts";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { Bert } from "../../lib/models/bert.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { Cat } from "../../lib/models/cat.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { PlutoDecoder } from "../../lib/models/pluto-decoder.ts";
import { ViT } from "../../lib/models/vit.ts";
import { checkAlike } from "../../lib/checkpoints/checkpoint-reader.ts";
import { fuseHeads, splitHeads } from "../../lib/attention/heads.ts";
import { normal } from "../support/values.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readBert, writeBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { readBigBird, writeBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { readCat, writeCat } from "../../lib/checkpoints/cat-checkpoint.ts";
import { readCrossViT, writeCrossViT } from "../../lib/checkpoints/cross-vit-checkpoint.ts";
import { readGpt2, writeGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { readLongformer, writeLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { readPlutoDecoder, writePlutoDecoder } from "../../lib/checkpoints/pluto-checkpoint.ts";
import { readTorchDecoderLayer, readTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { writeTorchDecoderLayer, writeTorchEncoderLayer } from "../../lib/checkpoints/torch-layers.ts";
import { readViT, writeViT } from "../../lib/checkpoints/vit-checkpoint.ts";
import { throughFile } from "../support/published-weights.ts";

/** A model with a writer, and a reader that takes from the model only what one configuration can say. */
interface Published<Model extends object> {
  readonly model: Model;
  readonly write: (model: Model) => Map<string, Tensor>;
  readonly read: (tensors: ReadonlyMap<string, Tensor>, model: Model) => Model;
  readonly run: (model: Model) => Matrix | readonly Matrix[];
}

type Path = readonly (string | number)[];

const isMatrix = (value: object): boolean => "rows" in value && "cols" in value && "data" in value;

/** Every setting of a model that is in no matrix: the path to a number, text or boolean, and its value. */
function settings(value: unknown, path: Path = []): [Path, unknown][] {
  if (typeof value === "number" || typeof value === "string" || typeof value === "boolean")
    return [[path, value]];
  if (typeof value !== "object" || value === null || isMatrix(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => settings(inner, [...path, key]));
}

/** Every list of heads of a model. */
function headLists(value: unknown, path: Path = []): [Path, readonly object[]][] {
  if (typeof value !== "object" || value === null || isMatrix(value)) return [];
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof first === "object" && first !== null && ("W_Q" in first || "local" in first))
    return [[path, value as object[]]];
  return Object.entries(value).flatMap(([key, inner]) => headLists(inner, [...path, key]));
}

/** The same model with another value at one path; everything beside the path is shared. */
function changed<Value>(value: Value, path: Path, to: unknown): Value {
  const [key, ...rest] = path;
  if (key === undefined) return to as Value;
  const copy = (Array.isArray(value) ? [...value] : Object.create(Object.getPrototypeOf(value))) as Record<
    string,
    unknown
  >;
  Object.assign(copy, value);
  copy[key] = changed((value as Record<string, unknown>)[key], rest, to);
  return copy as Value;
}

/** Other values of a setting. */
function others(value: unknown): unknown[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number")
    return Number.isInteger(value) ? [value + 1, Math.max(0, value - 1)] : [value * 1000];
  const words = [
    ["relu", "gelu", "gelu-tanh"],
    ["pre", "post"],
  ].find((list) => list.includes(value as string));
  return (words ?? []).filter((word) => word !== value);
}

/** The same heads in another number. */
function regrouped(heads: readonly object[], count: number): object[] {
  if (!("local" in heads[0]!)) return splitHeads(fuseHeads(heads as readonly AttentionHead[]), count);
  const pairs = heads as readonly { local: AttentionHead; global: AttentionHead }[];
  const globals = splitHeads(fuseHeads(pairs.map(({ global }) => global)), count);
  return splitHeads(fuseHeads(pairs.map(({ local }) => local)), count).map((local, m) => ({
    local,
    global: globals[m]!,
  }));
}

const bitsOf = (result: Matrix | readonly Matrix[]): number[] =>
  (Array.isArray(result) ? (result as Matrix[]) : [result as Matrix]).flatMap(({ data }) => [...data]);

/** Changes of a model that are made together, and what to call them. */
interface Variant {
  readonly label: string;
  readonly changes: readonly (readonly [Path, unknown])[];
}

/** The same change in every part below each place of a model: in one part alone, in a layer, in all. */
function grouped(single: readonly (readonly [Path, unknown])[]): Variant[] {
  const variants = new Map<string, [Path, unknown][]>();
  for (const [path, to] of single) {
    for (let depth = 0; depth < path.length; depth++) {
      const what = typeof to === "object" ? (to as readonly object[]).length : String(to);
      const label = `${path.slice(0, depth).join(".")} … ${path[path.length - 1]} = ${what}`;
      variants.set(label, [...(variants.get(label) ?? []), [path, to]]);
    }
  }
  return [...variants].map(([label, changes]) => ({ label, changes }));
}

/**
 * Each setting is changed in each part of a model alone, and in all parts of each larger part. The writer then
 * refuses, or what is read back computes the same as the changed model.
 */
function everySetting<Model extends object>(
  name: string,
  { model, write, read, run }: Published<Model>,
): void {
  const count = { refused: 0, back: 0, idle: 0 };
  const before = bitsOf(run(model));
  assert.deepEqual(
    bitsOf(run(read(throughFile(write(model)), model))),
    before,
    `${name}: there and back`,
  );
  const regroupings = headLists(model).flatMap(([path, heads]) =>
    [1, 2, 3]
      .filter((h) => h !== heads.length)
      .flatMap((h): [Path, unknown][] => {
        try {
          return [[path, regrouped(heads, h)]];
        } catch {
          return []; // the columns do not divide so
        }
      }),
  );
  const single = settings(model).flatMap(([path, value]) =>
    others(value).map((to): [Path, unknown] => [path, to]),
  );
  for (const { label, changes } of grouped([...single, ...regroupings])) {
    const other = changes.reduce((some, [path, to]) => changed(some, path, to), model);
    let after: number[];
    try {
      after = bitsOf(run(other));
    } catch {
      count.idle++; // no sound model
      continue;
    }
    if (after.every((x, e) => Object.is(x, before[e])) && after.length === before.length) {
      count.idle++;
      continue;
    }
    let again: Model;
    try {
      again = read(throughFile(write(other)), other);
    } catch (error) {
      assert.match((error as Error).message, /^(?:write|put|read|take|Cat)/, `${name}: ${label}`);
      count.refused++;
      continue;
    }
    assert.deepEqual(bitsOf(run(again)), after, `${name}: ${label} is lost in writing`);
    count.back++;
  }
  assert.ok(count.refused > 0, `${name}: some setting must be refused; got ${JSON.stringify(count)}`);
}

/** Fresh numbers everywhere, so that no bias is zero and no two parts are alike. */
function filled<Model extends object>(model: Model): Model {
  let seed = 2;
  parameters(model).forEach((M) => M.data.set(normal(M.rows, M.cols, seed++).data));
  return model;
}

const tokens = [4, 2, 9, 3, 7, 5, 8, 6, 10, 3, 2, 4];
const text = { vocabulary: 11, positions: 20, types: 1, d_model: 6, heads: 2, depth: 3, d_hidden: 7 };

test("Longformer: every setting of every layer is read back, or refused in writing", () => {
  const config = {
    ...text,
    pad: 1,
    radius: [1, 3, 2],
    activation: "gelu",
    eps: 1e-5,
    pooler: false,
  } as const;
  everySetting("Longformer", {
    model: filled(Longformer.random(config, randomGenerator(1))),
    write: writeLongformer,
    read: (tensors, { embedding, blocks }) =>
      readLongformer(tensors, {
        ...config,
        pad: embedding.pad ?? 0,
        heads: blocks[0]!.attention.heads.length,
        radius: blocks.map(({ attention }) => attention.radius),
        activation: blocks[0]!.feedForward.activation as Activation,
        eps: embedding.norm.eps,
      }),
    run: (model) => model.forward(tokens, { globals: [0] }),
  });
});

test("BigBird: likewise", () => {
  const pattern = { block: 2, random: 1, radius: 0, extra: 1, globals: [0] };
  const config = { ...text, activation: "gelu", eps: 1e-5, pooler: false, pattern, seed: 5 } as const;
  everySetting("BigBird", {
    model: filled(BigBird.random(config, randomGenerator(1))),
    write: writeBigBird,
    read: (tensors, { embedding, blocks }) =>
      readBigBird(tensors, {
        ...config,
        heads: blocks[0]!.attention.attention.heads.length,
        pattern: blocks.map(({ attention }) => attention.pattern),
        seed: blocks[0]!.attention.seed,
        activation: blocks[0]!.feedForward.activation as Activation,
        eps: embedding.norm.eps,
      }),
    run: (model) => model.forward(tokens),
  });
});

test("BERT: likewise", () => {
  const config = { ...text, activation: "gelu", eps: 1e-5, pooler: false } as const;
  everySetting("BERT", {
    model: filled(Bert.random(config, randomGenerator(1))),
    write: writeBert,
    read: (tensors, { embedding, blocks }) =>
      readBert(tensors, {
        ...config,
        heads: blocks[0]!.attention.heads.length,
        activation: blocks[0]!.feedForward.activation as Activation,
        eps: embedding.norm.eps,
      }),
    run: (model) => model.forward(tokens),
  });
});

test("GPT-2: likewise", () => {
  const { vocabulary, positions, d_model, heads, depth, d_hidden } = text;
  const config = { vocabulary, positions, d_model, heads, depth, d_hidden, eps: 1e-5 };
  everySetting("GPT-2", {
    model: filled(Gpt2.random(config, randomGenerator(1))),
    write: writeGpt2,
    read: (tensors, { blocks, norm }) =>
      readGpt2(tensors, { ...config, heads: blocks[0]!.attention.heads.length, eps: norm.eps }),
    run: (model) => model.logits(model.forward(tokens)),
  });
});

test("ViT, under both namings: likewise", () => {
  const config = {
    ...{ height: 6, width: 8, channels: 2, patch: 2, d_model: 6, heads: 2, depth: 2, d_hidden: 7 },
    ...{ classes: 3, eps: 1e-6 },
  };
  for (const naming of ["hugging-face", "timm"] as const) {
    everySetting(`ViT, ${naming}`, {
      model: filled(ViT.random(config, randomGenerator(1))),
      write: (model) => writeViT(model, naming),
      read: (tensors, { image: [height, width], blocks, norm }) =>
        readViT(tensors, {
          ...config,
          height,
          width,
          heads: blocks[0]!.attention.heads.length,
          eps: norm.eps,
        }),
      run: (model) => model.logits(model.forward([normal(6, 8, 1), normal(6, 8, 2)])),
    });
  }
});

test("torch's encoder and decoder layers: likewise", () => {
  const widths = { d_model: 6, heads: 2, d_hidden: 7, order: "pre" } as const;
  const X = normal(4, 6, 1);
  const sizes = ({ norm1, attention, feedForward, order }: EncoderBlock | DecoderBlock) => ({
    ...widths,
    heads: attention.heads.length,
    activation: feedForward.activation as Activation,
    eps: norm1.eps,
    order,
  });
  everySetting("encoder layer", {
    model: filled(EncoderBlock.random(widths, randomGenerator(1))),
    write: writeTorchEncoderLayer,
    read: (tensors, block) => readTorchEncoderLayer(tensors, sizes(block)),
    run: (block) => block.forward(X),
  });
  everySetting("decoder layer", {
    model: filled(DecoderBlock.random(widths, randomGenerator(1))),
    write: writeTorchDecoderLayer,
    read: (tensors, block) => readTorchDecoderLayer(tensors, sizes(block)),
    run: (block) => block.forward(X, normal(5, 6, 2)),
  });
});

test("CrossViT: likewise", () => {
  const config = {
    ...{ channels: 2, classes: 5, stages: 2 },
    branches: [
      { image: 8, patch: 4, d_model: 6, heads: 3, depth: 1, d_hidden: 7 },
      { image: 9, patch: 3, d_model: 12, heads: 2, depth: 2, d_hidden: 11 },
    ],
  } as const;
  everySetting("CrossViT", {
    model: filled(CrossViT.random(config, randomGenerator(1))),
    write: writeCrossViT,
    read: (tensors, { stages, branches }) => {
      const [small, large] = config.branches;
      const heads = (b: 0 | 1): number => stages[0]!.encoders[b][0]!.attention.heads.length;
      const own = (b: 0 | 1): object => ({ heads: heads(b), image: branches[b].image });
      return readCrossViT(tensors, {
        ...config,
        branches: [
          { ...small, ...own(0) },
          { ...large, ...own(1) },
        ],
      });
    },
    run: (model) => model.forward([normal(8, 8, 1), normal(8, 8, 2)]),
  });
});

test("CAT: likewise", () => {
  const config = {
    ...{ height: 16, width: 16, channels: 2, patch: 2, d_model: 6, depths: [2, 1], heads: [2, 3] },
    ...{ tile: 4, ratio: 2, classes: 4 },
  };
  everySetting("CAT", {
    model: filled(Cat.random(config, randomGenerator(1))),
    write: writeCat,
    read: (tensors, { stages }) =>
      readCat(tensors, {
        ...config,
        heads: stages.map(({ units }) => units[0]!.before.attention.attention.heads.length),
      }),
    run: (model) => model.forward([normal(16, 16, 1), normal(16, 16, 2)]),
  });
});

test("PLUTO's decoder: likewise", () => {
  const sizes = { d_model: 6, heads: 2, d_hidden: 24, N_L: 2, depth: 2 };
  everySetting("PLUTO", {
    model: filled(PlutoDecoder.random(sizes, randomGenerator(1))),
    write: writePlutoDecoder,
    read: (tensors, { layers }) =>
      readPlutoDecoder(tensors, { ...sizes, heads: layers[0]!.lateral.heads.length }),
    run: (model) => model.forward(normal(3, 6, 1), normal(4, 6, 2)),
  });
});

test("messages of checkAlike", () => {
  checkAlike("spec", "eps", []);
  checkAlike("spec", "eps", [1, 1, 1]);
  checkAlike("spec", "eps", [1], 1);
  assert.throws(() => checkAlike("spec", "eps", [1, 1, 2]), {
    name: "RangeError",
    message: "spec: eps must be 1 in every part to have published names; got 2",
  });
  assert.throws(() => checkAlike("spec", "activation", ["relu"], "gelu"), {
    name: "RangeError",
    message: "spec: activation must be gelu in every part to have published names; got relu",
  });
});
