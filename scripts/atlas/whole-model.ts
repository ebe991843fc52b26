/**
 * A checkpoint that is a whole model of a family that lib has: found by its names and the config.json beside
 * it, run from tokens or a picture to its end, with the maps of one layer.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Attending, Input, Model, Parts } from "./family.ts";
import type { Check, Entry, Options, Phrase, Result, Text } from "./entry.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Naive } from "./checks.ts";
import type { Option } from "./entry.ts";
import type { Shown } from "./image.ts";
import type { WordPiece } from "./word-piece.ts";
import { IMAGENET, colourPlanes, greyPlane, normalise } from "../images/picture.ts";
import { MULTIPLY_ADDS, PAIRS, UsageError, entry, integer, shape } from "./entry.ts";
import { catOf, crossViTOf, vitOf } from "./picture-families.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { clean } from "./words.ts";
import { encoderOf, encoderPart, gpt2Of } from "./text-families.ts";
import { equalsNaive, naive, rowSums } from "./checks.ts";
import { filling } from "../images/fit.ts";
import { headOption } from "./checkpoint-entry.ts";
import { imageOption } from "./image.ts";
import { jsonIn } from "./checkpoint.ts";
import { naiveLinear } from "../../spec/oracle/naive.ts";
import { rowsOf } from "../../spec/support/values.ts";
import { wordPiece } from "./word-piece.ts";

/** So many heads are drawn unless one is asked for. */
const MOST_HEADS = 4;

/** What runs as a whole. */
const FAMILIES = "BERT, Longformer, BigBird, GPT-2, ViT, DeiT, CrossViT, CAT";

/** Why a checkpoint is not run as a whole, or the entry that does. */
export type Whole = { readonly entry: Entry } | { readonly why: Phrase };

/** Why a checkpoint is shown layer by layer. */
class NotWhole extends Error {
  readonly phrase: Phrase;

  constructor(en: string, ja: string) {
    super(en);
    this.phrase = { en, ja };
  }
}

/**
 * The whole model of a checkpoint, or why it is none; undefined where a single layer was asked for. `args` say
 * whether tokens were given.
 */
export function wholeModel(checkpoint: Checkpoint, path: string, args: readonly string[]): Whole | undefined {
  if (args.some((arg) => /^--(?:heads|causal)(?:=|$)/.test(arg))) return undefined;
  try {
    const model = familyOf(checkpoint)();
    const folder = statSync(path).isDirectory() ? path : dirname(path);
    const given = args.some((arg) => /^--tokens(?:=|$)/.test(arg));
    const vocabulary = model.input === "tokens" ? vocabularyIn(folder, model, given) : undefined;
    const { channels } = model.picture;
    if (model.input === "picture" && channels !== 1 && channels !== 3) {
      throw new RangeError(`pictures have 1 or 3 channels here; the model has ${channels}`);
    }
    const config = { ...jsonIn(folder, "preprocessor_config.json").value, ...checkpoint.config };
    return { entry: wholeEntry({ ...checkpoint, config }, model, vocabulary) };
  } catch (error) {
    if (error instanceof NotWhole) return { why: error.phrase };
    // A reader's error lists what does not fit, a line each: its first ones say enough.
    const [first = "", ...more] = clean(error instanceof Error ? error.message : String(error)).split("\n");
    const some = more.slice(0, 3).map((line) => line.trim());
    const reason = [first, some.join("; ")].join(" ").trim() + (more.length > some.length ? " …" : "");
    return {
      why: { en: `not run as a whole model: ${reason}`, ja: `モデル全体としては動かせません：${reason}` },
    };
  }
}

/**
 * The vocabulary beside a checkpoint; lower case as tokenizer_config.json says, else as its words are.
 *
 * With tokens `given` a vocabulary that cannot be used only costs the words beside the maps.
 * Errors: NotWhole where there is none and no tokens were given.
 */
