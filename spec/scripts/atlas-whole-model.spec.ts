/** `--weights` on whole models of random weights under their published names, from the command line to the end. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { Bert } from "../../lib/models/bert.ts";
import { Cat } from "../../lib/models/cat.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { ViT } from "../../lib/models/vit.ts";
import { IMAGENET, colourPlanes, greyPlane, normalise } from "../../scripts/images/picture.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { normal } from "../support/values.ts";
import { play } from "../support/atlas-world.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { filling, square } from "../../scripts/images/fit.ts";
import { sunOverHills } from "../../scripts/images/sun.ts";
import { wordPiece } from "../../scripts/atlas/word-piece.ts";
import { writeBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { writeBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
import { writeCat } from "../../lib/checkpoints/cat-checkpoint.ts";
import { writeCrossViT } from "../../lib/checkpoints/cross-vit-checkpoint.ts";
import { writeGpt2 } from "../../lib/checkpoints/gpt2-checkpoint.ts";
import { writeLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { writeViT } from "../../lib/checkpoints/vit-checkpoint.ts";

const VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "play", "##ing", "##ed", "saw", ".", "e"];

const encoder: TokenEncoderConfig = {
  ...{ vocabulary: VOCABULARY.length, positions: 40, types: 2, d_model: 8, heads: 2, depth: 2, d_hidden: 16 },
  ...{ activation: "gelu", eps: 1e-12, pooler: true },
};

/** The model with weights large enough that its maps are not flat. */
function filled<Model extends object>(model: Model): Model {
  let seed = 5;
  parameters(model).forEach((M) => {
    const noise = normal(M.rows, M.cols, seed++);
    M.data.forEach((x, e) => (M.data[e] = x + 0.3 * noise.data[e]!));
  });
  return model;
}

/** A folder as models are published: weights, config.json, perhaps a vocabulary. */
function published(
  tensors: ReadonlyMap<string, Tensor>,
  config: object | undefined,
  { vocabulary = false, prefix = "" } = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), "whole-"));
  const named = new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor]));
  writeFileSync(join(folder, "model.safetensors"), writeSafetensors(named));
  if (config !== undefined) writeFileSync(join(folder, "config.json"), JSON.stringify(config));
  if (vocabulary) writeFileSync(join(folder, "vocab.txt"), `${VOCABULARY.join("\n")}\n`);
  return folder;
}

const told = async (...args: string[]) => {
  const { status, out, err } = await play([...args, "--json"]);
  assert.deepEqual([status, err], [0, ""], args.join(" "));
  const [mechanism] = JSON.parse(out).mechanisms;
  return { ...mechanism, run: mechanism.runs[0] };
};

/** Maps as the command shows them against those of the model itself. */
function assertMaps(shown: { weights: number[][] }[], expected: readonly { data: Float32Array }[]): void {
  assert.equal(shown.length, expected.length);
  shown.forEach(({ weights }, m) =>
    weights.flat().forEach((w, e) => assert.ok(Math.abs(w - expected[m]!.data[e]!) < 1e-6, `map ${m}, ${e}`)),
  );
}

test("a BERT reads a text through vocab.txt, and tokens; every layer and head has its map", async () => {
  const model = filled(Bert.random(encoder, randomGenerator(1)));
  const config = { model_type: "bert", num_attention_heads: 2, layer_norm_eps: 1e-12, hidden_act: "gelu" };
  for (const prefix of ["", "bert."]) {
    const folder = published(writeBert(model), config, { vocabulary: true, prefix });
    const weights = ["--weights", join(folder, "model.safetensors")];
    const tokens = [2, 4, 5, 6, 7, 1, 10, 3];
    for (const layer of [1, 2]) {
      const heard = new Map<string, readonly { data: Float32Array }[]>();
      model.forward(tokens, { onWeights: (name, maps) => void heard.set(name, maps) });
      const expected = [...heard.values()][layer - 1]!;
      const text = await told(...weights, "--text", "The cat playing zzz.", "--layer", String(layer));
      assert.deepEqual(text.run.queries, ["[CLS]", "the", "cat", "play", "##ing", "[UNK]", ".", "[SEP]"]);
      assert.match(text.about.en, /whole model/);
      assert.equal(text.trained, true);
      assert.ok(text.passed, "every check passes");
      assertMaps(text.run.maps, expected);
      const same = await told(...weights, "--tokens", tokens.join(","), "--layer", String(layer), "--head", "2");
      assertMaps(same.run.maps, [expected[1]!]);
    }
    assert.equal((await play([...weights, "--layer", "3"])).status, 2);
    assert.equal((await play([...weights, "--head", "3"])).status, 2);
    assert.match((await play([...weights, "--tokens", "99"])).err, /--tokens must be from 0 to 11; got 99/);
    assert.match((await play([...weights, "--text", "the cat"])).out, /the whole model|The whole model/);
    rmSync(folder, { recursive: true });
  }
});

