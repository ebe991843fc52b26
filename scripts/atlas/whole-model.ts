/**
 * A checkpoint that is a whole model of a family that lib has: found by its names and the config.json beside
 * it, run from tokens or a picture to its end, with the maps of one layer.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Activation } from "../../lib/layers/feed-forward.ts";
import type { Check, Entry, Options, Phrase, Result, Text } from "./entry.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import type { GraphWeights } from "../../lib/graph/neighbours.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Option } from "./entry.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { WeightsListener } from "../../lib/layers/weights-listener.ts";
import type { WordPiece } from "./word-piece.ts";
import { IMAGENET, colourPlanes, normalise } from "../images/picture.ts";
import { MULTIPLY_ADDS, PAIRS, UsageError, entry, integer, shape } from "./entry.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { bertCounts } from "../../lib/models/bert-counts.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { clean } from "./words.ts";
import { concatRows, gatherRows, sliceRows } from "../../lib/kernels/rows.ts";
import { equalsNaive, naive, rowSums } from "./checks.ts";
import { gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { headOption } from "./checkpoint-entry.ts";
import { imageOption, partsOf } from "./image.ts";
import { naiveLinear } from "../../spec/oracle/naive.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { readBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { readBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { readGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { readLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { readViT } from "../../lib/checkpoints/vit-checkpoint.ts";
import { rowsOf } from "../../spec/support/values.ts";
import { square } from "../images/fit.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { vitCounts } from "../../lib/models/vit-counts.ts";
import { wordPiece } from "./word-piece.ts";

/** So many heads are drawn unless one is asked for. */
const MOST_HEADS = 4;

/** A model that runs: its blocks, and a pass that tells its weights. */
interface Model {
  readonly family: string;
  readonly file: string;
  readonly of: string;
  readonly depth: number;
  readonly heads: number;
  readonly parameters: number;
  readonly causal: boolean;
  /** Most tokens, or the side of its square pictures. */
  readonly most: number;
  /** How many tokens there are. */
  readonly vocabulary: number;
  readonly forward: (input: readonly number[] | readonly Matrix[], onWeights: WeightsListener) => Matrix;
  /** What it says of its output, if it says anything. */
  readonly answer: (output: Matrix) => string | undefined;
  /** What enters block l, where the blocks are dense. */
  readonly entering: (input: readonly number[] | readonly Matrix[], l: number) => Matrix;
  /** The blocks where they are dense: their maps are computed once more. */
  readonly blocks: readonly EncoderBlock[] | undefined;
  readonly input: "tokens" | "picture";
  readonly multiplyAdds: (T: number) => number | undefined;
}

/** Why a checkpoint is not run as a whole, or the entry that does. */
export type Whole = { readonly entry: Entry } | { readonly why: Phrase };

/** The whole model of a checkpoint; `args` say whether tokens were given. */
export function wholeModel(checkpoint: Checkpoint, path: string, args: readonly string[]): Whole | undefined {
  const single = args.some((arg) => /^--(?:heads|causal)(?:=|$)/.test(arg));
  const family = single ? undefined : familyOf(checkpoint);
  if (family === undefined) return undefined;
  let model: Model;
  try {
    model = family();
  } catch (error) {
    const [first = ""] = clean(error instanceof Error ? error.message : String(error)).split("\n");
    return {
      why: {
        en: `not run as a whole model: ${first}`,
        ja: `モデル全体としては動かせません: ${first}`,
      },
    };
  }
  const beside = statSync(path).isDirectory() ? path : dirname(path);
  const vocabulary = vocabularyIn(beside);
  const given = args.some((arg) => /^--tokens(?:=|$)/.test(arg));
  if (model.input === "tokens" && vocabulary === undefined && !given) {
    return {
      why: {
        en:
          `a whole ${model.family}, but no vocab.txt of WordPiece stands beside it and other tokenizers ` +
          "are not read here: give --tokens 101,2054,… and all of it runs",
        ja:
          `${model.family} のモデル全体ですが、WordPiece の vocab.txt が隣になく、ほかのトークナイザーは読めません。` +
          "--tokens 101,2054,… を渡せばモデル全体が動きます",
      },
    };
  }
  const config = { ...jsonIn(beside, "preprocessor_config.json"), ...checkpoint.config };
  return { entry: wholeEntry({ ...checkpoint, config }, model, vocabulary) };
}