function vocabularyIn(folder: string, { family, vocabulary: most }: Model, given: boolean): WordPiece | undefined {
  const advice = {
    en: "give --tokens 101,2054,… and all of it runs",
    ja: "--tokens 101,2054,… を渡せばモデル全体が動きます",
  };
  const without = (en: string, ja: string): undefined => {
    if (given) return undefined;
    throw new NotWhole(`a whole ${family}, but ${en}: ${advice.en}`, `${family} のモデル全体ですが、${ja}。${advice.ja}`);
  };
  const file = join(folder, "vocab.txt");
  if (!existsSync(file)) {
    return without(
      "no vocab.txt of WordPiece stands beside it and other tokenizers are not read here",
      "WordPiece の vocab.txt が隣になく、ほかのトークナイザーは読めません",
    );
  }
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return without("the vocab.txt beside it cannot be read", "隣の vocab.txt が読めません");
  }
  const settings = jsonIn(folder, "tokenizer_config.json").value["do_lower_case"];
  const pieces = wordPiece(text, typeof settings === "boolean" ? settings : !/^[A-Z][a-z]/m.test(text));
  if (pieces.missing.length > 0) {
    const names = pieces.missing.join(", ");
    return without(`the vocab.txt beside it lacks ${names}`, `隣の vocab.txt に ${names} がありません`);
  }
  if (pieces.size > most) {
    return without(
      `the vocab.txt beside it has ${pieces.size} tokens and the model ${most}`,
      `隣の vocab.txt のトークンは ${pieces.size} 個、モデルは ${most} 個です`,
    );
  }
  return pieces;
}

/**
 * How to read the family that a checkpoint's names and config.json tell.
 *
 * Errors: NotWhole where they tell none, or where what must stand in config.json does not.
 */