test("a GPT-2 needs tokens, says the next one, and is causal; without them one layer, and why", async () => {
  const sizes = { vocabulary: 30, positions: 16, d_model: 8, heads: 2, depth: 2, d_hidden: 16, eps: 1e-5 };
  const model = filled(Gpt2.random(sizes, randomGenerator(2)));
  const folder = published(writeGpt2(model), { model_type: "gpt2", n_head: 2, layer_norm_epsilon: 1e-5 });
  const weights = ["--weights", folder];
  const whole = await told(...weights, "--tokens", "3,1,4,1,5");
  const heard: (readonly { data: Float32Array }[])[] = [];
  const Y = model.forward([3, 1, 4, 1, 5], { onWeights: (_, maps) => void heard.push(maps) });
  assertMaps(whole.run.maps, heard[0]!);
  const last = [...model.logits(Y).data.slice(-30)];
  assert.deepEqual(whole.run.answers, [{ given: "5", answer: String(last.indexOf(Math.max(...last))) }]);
  assert.ok(whole.passed && whole.run.maps[0].weights[0][1] === 0, "causal");
  const single = await told(...weights, "--text", "a b c");
  assert.match(single.about.en, /no vocab\.txt of WordPiece .* --tokens/);
  rmSync(folder, { recursive: true });
});

test("a ViT looks at a picture, under both names", async () => {
  const sizes = {
    ...{ height: 32, width: 32, channels: 3, patch: 8, d_model: 8, heads: 2, depth: 2, d_hidden: 16 },
    ...{ classes: 3, eps: 1e-12 },
  };
  const model = filled(ViT.random(sizes, randomGenerator(3)));
  const config = { model_type: "vit", image_size: 32, num_attention_heads: 2, layer_norm_eps: 1e-12 };
  const labels = { id2label: { 0: "sun", 1: "moon", 2: "star" } };
  for (const naming of ["hugging-face", "timm"] as const) {
    const half = [0.5, 0.5, 0.5];
    const scale = { image_mean: half, image_std: half };
    const folder = published(writeViT(model, naming), { ...config, ...labels });
    writeFileSync(join(folder, "preprocessor_config.json"), JSON.stringify(scale));
    const heard: (readonly { data: Float32Array }[])[] = [];
    const image = normalise(square(colourPlanes(sunOverHills()), 32), { mean: half, deviation: half });
    const Y = model.forward(image, { onWeights: (_, maps) => void heard.push(maps) });
    const whole = await told("--weights", folder, "--layer", "2");
    assertMaps(whole.run.maps, heard[1]!);
    const logits = [...model.logits(Y).data];
    const best = ["sun", "moon", "star"][logits.indexOf(Math.max(...logits))];
    assert.deepEqual(whole.run.answers, [{ given: "image", answer: best }]);
    assert.ok(whole.passed, naming);
    rmSync(folder, { recursive: true });
  }
});

/** The maps of one layer, as `onWeights` tells them, part by part. */
type Heard = Map<string, readonly { data: Float32Array }[]>;

