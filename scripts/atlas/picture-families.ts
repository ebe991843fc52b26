/** Models of pictures, by their published names: ViT and DeiT, CrossViT and CAT. */
import type { Again, Attending, Config, Input, Model, Parts } from "./family.ts";
import type { Cat, CatStage } from "../../lib/models/cat.ts";
import type { CatConfig } from "../../lib/models/cat-counts.ts";
import type { CrossViT } from "../../lib/models/cross-vit.ts";
import type { CrossViTBranchConfig, CrossViTConfig } from "../../lib/models/cross-vit-counts.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { activationOf, beforeBlock, bestOf, blocksIn, numberOf, shapeOf } from "./family.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { catCounts, catStages } from "../../lib/models/cat-counts.ts";
import { channelsFirst } from "../../lib/kernels/transpose.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { gelu } from "../../lib/kernels/activations.ts";
import { layerNormRows } from "../../lib/kernels/layer-norm-rows.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { crossViTCounts } from "../../lib/models/cross-vit-counts.ts";
import { crossViTStage } from "../../lib/models/cross-vit.ts";
import { cutTiles } from "../../lib/kernels/tiles.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { partsOf } from "./image.ts";
import { readCat } from "../../lib/checkpoints/cat-checkpoint.ts";
import { readCrossViT } from "../../lib/checkpoints/cross-vit-checkpoint.ts";
import { readViT } from "../../lib/checkpoints/vit-checkpoint.ts";
import { relativePositionBias } from "../../lib/kernels/relative-position-bias.ts";
import { resizeBicubic } from "../../lib/kernels/resize-bicubic.ts";
import { vitCounts } from "../../lib/models/vit-counts.ts";

const planesOf = (input: Input): readonly Matrix[] => input as readonly Matrix[];

/** The tensor of this name. Errors: RangeError where there is none. */
const shapeAt = (tensors: ReadonlyMap<string, Tensor>, name: string): readonly number[] =>
  shapeOf(tensors, new RegExp(`^${name.replace(/\./g, "\\.")}$`));

/**
 * [height, width] from config.json: a number, two, or a record of them; else a square of so many patches.
 * Errors: RangeError for anything else, and where no square has so many.
 */
function sizeOf(config: Config, patch: number, patches: number | undefined): readonly [number, number] {
  const said = config["image_size"] ?? config["img_size"];
  const record = typeof said === "object" && said !== null ? (said as Config) : {};
  const list: readonly unknown[] = Array.isArray(said) ? said : [record["height"] ?? said, record["width"] ?? said];
  if (list.length === 2 && list.every((side) => typeof side === "number")) return list as [number, number];
  const side = patch * Math.sqrt(patches ?? NaN);
  if (said === undefined && Number.isInteger(side)) return [side, side];
  const rule = "config.json must say image_size as a number or [height, width]";
  throw new RangeError(`${rule}; got ${JSON.stringify(said) ?? "nothing"}`);
}

/** A number for each stage or branch: a list, or one number for all of them. */
function listOf(config: Config, name: string, length: number): readonly number[] | undefined {
  const said = config[name];
  if (said === undefined || said === null) return undefined;
  const list: readonly unknown[] = Array.isArray(said) ? said : Array.from({ length }, () => said);
  if (list.length === length && list.every((x) => typeof x === "number")) return list as readonly number[];
  throw new RangeError(`config.json must say ${name} as ${length} numbers; got ${JSON.stringify(said)}`);
}