function familyOf({ tensors, config, configProblem }: Checkpoint): () => Model {
  const names = [...tensors.keys()];
  const type = String(config["model_type"] ?? "");
  const without = (family: string): never => {
    const [en, ja] = configProblem ?? ["no config.json stands beside it", "config.json が隣にありません"];
    throw new NotWhole(
      `not run as a whole model: a ${family} by its names, but ${en}, which says its heads`,
      `モデル全体としては動かせません: 名前では ${family} ですが、ヘッドの数を書く config.json が読めません(${ja})`,
    );
  };
  /** Behind the prefix of the first such name, if config.json agrees on the family. */
  const behind = (mark: RegExp, family: string, types: readonly string[], needed: boolean): Parts | undefined => {
    const found = names.map((name) => mark.exec(name)).find((match) => match !== null);
    if (found === undefined || found === null) return undefined;
    if (needed && Object.keys(config).length === 0) without(family);
    if (!["", ...types].includes(type)) {
      throw new NotWhole(
        `not run as a whole model: a ${family} by its names, but config.json says model_type ${JSON.stringify(type)}`,
        `モデル全体としては動かせません: 名前では ${family} ですが、config.json の model_type は ${JSON.stringify(type)} です`,
      );
    }
    const prefix = found[1] ?? "";
    return { tensors: prefix === "" ? tensors : checkpointPart(tensors, prefix), config };
  };
  const gpt2 = behind(/^(.*?)(?:transformer\.)?wte\.weight$/, "GPT-2", ["gpt2"], true);
  if (gpt2 !== undefined) return () => gpt2Of(gpt2);
  const cat = behind(/^(.*?)layers\.0\.pre_ipsa_blocks\.0\./, "CAT", ["cat"], false);
  if (cat !== undefined) return () => catOf(cat);
  const crossViT = behind(/^(.*?)blocks\.0\.fusion\.0\./, "CrossViT", ["crossvit", "cross-vit"], false);
  if (crossViT !== undefined) return () => crossViTOf(crossViT);
  const vit = behind(/^(.*?)(?:(?:vit|deit)\.)?(?:embeddings\.)?cls_token$/, "ViT", ["vit", "deit"], true);
  if (vit !== undefined) return () => vitOf(vit);
  const words = behind(/^(.*)embeddings\.word_embeddings\.weight$/, "BERT", ["bert", "longformer", "big_bird"], true);
  if (words !== undefined) return () => encoderOf({ tensors: encoderPart(words.tensors, ""), config }, type);
  throw new NotWhole(
    `not run as a whole model: its names are those of none of ${FAMILIES}`,
    `モデル全体としては動かせません: 名前が ${FAMILIES} のどれでもありません`,
  );
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

/** The tile or the channel whose maps are drawn, where a layer has several. */
const partOption = integer({
  fallback: 1,
  min: 1,
  max: 1e9,
  help: {
    en: "the tile, or in a layer across tiles the channel, whose maps are drawn",
    ja: "地図を描くタイル。タイルの間の層ならチャンネル",
  },
});

function wholeEntry(checkpoint: Checkpoint, model: Model, vocabulary: WordPiece | undefined): Entry {
  const { name: file, tensors } = checkpoint;
  const { family, parameters, layers } = model;
  const depth = layers.length;
  const heads = [...new Set(layers.map((layer) => layer.heads))].sort((a, b) => a - b).join("–");
  const layer = integer({
    fallback: 1,
    min: 1,
    max: Math.max(1, depth),
    help: { en: `the layer whose maps are drawn, 1 to ${depth}`, ja: `地図を描く層（1 から ${depth}）` },
  });
  const given = { trained: { en: `those of ${file}`, ja: `${file} のもの` } };
  const hasConfig = Object.keys(checkpoint.config).length > 0;
  const inParts = layers.some(({ parts }) => parts > 1);
  const named = layers.some(({ name }, l) => name !== `blocks[${l}].self`);
  const options: Options = {
    layer,
    head: headOption,
    ...(inParts && { part: partOption }),
    ...(model.input === "tokens" ? { tokens: tokensOption } : { image: imageOption }),
  };
  const must = (name: string, most: number, en: string, ja: string, got: number): Phrase => ({
    en: `--${name} must be from 1 to ${most}, the number of ${en}; got ${got}`,
    ja: `--${name} は 1 から${ja}の数 ${most} までです（${got} でした）`,
  });
  return entry({
    id: "weights",
    name: { en: `${family}: ${file}`, ja: `${family}: ${file}` },
    about: {
      en:
        `The whole model, recognised by its ${tensors.size} tensors' names` +
        `${hasConfig ? " and its config.json" : ""}: ` +
        `${depth} layers ` +
        `of ${heads} heads, ${parameters} parameters. It runs from ` +
        `${model.input === "tokens" ? "tokens" : "a picture"} to its end; ` +
        "the maps are those of one layer inside it.",
      ja:
        `モデル全体です。${tensors.size} 個のテンソルの名前${hasConfig ? "と config.json" : ""}から見分けました(${depth} 層、${heads} ヘッド、` +
        `パラメータ ${parameters} 個)。${model.input === "tokens" ? "トークン" : "画像"}から最後まで動かし、地図はその中の一つの層のものです。`,
    },
    ...(named && { listing: layers.map((one) => lineOf(one)) }),
    document: model.document,
    file: model.file,
    of: [model.of],
    input: model.input === "picture" ? "picture" : "text",
    vectors: { en: `Vectors and weights are those of ${file}.`, ja: `ベクトルも重みも ${file} のものです。` },
    options,
    conflict({ layer: one, head, part, tokens }) {
      const at = layers[(one as number) - 1];
      if (at === undefined) return { en: `${file} has no layer`, ja: `${file} に層がありません` };
      if (head !== "all" && (head as number) > at.heads) return must("head", at.heads, "heads", "ヘッド", head as number);
      if (typeof part === "number" && part > at.parts) {
        const { en, ja } = at.part ?? { en: "map", ja: "地図" };
        return must("part", at.parts, `${en}s`, ja, part);
      }
      const list = tokens as readonly number[] | "none" | undefined;
      const numbers: readonly number[] = Array.isArray(list) ? list : [];
      const beyond = numbers.find((token) => token >= model.vocabulary);
      if (beyond !== undefined) {
        return {
          en: `--tokens must be from 0 to ${model.vocabulary - 1}; got ${beyond}`,
          ja: `--tokens は 0 から ${model.vocabulary - 1} までです（${beyond} でした）`,
        };
      }
      if (numbers.length <= model.most) return undefined;
      return {
        en: `--tokens must be at most ${model.most}; got ${numbers.length}`,
        ja: `--tokens は ${model.most} 個までです（${numbers.length} 個でした）`,
      };
    },
    run({ text, options: { layer: one, head, part = 1, tokens, image } }) {
      const asked = { l: (one as number) - 1, head: head as number | "all", t: (part as number) - 1 };
      if (model.input === "picture") {
        const { height, width, channels } = model.picture;
        const { picture } = image as Shown;
        const seen = channels === 1 ? [greyPlane(picture)] : colourPlanes(picture);
        const input = normalise(filling(seen, height, width), pictureScale(checkpoint, channels));
        return { ...given, ...showing(model, asked, input, undefined) };
      }
      const list = Array.isArray(tokens)
        ? (tokens as readonly number[])
        : (vocabulary?.encode(text.raw ?? text.words.join(" ")) ?? []).slice(0, model.most);
      const words = list.map((token) => clean(vocabulary?.word(token) ?? String(token)));
      return { ...given, ...showing(model, asked, list, words) };
    },
  });
}

/** One line of the list of layers: its name, its heads, and its maps of each. */
function lineOf({ name, heads, parts, part }: Attending): Phrase {
  const start = `${name}  ${heads}`;
  if (parts === 1) return { en: `${start} head${heads === 1 ? "" : "s"}`, ja: `${start} ヘッド` };
  return {
    en: `${start} head${heads === 1 ? "" : "s"} in each of ${parts} ${part!.en}s`,
    ja: `${start} ヘッド × ${part!.ja} ${parts}`,
  };
}

/** How the model's pictures are normalised: as a preprocessor says, else by halves, or as ImageNet's are. */
function pictureScale({ tensors, config }: Checkpoint, channels: number): Parameters<typeof normalise>[1] {
  const timm = config["pretrained_cfg"] as Readonly<Record<string, unknown>> | null | undefined;
  const said = [config["image_mean"] ?? timm?.["mean"], config["image_std"] ?? timm?.["std"]];
  const [mean, deviation] = said.map((list) => (Array.isArray(list) ? (list as unknown[]) : []));
  const isSound = [mean!, deviation!].every(
    (list) => list.length === channels && list.every((x) => typeof x === "number" && Number.isFinite(x)),
  );
  if (isSound && !deviation!.includes(0)) return { mean, deviation } as Parameters<typeof normalise>[1];
  const half = Array.from({ length: channels }, () => 0.5);
  return channels === 3 && isImageNets(tensors, config) ? IMAGENET : { mean: half, deviation: half };
}

/** Whether a model without a preprocessor saw pictures normalised as ImageNet's: all but Hugging Face's ViT. */
function isImageNets(tensors: Checkpoint["tensors"], config: Checkpoint["config"]): boolean {
  const isHuggingFace = [...tensors.keys()].some((name) => /(?:^|\.)embeddings\.cls_token$/.test(name));
  return !isHuggingFace || config["model_type"] === "deit";
}

/** What one pass tells: its output, the maps of layer l, part by part, and of all layers the sums and the pairs. */
interface Heard {
  readonly output: Matrix;
  readonly parts: readonly (readonly Matrix[])[];
  readonly sums: Check;
  readonly pairs: number;
}

/** One pass. The maps of the other layers are checked and counted as they come, and not kept. */
function heardMaps(model: Model, input: Input, l: number): Heard {
  const parts: (readonly Matrix[])[] = [];
  let sums = rowSums([]);
  let pairs = 0;
  const output = model.forward(input, (name, weights) => {
    if (name.replace(/\.map\[\d+\]$/, "") === model.layers[l]!.name) parts.push(weights);
    const check = rowSums(weights);
    if (sums.pass && (!check.pass || check.deviation! > sums.deviation!)) sums = check;
    pairs += weights.reduce((sum, A) => sum + A.data.reduce((lit, w) => (w === 0 ? lit : lit + 1), 0), 0);
  });
  return { output, parts, sums, pairs };
}

/** One pass of the model, and the maps of one layer. */
function showing(
  model: Model,
  { l, head, t }: { readonly l: number; readonly head: number | "all"; readonly t: number },
  input: Input,
  words: readonly string[] | undefined,
): Omit<Result, "trained"> {
  const { output, parts: told, sums, pairs } = heardMaps(model, input, l);
  const { name, heads, parts, part, rows = words ?? [], cols = words ?? [] } = model.layers[l]!;
  const maps = told[t]!;
  const { rows: T, cols: n } = maps[0]!;
  const drawn = head === "all" ? maps.map((_, m) => m).slice(0, MOST_HEADS) : [head - 1];
  const answer = model.answer(output);
  const finite = output.data.every(Number.isFinite);
  const checks: Check[] = [
    sums,
    {
      id: "finite",
      label: { en: "every number of the output is finite", ja: "出力の数はすべて有限" },
      pass: finite,
    },
  ];
  const redone = again(model, input, l, t);
  if (redone !== undefined) {
    checks.push(equalsNaive(redone.map((one, m) => ({ weights: maps[m]!, naive: one })), T));
  }
  const text: Text | undefined = words && { name: { en: "tokens", ja: "トークン" }, words, X: output };
  const multiplyAdds = model.multiplyAdds(T);
  const isNamed = name !== `blocks[${l}].self`;
  const where = {
    en: (isNamed ? ` (${name})` : "") + (parts > 1 ? `, ${part!.en} ${t + 1} of ${parts}` : ""),
    ja: (isNamed ? `(${name})` : "") + (parts > 1 ? `、${part!.ja} ${t + 1} / ${parts}` : ""),
  };
  return {
    ...(text && { read: { text, memory: text } }),
    ...(answer !== undefined && {
      answers: [{ given: words === undefined ? "image" : (words[words.length - 1] ?? ""), answer }],
    }),
    shapes: [
      { name: "A", letters: T === n ? "h, T, T" : "h, T, n", numbers: [heads, T, n] },
      shape("output", "T, D", output),
    ],
    maps: drawn.map((m) => ({
      title: {
        en: `layer ${l + 1} of ${model.layers.length}${where.en}, head ${m + 1} of ${heads}`,
        ja: `層 ${l + 1} / ${model.layers.length}${where.ja}、ヘッド ${m + 1} / ${heads}`,
      },
      weights: maps[m]!,
      rows,
      cols,
    })),
    checks,
    costs: [
      {
        label: PAIRS,
        formula: "seen in all layers and heads",
        value: pairs,
      },
      ...(multiplyAdds === undefined
        ? []
        : [{ label: MULTIPLY_ADDS, formula: "as lib/models counts them", value: multiplyAdds }]),
    ],
  };
}

/** A layer's weights once more by the naive computation, head by head, from what enters it. */
function again(model: Model, input: Input, l: number, t: number): Naive[] | undefined {
  const seen = model.again(input, l, t);
  if (seen === undefined) return undefined;
  const { attention, queries, memory, bias } = seen;
  return attention.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
    const by = (X: Matrix, W: Matrix, b: Matrix | undefined): number[][] =>
      naiveLinear(rowsOf(X), rowsOf(W), b && rowsOf(b));
    const [Q, K, V] = [by(queries, W_Q, b_Q), by(memory, W_K, b_K), by(memory, W_V, b_V)];
    const allow = (i: number, j: number): boolean => j <= i;
    const scale = 1 / Math.sqrt(W_Q.cols);
    return naive(Q, K, V, { scale, ...(model.causal && { allow }), ...(bias && { bias: rowsOf(bias[m]!) }) });
  });
}