/** The vocabulary beside a checkpoint; lower case as tokenizer_config.json says, else as its words are. */
function vocabularyIn(folder: string): WordPiece | undefined {
  const file = join(folder, "vocab.txt");
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  const settings = jsonIn(folder, "tokenizer_config.json")["do_lower_case"];
  return wordPiece(text, typeof settings === "boolean" ? settings : !/^[A-Z][a-z]/m.test(text));
}

function jsonIn(folder: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readFileSync(join(folder, name), "utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** How to read the family that a checkpoint's names and config.json tell; undefined when they tell none. */
function familyOf({ tensors, config }: Checkpoint): (() => Model) | undefined {
  const names = [...tensors.keys()];
  const type = String(config["model_type"] ?? "");
  const find = (pattern: RegExp): string | undefined => names.find((name) => pattern.test(name));
  if (Object.keys(config).length === 0) return undefined; // heads and ε are in no tensor
  if (find(/(?:^|\.)wte\.weight$/) !== undefined && (type === "gpt2" || type === "")) {
    return () => gpt2Of(tensors, config);
  }
  if (find(/(?:^|\.)cls_token$/) !== undefined && find(/patch_embed/) !== undefined) {
    const other = find(/relative_position|distillation|dist_token/);
    const known = ["vit", "deit", ""].includes(type) && other === undefined;
    return known ? () => vitOf(tensors, config) : undefined;
  }
  const words = find(/(?:^|\.)embeddings\.word_embeddings\.weight$/);
  if (words === undefined || !["bert", "longformer", "big_bird", ""].includes(type)) return undefined;
  const prefix = words.slice(0, words.lastIndexOf("embeddings.word_embeddings.weight"));
  const part = prefix === "" ? withoutTask(tensors) : checkpointPart(tensors, prefix);
  return () => encoderOf(part, config, type);
}

/** The tensors of an encoder without those of a task's head beside it. */
function withoutTask(tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...tensors].filter(([name]) => /^(?:embeddings|encoder|pooler)\./.test(name)));
}

/** Weights along a graph as full maps. */
const dense =
  (onWeights: WeightsListener): WeightsListener<GraphWeights> =>
  (name, weights) =>
    onWeights(name, weights.map(toDense));

/** The sparse models' layers are not computed again here. */
const none = (): Matrix => {
  throw new Error("no dense block");
};

/** X behind so many blocks. */
function through(blocks: readonly EncoderBlock[], X: Matrix, l: number, isCausal: boolean): Matrix {
  const allow = isCausal ? causal() : undefined;
  return blocks.slice(0, l).reduce((before, block) => block.forward(before, { allow }), X);
}

type Config = Readonly<Record<string, unknown>>;

const numberOf = (config: Config, name: string, otherwise?: number): number => {
  const value = config[name] ?? otherwise;
  if (typeof value === "number") return value;
  throw new RangeError(`config.json must say ${name}; got ${JSON.stringify(value) ?? "nothing"}`);
};

function shapeOf(tensors: ReadonlyMap<string, Tensor>, pattern: RegExp): readonly number[] {
  const found = [...tensors].find(([name]) => pattern.test(name));
  if (found === undefined) throw new RangeError(`no tensor is named like ${pattern.source}`);
  return found[1].shape;
}

const blocksIn = (tensors: ReadonlyMap<string, Tensor>, pattern: RegExp): number =>
  1 + Math.max(-1, ...[...tensors.keys()].map((name) => Number(pattern.exec(name)?.[1] ?? -1)));