/** A ViT or DeiT under either of its two namings. */
export function vitOf({ tensors, config }: Parts): Model {
  const [d_model = 0, channels = 0, patch = 0] = shapeOf(tensors, /patch_embed\w*\.proj\w*\.weight$/);
  const isTimm = tensors.has("cls_token");
  const has = (pattern: RegExp): boolean => [...tensors.keys()].some((name) => pattern.test(name));
  const isDistilled = has(/(?:^dist_token|\.distillation_token|^embeddings\.distillation_token)$/);
  const two = has(/^(?:head_dist|distillation_classifier)\.weight$/);
  const tokens = isDistilled ? 2 : 1;
  const places = shapeOf(tensors, /(?:pos_embed|position_embeddings)$/)[1]! - tokens;
  const [height, width] = sizeOf(config, patch, places);
  if (activationOf(config, "hidden_act", "gelu") !== "gelu") throw new RangeError("hidden_act must be gelu");
  const heads = isTimm && d_model % 64 === 0 ? d_model / 64 : undefined;
  const classifier = ["classifier", "cls_classifier", "head"].map((name) => tensors.get(`${name}.weight`));
  const sizes = {
    ...{ height, width, channels, patch, d_model },
    heads: numberOf(config, "num_attention_heads", heads),
    depth: blocksIn(tensors, /(?:^|\.)(?:blocks|layer)\.(\d+)\./),
    d_hidden: shapeOf(tensors, /0\.(?:mlp\.fc1|intermediate\.dense)\.weight$/)[0]!,
    classes: classifier.find((tensor) => tensor !== undefined)?.shape[0] ?? 0,
    eps: numberOf(config, "layer_norm_eps", isTimm ? 1e-6 : 1e-12),
    distillation: isDistilled ? (two ? ("classifier" as const) : ("token" as const)) : undefined,
    pooler: has(/(?:^|\.)pooler\.dense\.weight$/),
  };
  const model = readViT(tensors, sizes);
  const labels = ["[CLS]", ...(isDistilled ? ["[DIST]"] : []), ...partsOf(height / patch, width / patch)];
  const layer = { heads: sizes.heads, parts: 1, rows: labels, cols: labels };
  return {
    family: isDistilled ? "DeiT" : "ViT",
    file: "lib/models/vit.ts",
    of: "ViT",
    document: "D-MHA",
    layers: Array.from({ length: sizes.depth }, (_, l) => ({ ...layer, name: `blocks[${l}].self` })),
    parameters: parameterCount(model),
    causal: false,
    input: "picture",
    most: 0,
    vocabulary: 0,
    picture: { height, width, channels },
    forward: (image, onWeights) => model.forward(planesOf(image), { onWeights }),
    answer: (Y) => (sizes.classes === 0 ? undefined : bestOf(model.logits(Y), config)),
    again: (image, l) => {
      const patches = model.embedding.forward(planesOf(image));
      const first = isDistilled ? [model.cls, model.distillation!] : [model.cls];
      return beforeBlock(model.blocks, add(concatRows([...first, patches]), model.positions), l, false);
    },
    multiplyAdds: () => vitCounts(sizes).total.multiplyAdds,
  };
}

/** The sizes of a CrossViT from its tensors; heads from config.json, else as published. */
function crossViTSizes(tensors: ReadonlyMap<string, Tensor>, config: Config): CrossViTConfig {
  const at = tensors.has("cls_token_0") ? "_" : ".";
  const stages = blocksIn(tensors, /^blocks\.(\d+)\./);
  const sides = listOf(config, "img_size", 2);
  const shapes = [0, 1].map((b) => shapeAt(tensors, `patch_embed.${b}.proj.weight`));
  const [small = 0, large = 0] = shapes.map(([d = 0]) => d);
  // Every published model has heads of 32 features in the narrow branch, and as many heads in the wide one.
  const isPublished = small % 32 === 0 && large === 2 * small;
  const published = isPublished ? [small / 32, small / 32] : undefined;
  const heads = listOf(config, "num_heads", 2) ?? listOf(config, "num_attention_heads", 2) ?? published;
  if (heads === undefined) throw new RangeError("config.json must say num_heads; got nothing");
  const branch = (b: number): CrossViTBranchConfig => {
    const [d_model = 0, , patch = 0] = shapes[b]!;
    const patches = shapeAt(tensors, `pos_embed${at}${b}`)[1]! - 1;
    const depths = Array.from({ length: stages }, (_, k) =>
      blocksIn(tensors, new RegExp(`^blocks\\.${k}\\.blocks\\.${b}\\.(\\d+)\\.`)),
    );
    const first = [...tensors].find(([name]) => new RegExp(`\\.blocks\\.${b}\\.0\\.mlp\\.fc1\\.weight$`).test(name));
    return {
      ...{ image: sides?.[b] ?? patch * Math.sqrt(patches), patch, d_model },
      ...{ heads: heads[b]!, depth: depths, d_hidden: first?.[1].shape[0] ?? 1 },
    };
  };
  return {
    channels: shapes[0]![1]!,
    classes: shapeAt(tensors, "head.0.weight")[0]!,
    stages,
    branches: [branch(0), branch(1)],
    readings: Math.max(1, blocksIn(tensors, /^blocks\.\d+\.fusion\.\d+\.(\d+)\./)),
  };
}

