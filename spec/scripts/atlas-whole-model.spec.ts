/** `--weights` on whole models of random weights under their published names, from the command line to the end. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { Bert } from "../../lib/models/bert.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { ViT } from "../../lib/models/vit.ts";
import { colourPlanes, normalise } from "../../scripts/images/picture.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { normal } from "../support/values.ts";
import { play } from "../support/atlas-world.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { square } from "../../scripts/images/fit.ts";
import { sunOverHills } from "../../scripts/images/sun.ts";
import { wordPiece } from "../../scripts/atlas/word-piece.ts";
import { writeBert } from "../../lib/checkpoints/bert-checkpoint.ts";
import { writeBigBird } from "../../lib/checkpoints/big-bird-checkpoint.ts";
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