/** Activations as they are published. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  relu: "relu",
  gelu_new: "gelu-tanh",
  gelu_pytorch_tanh: "gelu-tanh",
};

function encoderOf(tensors: ReadonlyMap<string, Tensor>, config: Config, type: string): Model {
  const [vocabulary = 0, d_model = 0] = shapeOf(tensors, /embeddings\.word_embeddings\.weight$/);
  const act = String(config["hidden_act"] ?? "gelu");
  const activation = ACTIVATIONS[act];
  if (activation === undefined) throw new RangeError(`hidden_act "${act}" is not known here`);
  const depth = blocksIn(tensors, /^encoder\.layer\.(\d+)\./);
  const sizes = {
    vocabulary,
    d_model,
    depth,
    activation,
    positions: shapeOf(tensors, /position_embeddings\.weight$/)[0]!,
    types: shapeOf(tensors, /token_type_embeddings\.weight$/)[0]!,
    heads: numberOf(config, "num_attention_heads"),
    d_hidden: shapeOf(tensors, /layer\.0\.intermediate\.dense\.weight$/)[0]!,
    eps: numberOf(config, "layer_norm_eps", 1e-12),
    pooler: [...tensors.keys()].some((name) => name.startsWith("pooler.")),
  };
  const { heads } = sizes;
  const answer = (): undefined => undefined;
  const common = { depth, vocabulary, heads, causal: false, input: "tokens", answer } as const;
  const names = [...tensors.keys()];
  const isLongformer = type === "longformer" || names.some((name) => name.includes("query_global"));
  if (isLongformer) {
    const pad = numberOf(config, "pad_token_id", 1);
    const window = config["attention_window"];
    const windows = (Array.isArray(window) ? window : [window ?? 512]) as number[];
    const radius = windows.length === 1 ? windows[0]! / 2 : windows.map((wide) => wide / 2);
    const model = readLongformer(tensors, { ...sizes, pad, radius });
    return {
      ...common,
      family: "Longformer",
      file: "lib/models/longformer.ts",
      of: "Longformer",
      parameters: parameterCount(model),
      most: sizes.positions - pad - 1,
      forward: (tokens, onWeights) => 
        model.forward(tokens as readonly number[], { globals: [0], onWeights: dense(onWeights) }),
      entering: none,
      blocks: undefined,
      multiplyAdds: () => undefined,
    };
  }
  if (type === "big_bird") {
    const block = numberOf(config, "block_size", 64);
    const random = numberOf(config, "num_random_blocks", 3);
    const model = readBigBird(tensors, { ...sizes, pattern: { block, random } });
    return {
      ...common,
      family: "BigBird",
      file: "lib/models/big-bird.ts",
      of: "BigBird",
      parameters: parameterCount(model),
      most: sizes.positions,
      forward: (tokens, onWeights) => 
        model.forward(tokens as readonly number[], { onWeights: dense(onWeights) }),
      entering: none,
      blocks: undefined,
      multiplyAdds: () => undefined,
    };
  }
  const model = readBert(tensors, sizes);
  return {
    ...common,
    family: "BERT",
    file: "lib/models/bert.ts",
    of: "Bert",
    parameters: parameterCount(model),
    most: sizes.positions,
    forward: (tokens, onWeights) => model.forward(tokens as readonly number[], { onWeights }),
    entering: (tokens, l) => {
      return through(model.blocks, model.embedding.forward(tokens as readonly number[]), l, false);
    },
    blocks: model.blocks,
    multiplyAdds: (T) => bertCounts(sizes, T).total.multiplyAdds,
  };
}

function gpt2Of(tensors: ReadonlyMap<string, Tensor>, config: Config): Model {
  const [vocabulary = 0, d_model = 0] = shapeOf(tensors, /(?:^|\.)wte\.weight$/);
  const sizes = {
    vocabulary,
    d_model,
    positions: shapeOf(tensors, /(?:^|\.)wpe\.weight$/)[0]!,
    heads: numberOf(config, "n_head"),
    depth: blocksIn(tensors, /(?:^|\.)h\.(\d+)\./),
    d_hidden: shapeOf(tensors, /h\.0\.mlp\.c_fc\.weight$/)[1]!,
    eps: numberOf(config, "layer_norm_epsilon", 1e-5),
  };
  const model = readGpt2(tensors, sizes);
  return {
    family: "GPT-2",
    file: "lib/models/gpt2.ts",
    of: "Gpt2",
    depth: sizes.depth,
    heads: sizes.heads,
    parameters: parameterCount(model),
    causal: true,
    most: sizes.positions,
    vocabulary,
    forward: (tokens, onWeights) => model.forward(tokens as readonly number[], { onWeights }),
    answer: (Y) => {
      const row = model.logits(Y).data.slice(-vocabulary);
      return String(row.indexOf(row.reduce((most, x) => Math.max(most, x), -Infinity)));
    },
    entering: (tokens, l) => {
      const places = sliceRows(model.positions, 0, tokens.length);
      return through(model.blocks, add(gatherRows(model.words, tokens as number[]), places), l, true);
    },
    blocks: model.blocks,
    input: "tokens",
    multiplyAdds: (T) => gpt2Counts(sizes, T).total.multiplyAdds,
  };
}

function vitOf(tensors: ReadonlyMap<string, Tensor>, config: Config): Model {
  const [d_model = 0, channels = 0, patch = 0] = shapeOf(tensors, /patch_embed\w*\.proj\w*\.weight$/);
  const isTimm = tensors.has("cls_token");
  const places = shapeOf(tensors, /(?:pos_embed|position_embeddings)$/)[1]! - 1;
  const size = config["image_size"] ?? patch * Math.round(Math.sqrt(places));
  const [height, width] = (Array.isArray(size) ? size : [size, size]) as [number, number];
  const sizes = {
    height,
    width,
    channels,
    patch,
    d_model,
    heads: numberOf(config, "num_attention_heads", isTimm && d_model % 64 === 0 ? d_model / 64 : undefined),
    depth: blocksIn(tensors, /(?:^|\.)(?:blocks|layer)\.(\d+)\./),
    d_hidden: shapeOf(tensors, /0\.(?:mlp\.fc1|intermediate\.dense)\.weight$/)[0]!,
    classes: (tensors.get("classifier.weight") ?? tensors.get("head.weight"))?.shape[0] ?? 0,
    eps: numberOf(config, "layer_norm_eps", isTimm ? 1e-6 : 1e-12),
  };
  const kept = new Map([...tensors].filter(([name]) => !/(?:^|\.)pooler\./.test(name)));
  const model = readViT(kept, sizes);
  const labels = config["id2label"] as Record<string, string> | undefined;
  return {
    family: "ViT",
    file: "lib/models/vit.ts",
    of: "ViT",
    depth: sizes.depth,
    heads: sizes.heads,
    parameters: parameterCount(model),
    causal: false,
    most: height,
    vocabulary: 0,
    forward: (image, onWeights) => model.forward(image as readonly Matrix[], { onWeights }),
    answer: (Y) => {
      if (sizes.classes === 0) return undefined;
      const row = model.logits(Y).data;
      const best = row.indexOf(row.reduce((most, x) => Math.max(most, x), -Infinity));
      return clean(labels?.[best] ?? String(best));
    },
    entering: (image, l) => {
      const patches = model.embedding.forward(image as readonly Matrix[]);
      return through(model.blocks, add(concatRows([model.cls, patches]), model.positions), l, false);
    },
    blocks: model.blocks,
    input: "picture",
    multiplyAdds: () => vitCounts(sizes).total.multiplyAdds,
  };
}

const tokensOption: Option<readonly number[] | "none"> = {
  value: "101,2054,…",
  help: {
    en: "the tokens' numbers, when vocab.txt does not stand beside the file or to say them oneself",
    ja: "トークンの番号。vocab.txt が隣にないときや、自分で指定したいとき",
  },
  fallback: "none",
  parse: (text) => {
    const numbers = text.split(",").map((part) => (/^\s*\d{1,9}\s*$/.test(part) ? Number(part) : NaN));
    if (numbers.every(Number.isInteger)) return numbers;
    throw new UsageError({
      en: `must be integers separated by commas; got "${text}"`,
      ja: `整数をコンマ区切りで書きます("${text}" でした)`,
    });
  },
};

function wholeEntry(checkpoint: Checkpoint, model: Model, vocabulary: WordPiece | undefined): Entry {
  const { name: file, tensors } = checkpoint;
  const { family, depth, heads, parameters } = model;
  const layer = integer({
    fallback: 1,
    min: 1,
    max: depth,
    help: { en: `the layer whose maps are drawn, 1 to ${depth}`, ja: `地図を描く層(1 から ${depth})` },
  });
  const given = { trained: { en: `those of ${file}`, ja: `${file} のもの` } };
  const options: Options = {
    layer,
    head: headOption,
    ...(model.input === "tokens" ? { tokens: tokensOption } : { image: imageOption }),
  };
  return entry({
    id: "weights",
    name: { en: `${family}: ${file}`, ja: `${family}: ${file}` },
    about: {
      en:
        `The whole model, recognised by its ${tensors.size} tensors' names and its config.json: ${depth} layers ` +
        `of ${heads} heads, ${parameters} parameters. It runs from ` +
        `${model.input === "tokens" ? "tokens" : "a picture"} to its end; ` +
        " the maps are those of one layer inside it.",
      ja:
        `モデル全体です。${tensors.size} 個のテンソルの名前と config.json から見分けました(${depth} 層、${heads} ヘッド、` +
        `パラメータ ${parameters} 個)。${model.input === "tokens" ? "トークン" : "画像"}から最後まで動かし、地図はその中の一つの層のものです。`,
    },
    document: "D-MHA",
    file: model.file,
    of: [model.of],
    input: model.input === "picture" ? "picture" : "text",
    vectors: { en: `Vectors and weights are those of ${file}.`, ja: `ベクトルも重みも ${file} のものです。` },
    options,
    conflict({ head, tokens }) {
      const asked = head as number | "all";
      if (asked !== "all" && asked > heads) {
        return {
          en: `--head must be from 1 to ${heads}, the number of heads; got ${asked}`,
          ja: `--head は 1 からヘッドの数 ${heads} までです(${asked} でした)`,
        };
      }
      const list = tokens as readonly number[] | "none" | undefined;
      const numbers: readonly number[] = Array.isArray(list) ? list : [];
      const beyond = numbers.find((token) => token >= model.vocabulary);
      if (beyond !== undefined) {
        return {
          en: `--tokens must be from 0 to ${model.vocabulary - 1}; got ${beyond}`,
          ja: `--tokens は 0 から ${model.vocabulary - 1} までです(${beyond} でした)`,
        };
      }
      if (numbers.length <= model.most) return undefined;
      return {
        en: `--tokens must be at most ${model.most}; got ${numbers.length}`,
        ja: `--tokens は ${model.most} 個までです(${numbers.length} 個でした)`,
      };
    },
    run({ text, options: { layer: one, head, tokens, image } }) {
      const l = (one as number) - 1;
      if (model.input === "picture") {
        const planes = square(colourPlanes((image as (typeof imageOption)["fallback"]).picture), model.most);
        const input = normalise(planes, pictureScale(checkpoint));
        return { ...given, ...showing(model, l, head as number | "all", input, undefined) };
      }
      const list = Array.isArray(tokens)
        ? (tokens as readonly number[])
        : (vocabulary?.encode(text.raw ?? text.words.join(" ")) ?? []).slice(0, model.most);
      const words = list.map((token) => clean(vocabulary?.word(token) ?? String(token)));
      return { ...given, ...showing(model, l, head as number | "all", list, words) };
    },
  });
}

/** How the model's pictures are normalised: as a preprocessor says, else by halves, or as ImageNet's are. */
function pictureScale({ tensors, config }: Checkpoint): Parameters<typeof normalise>[1] {
  const [mean, deviation] = [config["image_mean"], config["image_std"]] as (readonly number[] | undefined)[];
  if (mean !== undefined && deviation !== undefined) return { mean, deviation };
  const half = [0.5, 0.5, 0.5];
  const isImageNet = tensors.has("cls_token") || config["model_type"] === "deit";
  return isImageNet ? IMAGENET : { mean: half, deviation: half };
}