/** A CrossViT by IBM's names, or by timm's. */
export function crossViTOf({ tensors, config }: Parts): Model {
  const sizes = crossViTSizes(tensors, config);
  const model = readCrossViT(tensors, sizes);
  const layers: Attending[] = [];
  const patches = sizes.branches.map(({ image, patch }) => {
    const side = Math.floor(image / patch);
    return partsOf(side, side);
  });
  // A layer's place: its stage, its branch, and its block there; or, without a block, its fusion's reading.
  const places: { k: number; b: 0 | 1; block?: number; reading?: number }[] = [];
  model.stages.forEach(({ encoders, fusions }, k) => {
    ([0, 1] as const).forEach((b) => {
      const words = ["[CLS]", ...patches[b]!];
      encoders[b].forEach(({ attention }, block) => {
        const name = `stages[${k}].encoders[${b}][${block}].self`;
        layers.push({ name, heads: attention.heads.length, parts: 1, rows: words, cols: words });
        places.push({ k, b, block });
      });
    });
    ([0, 1] as const).forEach((b) => {
      fusions[b].readings.forEach(({ attention }, reading) => {
        const name = `stages[${k}].fusions[${b}][${reading}]`;
        const cols = reading === 0 ? ["[CLS]", ...patches[1 - b]!] : ["[CLS]"];
        layers.push({ name, heads: attention.heads.length, parts: 1, rows: ["[CLS]"], cols });
        places.push({ k, b, reading });
      });
    });
  });
  const side = Math.max(...sizes.branches.map(({ image }) => image));
  return {
    family: "CrossViT",
    file: "lib/models/cross-vit.ts",
    of: "CrossViT",
    document: "D-CROSS",
    layers,
    parameters: parameterCount(model),
    causal: false,
    input: "picture",
    most: 0,
    vocabulary: 0,
    picture: { height: side, width: side, channels: sizes.channels },
    forward: (image, onWeights) => model.forward(planesOf(image), { onWeights }),
    answer: (logits) => bestOf(logits, config),
    again: (image, l) => crossViTAgain(model, planesOf(image), places[l]!),
    multiplyAdds: () => crossViTCounts(sizes).total.multiplyAdds,
  };
}

/** What a layer of a CrossViT attends with. A second reading has one key only: nothing to compute again. */
function crossViTAgain(
  model: CrossViT,
  image: readonly Matrix[],
  { k, b, block, reading }: { k: number; b: 0 | 1; block?: number; reading?: number },
): Again | undefined {
  const embedded = model.branches.map(({ image: side, embedding, cls, positions }) => {
    const sized = image.map((plane) =>
      plane.rows === side && plane.cols === side ? plane : resizeBicubic(plane, side, side),
    );
    return add(concatRows([cls, embedding.forward(sized)]), positions);
  }) as [Matrix, Matrix];
  const before = model.stages.slice(0, k).reduce((x, stage) => crossViTStage(stage, x), embedded);
  const { encoders, fusions } = model.stages[k]!;
  if (block !== undefined) return beforeBlock(encoders[b], before[b], block, false);
  if (reading !== 0) return undefined;
  const [own, other] = [b, 1 - b].map((c) => encoders[c]!.reduce((X, one) => one.forward(X), before[c]!));
  const { f, readings } = fusions[b];
  const { norm, attention } = readings[0]!;
  const u = fused(f, sliceRows(own!, 0, 1), sliceRows(other!, 1, other!.rows), norm);
  return { attention, queries: sliceRows(u, 0, 1), memory: u };
}

/** u = LN([f(x_cls) ‖ x_patch]), the tokens that a fusion's [CLS] attends to: Eq. 3 and 4 of ClassTokenAttention. */
function fused(
  { norm, W, b }: CrossViT["stages"][number]["fusions"][0]["f"],
  cls: Matrix,
  patches: Matrix,
  last: CrossViT["stages"][number]["fusions"][0]["readings"][number]["norm"],
): Matrix {
  const x = norm === undefined ? cls : gelu(layerNormRows(cls, norm.eps, norm.gamma, norm.beta));
  return layerNormRows(concatRows([linear(x, W, b), patches]), last.eps, last.gamma, last.beta);
}