test("DeiT under both names: a second token, the mean of two classifiers, and a pooler left beside", async () => {
  const sizes = {
    ...{ height: 16, width: 24, channels: 1, patch: 8, d_model: 8, heads: 2, depth: 2, d_hidden: 16 },
    ...{ classes: 3, eps: 1e-12 },
  };
  const config = { image_size: [16, 24], num_attention_heads: 2, layer_norm_eps: 1e-12, image_mean: [0.5] };
  for (const change of [{ distillation: "classifier" }, { distillation: "token" }, { pooler: true }] as const) {
    const model = filled(ViT.random({ ...sizes, ...change }, randomGenerator(3)));
    for (const naming of ["hugging-face", "timm"] as const) {
      if (naming === "timm" && "pooler" in change) continue;
      const model_type = "pooler" in change ? "vit" : "deit";
      const folder = published(writeViT(model, naming), { ...config, model_type, image_std: [0.5] });
      const heard: Heard = new Map();
      // A portrait of a model: the middle of the picture in its form, one channel.
      const grey = filling([greyPlane(sunOverHills())], 16, 24);
      const image = normalise(grey, { mean: [0.5], deviation: [0.5] });
      const Y = model.forward(image, { onWeights: (name, maps) => void heard.set(name, maps) });
      const whole = await told("--weights", folder, "--layer", "2");
      assertMaps(whole.run.maps, heard.get("blocks[1].self")!);
      assert.match(whole.name.en, "pooler" in change ? /^ViT/ : /^DeiT/);
      const tokens = "pooler" in change ? ["[CLS]"] : ["[CLS]", "[DIST]"];
      assert.deepEqual(whole.run.maps[0].rows, [...tokens, "1,1", "1,2", "1,3", "2,1", "2,2", "2,3"]);
      const logits = [...model.logits(Y).data];
      assert.equal(whole.run.answers[0].answer, String(logits.indexOf(Math.max(...logits))));
      assert.ok(whole.passed, naming);
      rmSync(folder, { recursive: true });
    }
  }
});

test("a CrossViT under IBM's names and timm's: every block and fusion, without a config.json too", async () => {
  const [small, large] = [
    { image: 8, patch: 2, d_model: 32, heads: 1, depth: 1, d_hidden: 8 },
    { image: 6, patch: 3, d_model: 64, heads: 1, depth: [2, 1], d_hidden: 12 },
  ];
  const sizes = { channels: 3, classes: 4, stages: 2, branches: [small!, large!] as const };
  const model = filled(CrossViT.random(sizes as never, randomGenerator(6)));
  const ibm = writeCrossViT(model);
  const timm = new Map([...ibm].map(([name, tensor]) => [name.replace(/^(cls_token|pos_embed)\./, "$1_"), tensor]));
  const scale = { mean: [0.4, 0.5, 0.6], std: [0.2, 0.2, 0.3] };
  const image = normalise(square(colourPlanes(sunOverHills()), 8), { mean: scale.mean, deviation: scale.std });
  const heard: Heard = new Map();
  const logits = [...model.forward(image, { onWeights: (name, maps) => void heard.set(name, maps) }).data];
  const names = [...heard.keys()];
  for (const tensors of [ibm, timm]) {
    const folder = published(tensors, { num_heads: [1, 1], pretrained_cfg: scale }, { prefix: "model." });
    for (const [l, name] of names.entries()) {
      const whole = await told("--weights", folder, "--layer", String(l + 1), "--head", "1");
      assertMaps(whole.run.maps, heard.get(name)!);
      assert.match(whole.run.maps[0].title.en, new RegExp(name.replace(/[[\]]/g, "\\$&")));
      assert.ok(whole.passed && whole.run.checks.length === 3, `${name}: sums, finite, naive`);
      assert.equal(whole.run.answers[0].answer, String(logits.indexOf(Math.max(...logits))), name);
    }
    const { err } = await play(["--weights", folder, "--layer", "10"]);
    assert.match(err, /--layer must be an integer from 1 to 9; got/);
    rmSync(folder, { recursive: true });
  }
  // Published widths say the heads; others need a config.json.
  const bare = published(ibm, undefined);
  assert.match((await told("--weights", bare)).about.en, /The whole model/);
  const odd = { ...sizes, branches: [small, { ...large, d_model: 32 }] };
  const unknown = published(writeCrossViT(CrossViT.random(odd as never, randomGenerator(1))), undefined);
  assert.match((await told("--weights", unknown)).about.en, /not run as a whole model: .*num_heads/);
  for (const folder of [bare, unknown]) rmSync(folder, { recursive: true });
});