/** One pass of the model, and the maps of one layer. */
function showing(
  model: Model,
  l: number,
  head: number | "all",
  input: readonly number[] | readonly Matrix[],
  words: readonly string[] | undefined,
): Omit<Result, "trained"> {
  const heard = new Map<string, readonly Matrix[]>();
  const output = model.forward(input, (name, weights) => void heard.set(name, weights));
  const layers = [...heard.values()];
  const maps = layers[l]!;
  const T = maps[0]!.rows;
  const side = Math.round(Math.sqrt(T - 1));
  const labels = words ?? ["[CLS]", ...partsOf(side, Math.ceil((T - 1) / side)).slice(0, T - 1)];
  const drawn = head === "all" ? maps.map((_, m) => m).slice(0, MOST_HEADS) : [head - 1];
  const answer = model.answer(output);
  const finite = output.data.every(Number.isFinite);
  const checks: Check[] = [
    rowSums(layers.flat()),
    {
      id: "finite",
      label: { en: "every number of the output is finite", ja: "出力の数はすべて有限" },
      pass: finite,
    },
  ];
  const block = model.blocks?.[l];
  if (block !== undefined) checks.push(again(model, l, block, input, maps));
  const text: Text | undefined = words && { name: { en: "tokens", ja: "トークン" }, words, X: output };
  const multiplyAdds = model.multiplyAdds(T);
  return {
    ...(text && { read: { text, memory: text } }),
    ...(answer !== undefined && {
      answers: [{ given: words === undefined ? "image" : (words[words.length - 1] ?? ""), answer }],
    }),
    shapes: [
      { name: "A", letters: "h, T, T", numbers: [model.heads, T, T] },
      shape("output", "T, D", output),
    ],
    maps: drawn.map((m) => ({
      title: {
        en: `layer ${l + 1} of ${model.depth}, head ${m + 1} of ${model.heads}`,
        ja: `層 ${l + 1} / ${model.depth}、ヘッド ${m + 1} / ${model.heads}`,
      },
      weights: maps[m]!,
      rows: labels,
      cols: labels,
    })),
    checks,
    costs: [
      {
        label: PAIRS,
        formula: "seen in all layers and heads",
        value: layers.flat().reduce((sum, A) => sum + A.data.filter((w) => w !== 0).length, 0),
      },
      ...(multiplyAdds === undefined
        ? []
        : [{ label: MULTIPLY_ADDS, formula: "as lib/models counts them", value: multiplyAdds }]),
    ],
  };
}

/** The layer's weights once more by the naive computation, from what enters it. */
function again(
  model: Model,
  l: number,
  { attention, order, norm1 }: EncoderBlock,
  input: readonly number[] | readonly Matrix[],
  maps: readonly Matrix[],
): Check {
  const X = model.entering(input, l);
  const Q = order === "pre" ? norm1.forward(X) : X;
  const parts = attention.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
    const by = (W: Matrix, b: Matrix | undefined): number[][] =>
      naiveLinear(rowsOf(Q), rowsOf(W), b && rowsOf(b));
    const allow = (i: number, j: number): boolean => j <= i;
    const options = { scale: 1 / Math.sqrt(W_Q.cols), ...(model.causal && { allow }) };
    return { weights: maps[m]!, naive: naive(by(W_Q, b_Q), by(W_K, b_K), by(W_V, b_V), options) };
  });
  return equalsNaive(parts, X.rows);
}