/** The sizes of a CAT from its tensors; the picture's from config.json, else a square of its positions. */
function catSizes(tensors: ReadonlyMap<string, Tensor>, config: Config): CatConfig {
  const [d_model = 0, channels = 0, patch = 0] = shapeAt(tensors, "patch_embed.proj.weight");
  const places = tensors.get("ape")?.shape[1];
  const [height, width] = sizeOf(config, patch, places);
  const stages = Array.from({ length: blocksIn(tensors, /^layers\.(\d+)\./) }, (_, k) => k);
  const of = (k: number, name: string): readonly number[] =>
    shapeAt(tensors, `layers.${k}.pre_ipsa_blocks.0.${name}`);
  return {
    ...{ height, width, channels, patch, d_model, positions: places !== undefined },
    depths: stages.map((k) => blocksIn(tensors, new RegExp(`^layers\\.${k}\\.cpsa_blocks\\.(\\d+)\\.`))),
    heads: stages.map((k) => of(k, "attn.relative_position_bias_table")[1]!),
    tile: (Math.sqrt(of(0, "attn.relative_position_bias_table")[0]!) + 1) / 2,
    ratio: of(0, "mlp.fc1.weight")[0]! / d_model,
    classes: shapeAt(tensors, "head.weight")[0]!,
  };
}

const BLOCKS = ["before", "cross", "after"] as const;

/** A CAT by the names of its code. */
export function catOf({ tensors, config }: Parts): Model {
  const sizes = catSizes(tensors, config);
  const model = readCat(tensors, sizes);
  const layers: Attending[] = [];
  const places: { k: number; u: number; block: (typeof BLOCKS)[number] }[] = [];
  catStages(sizes).forEach(({ H, W, C, p, heads }, k) => {
    const [tiles, pixels] = [partsOf(H / p, W / p), partsOf(p, p)];
    const inner = { heads, parts: tiles.length, rows: pixels, cols: pixels, part: { en: "tile", ja: "タイル" } };
    const cross = { heads: 1, parts: C, rows: tiles, cols: tiles, part: { en: "channel", ja: "チャンネル" } };
    model.stages[k]!.units.forEach((_, u) =>
      BLOCKS.forEach((block) => {
        const name = `stages[${k}].units[${u}].${block}`;
        layers.push({ ...(block === "cross" ? cross : inner), name });
        places.push({ k, u, block });
      }),
    );
  });
  const { height, width, channels } = sizes;
  return {
    family: "CAT",
    file: "lib/models/cat.ts",
    of: "Cat",
    document: "D-CROSS",
    layers,
    parameters: parameterCount(model),
    causal: false,
    input: "picture",
    most: 0,
    vocabulary: 0,
    picture: { height, width, channels },
    forward: (image, onWeights) => model.forward(planesOf(image), { onWeights }),
    answer: (logits) => bestOf(logits, config),
    again: (image, l, t) => catAgain(model, planesOf(image), { ...places[l]!, t }),
    multiplyAdds: () => catCounts(sizes).total.multiplyAdds,
  };
}

/** What tile or channel t of a block of a CAT attends with. */
function catAgain(
  model: Cat,
  image: readonly Matrix[],
  { k, u, block, t }: { k: number; u: number; block: (typeof BLOCKS)[number]; t: number },
): Again {
  const gridOf = (stage: number): number[] => model.grid.map((side) => side / 2 ** stage);
  const E = model.embeddingNorm.forward(model.embedding.forward(image));
  const X_0 = model.positions === undefined ? E : add(E, model.positions);
  const X = model.stages.slice(0, k).reduce((Y, stage, s) => stage.forward(Y, gridOf(s)), X_0);
  const grid = gridOf(k);
  const units: CatStage["units"] = model.stages[k]!.units;
  const blocks = units.flatMap((unit) => BLOCKS.map((name) => unit[name]));
  const at = 3 * u + BLOCKS.indexOf(block);
  const before = blocks.slice(0, at).reduce((Y, one) => one.forward(Y, grid), X);
  const { norm1, attention } = blocks[at]!;
  const tiles = cutTiles(norm1.forward(before), grid, attention.p);
  if (!("table" in attention)) {
    const Z = channelsFirst(tiles)[t]!;
    return { attention: attention.attention, queries: Z, memory: Z };
  }
  const bias = attention.table && relativePositionBias(attention.table, attention.p);
  return { attention: attention.attention, queries: tiles[t]!, memory: tiles[t]!, bias };
}