test("a CAT: tile by tile, channel by channel; its positions or config.json say its picture's size", async () => {
  const sizes = {
    ...{ height: 12, width: 12, channels: 3, patch: 2, d_model: 4, depths: [1, 1], heads: [2, 4] },
    ...{ tile: 3, ratio: 2, classes: 3 },
  };
  for (const change of [{}, { positions: false }, { width: 24 }]) {
    const model = filled(Cat.random({ ...sizes, ...change }, randomGenerator(7)));
    const [height, width] = model.grid.map((side) => 2 * side);
    const config = "positions" in change || "width" in change ? { img_size: [height, width] } : undefined;
    const folder = published(writeCat(model), config);
    const heard: Heard = new Map();
    const image = normalise(filling(colourPlanes(sunOverHills()), height!, width!), IMAGENET);
    model.forward(image, { onWeights: (name, maps) => void heard.set(name, maps) });
    for (const [layer, part, name] of [
      [1, 1, "stages[0].units[0].before.map[0]"],
      [2, 4, "stages[0].units[0].cross.map[3]"],
      [3, 3, "stages[0].units[0].after.map[2]"],
      [5, 8, "stages[1].units[0].cross.map[7]"],
    ] as const) {
      const whole = await told("--weights", folder, "--layer", `${layer}`, "--part", `${part}`);
      assertMaps(whole.run.maps, heard.get(name)!);
      assert.ok(whole.passed && whole.run.checks.length === 3, name);
    }
    const { err } = await play(["--weights", folder, "--layer", "2", "--part", "5"]);
    assert.match(err, /--part must be from 1 to 4, the number of channels; got 5/);
    const drawn = await play(["--weights", folder, "--svg", join(folder, "a.svg"), "--lang", "en"]);
    assert.equal(drawn.status, 0, drawn.err);
    assert.match(readFileSync(join(folder, "a.svg"), "utf8"), /<svg/);
    assert.equal(/and its config\.json/.test(drawn.out.replace(/\s+/g, " ")), config !== undefined);
    const lost = await play(["--weights", folder, "--text", "a b", "--lang", "en"]);
    assert.match(lost.err, /^atlas: CAT: .* reads no text: --text would be lost; --image FILE/);
    assert.match((await play(["--weights", folder, "--layer", "2", "--head", "2"])).err, /--head must be from 1 to 1/);
    rmSync(folder, { recursive: true });
  }
  const nowhere = published(writeCat(Cat.random({ ...sizes, positions: false }, randomGenerator(7))), undefined);
  assert.match((await told("--weights", nowhere)).about.en, /whole model: config.json must say image_size/);
  rmSync(nowhere, { recursive: true });
});

test("what is not run as a whole says why", async () => {
  const bert = writeBert(Bert.random(encoder, randomGenerator(1)));
  const sound = { model_type: "bert", num_attention_heads: 2 };
  const cases: [object | string | undefined, RegExp, string?][] = [
    [undefined, /a BERT by its names, but no config\.json stands beside it/],
    ["{", /a BERT by its names, but config\.json cannot be read/],
    ["[1, 2]", /config\.json is no record/],
    [{ ...sound, model_type: "roberta" }, /config\.json says model_type "roberta"/],
    [{ ...sound, num_attention_heads: null }, /config\.json must say num_attention_heads as a number; got nothing/],
    [{ ...sound, num_attention_heads: "2" }, /config\.json must say num_attention_heads as a number; got "2"/],
    [{ ...sound, num_attention_heads: 3 }, /config\.d_model must be a multiple of heads = 3; got 8/],
    [{ ...sound, hidden_act: "silu" }, /hidden_act must be gelu, relu, gelu_new, gelu_pytorch_tanh; got "silu"/],
    [{ ...sound, hidden_act: "constructor" }, /hidden_act must be .*; got "constructor"/],
    [{ ...sound, layer_norm_eps: "1e-12" }, /layer_norm_eps as a number; got "1e-12"/],
    [sound, /no vocab\.txt of WordPiece/],
    [sound, /the vocab\.txt beside it lacks \[UNK\], \[SEP\]/, "[PAD]\r\n[CLS]\r\nthe\r\n"],
    [sound, /the vocab\.txt beside it has 40 tokens and the model 12/, `${VOCABULARY.join("\n")}\n${"x\n".repeat(28)}`],
  ];
  for (const [config, reason, vocabulary] of cases) {
    const folder = published(bert, typeof config === "object" ? config : undefined);
    if (typeof config === "string") writeFileSync(join(folder, "config.json"), config);
    if (vocabulary !== undefined) writeFileSync(join(folder, "vocab.txt"), vocabulary);
    const single = await told("--weights", folder, "--text", "the cat");
    assert.match(single.about.en, reason);
    assert.match(single.about.ja, /モデル全体/, "in Japanese too");
    rmSync(folder, { recursive: true });
  }
  // A byte order mark is no part of config.json, nor of the first token.
  const folder = published(bert, undefined);
  writeFileSync(join(folder, "config.json"), `\uFEFF${JSON.stringify(sound)}`);
  writeFileSync(join(folder, "vocab.txt"), `\uFEFF${VOCABULARY.join("\r\n")}\r\n`);
  const whole = await told("--weights", folder, "--text", "[PAD] the cat");
  assert.deepEqual(whole.run.queries.slice(-3), ["the", "cat", "[SEP]"]);
  rmSync(folder, { recursive: true });
});

test("Longformer and BigBird run as a whole", async () => {
  const long = filled(Longformer.random({ ...encoder, pad: 0, radius: 2 }, randomGenerator(4)));
  const big = filled(BigBird.random({ ...encoder, pattern: { block: 2, random: 1 } }, randomGenerator(5)));
  const common = { num_attention_heads: 2, layer_norm_eps: 1e-12 };
  for (const [tensors, config] of [
    [writeLongformer(long), { ...common, model_type: "longformer", attention_window: [4, 4], pad_token_id: 0 }],
    [writeBigBird(big), { ...common, model_type: "big_bird", block_size: 2, num_random_blocks: 1 }],
  ] as const) {
    const folder = published(tensors, config, { vocabulary: true });
    const whole = await told("--weights", folder, "--text", "the cat saw the cat . the cat saw the cat .");
    assert.match(whole.about.en, /The whole model/, config.model_type);
    assert.ok(whole.passed, config.model_type);
    assert.equal(whole.run.maps.length, 2);
    rmSync(folder, { recursive: true });
  }
});

test("what is not recognised falls back to one layer", async () => {
  const model = Bert.random(encoder, randomGenerator(1));
  const bare = published(writeBert(model), undefined, { vocabulary: true });
  assert.doesNotMatch((await told("--weights", bare, "--text", "the cat")).about.en, /The whole model/);
  const odd = writeBert(model);
  odd.delete("encoder.layer.1.output.dense.weight");
  const config = { model_type: "bert", num_attention_heads: 2 };
  const broken = published(odd, config, { vocabulary: true });
  assert.match((await told("--weights", broken, "--text", "the cat")).about.en, /not run as a whole model/);
  for (const folder of [bare, broken]) rmSync(folder, { recursive: true });
});

test("WordPiece: the longest piece first, marks apart, accents dropped in lower case, unknown words whole", () => {
  const lower = wordPiece(VOCABULARY.join("\n"), true);
  const words = (text: string): string[] => lower.encode(text).map((token) => lower.word(token));
  assert.deepEqual(words("The cat"), ["[CLS]", "the", "cat", "[SEP]"]);
  assert.deepEqual(words("played, É."), ["[CLS]", "play", "##ed", "[UNK]", "e", ".", "[SEP]"]);
  assert.deepEqual(words("catalogue 猫"), ["[CLS]", "[UNK]", "[UNK]", "[SEP]"]);
  assert.deepEqual(wordPiece(VOCABULARY.join("\r\n"), false).encode("The the"), [2, 1, 4, 3]);
});
