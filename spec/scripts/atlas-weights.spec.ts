import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, normal } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { concatColumns, sliceColumns } from "../../lib/kernels/columns.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { fromRows, identity } from "../../lib/matrix.ts";
import { play } from "../support/atlas-world.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";
import { writeSafetensors } from "../../lib/checkpoints/safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-weights-"));
test.after(() => rmSync(folder, { recursive: true }));

function saved(
  name: string,
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Record<string, string> = {},
): string {
  const file = join(folder, name);
  writeFileSync(file, writeSafetensors(tensors, metadata));
  return file;
}

const D = 12;
const [W_Q, W_K, W_V, b_Q, b_K, b_V] = [
  normal(D, D, 1),
  normal(D, D, 2),
  normal(D, D, 3),
  normal(1, D, 4),
  normal(1, D, 5),
  normal(1, D, 6),
];
const held = ({ rows, cols, data }: Matrix): Tensor => ({ dtype: "F32", shape: [rows, cols], data });
const linear = (W: Matrix): Tensor => held(transpose(W));
const vector = ({ cols, data }: Matrix): Tensor => ({ dtype: "F32", shape: [cols], data });
const three = (names: readonly string[], ends: readonly [string, string]): [string, Tensor][] =>
  names.flatMap((name, m): [string, Tensor][] => [
    [name + ends[0], linear([W_Q, W_K, W_V][m]!)],
    [name + ends[1], vector([b_Q, b_K, b_V][m]!)],
  ]);
const [W, b] = [concatColumns([W_Q, W_K, W_V]), concatColumns([b_Q, b_K, b_V])];
const stacked = (name: string, ends: readonly [string, string]): [string, Tensor][] => [
  [name + ends[0], linear(W)],
  [name + ends[1], vector(b)],
];

/** The same attention under every form of names. */
const FORMS: Record<string, [string, Tensor][]> = {
  "h.0.attn (c_attn)": [
    ["h.0.attn.c_attn.weight", held(W)],
    ["h.0.attn.c_attn.bias", vector(b)],
  ],
  "encoder.layers.2.self_attn (in_proj)": stacked("encoder.layers.2.self_attn.in_proj", ["_weight", "_bias"]),
  "(root) (in_proj)": stacked("in_proj", ["_weight", "_bias"]),
  "blocks.3.attn (qkv)": stacked("blocks.3.attn.qkv", [".weight", ".bias"]),
  "x.Wqkv (Wqkv)": stacked("x.Wqkv", [".weight", ".bias"]),
  "model.layers.4.self_attn (q_proj)": three(
    ["q", "k", "v"].map((x) => `model.layers.4.self_attn.${x}_proj`),
    [".weight", ".bias"],
  ),
  "encoder.layer.5.attention.self (query)": three(
    ["query", "key", "value"].map((x) => `encoder.layer.5.attention.self.${x}`),
    [".weight", ".bias"],
  ),
  "encoder.layer.6.attention.self (global)": three(
    ["query", "key", "value"].map((x) => `encoder.layer.6.attention.self.${x}_global`),
    [".weight", ".bias"],
  ),
  "transformer.layer.7.attention (q_lin)": three(
    ["q", "k", "v"].map((x) => `transformer.layer.7.attention.${x}_lin`),
    [".weight", ".bias"],
  ),
  "fusion.8.attn (wq)": three(
    ["q", "k", "v"].map((x) => `fusion.8.attn.w${x}`),
    [".weight", ".bias"],
  ),
  "attn1.9 (to_q)": three(
    ["q", "k", "v"].map((x) => `attn1.9.to_${x}`),
    [".weight", ".bias"],
  ),
  "separate (q_proj)": [
    ...["q", "k", "v"].map((x, m): [string, Tensor] => [
      `separate.${x}_proj_weight`,
      linear([W_Q, W_K, W_V][m]!),
    ]),
    ["separate.in_proj_bias", vector(b)],
  ],
};

const text = "the cat saw the bird";
const X = embed(text.split(" "), D, 1);

interface Told {
  listing: { en: string }[];
  passed: boolean;
  runs: { maps: { weights: number[][] }[]; notes: { en: string }[] }[];
}

async function told(args: readonly string[]): Promise<Told> {
  const { status, out, err } = await play([...args, "--text", text, "--json"]);
  assert.deepEqual([status, err], [0, ""]);
  return (JSON.parse(out) as { mechanisms: Told[] }).mechanisms[0]!;
}

/** The maps that lib makes of the same projections. */
function expected(fused: AttentionHead, heads: number, past: boolean = false): Matrix[] {
  return new MultiHeadAttention({ heads: splitHeads(fused, heads), W_O: identity(fused.W_V.cols) }).forward(
    X,
    X,
    X,
    { allow: past ? causal() : undefined },
  ).weights;
}

test("every form of names gives the maps of the same attention; a causal one those of the past", async () => {
  for (const [name, tensors] of Object.entries(FORMS)) {
    const file = saved("form.safetensors", [["norm.weight", vector(b_Q)], ...tensors]);
    const { listing, passed, runs } = await told(["--weights", file, "--heads", "3"]);
    assert.equal(listing.length, 1, name);
    assert.ok(name.startsWith(listing[0]!.en.split("  ")[0]!), `${listing[0]!.en} for ${name}`);
    assert.ok(passed, `${name}: its checks pass`);
    const maps = expected({ W_Q, W_K, W_V, b_Q, b_K, b_V }, 3, name.includes("c_attn"));
    assert.equal(runs[0]!.maps.length, 3);
    runs[0]!.maps.forEach(({ weights }, m) => assertClose(maps[m]!, weights, 1e-6, `${name}, head ${m + 1}`));
  }
});

test("to_q with to_kv, keys of another width, and fewer heads of keys than of queries", async () => {
  const halves: [string, Tensor][] = [
    ["fn.to_q.weight", linear(W_Q)],
    ["fn.to_kv.weight", linear(concatColumns([W_K, W_V]))],
  ];
  const first = await told(["--weights", saved("kv.safetensors", halves), "--heads", "2"]);
  first.runs[0]!.maps.forEach(({ weights }, m) =>
    assertClose(expected({ W_Q, W_K, W_V }, 2)[m]!, weights, 1e-6),
  );
  const [few_K, few_V] = [sliceColumns(W_K, 0, 6), sliceColumns(W_V, 0, 6)];
  const grouped = (["q", "k", "v"] as const).map((x, m): [string, Tensor] => [
    `a.${x}_proj.weight`,
    linear([W_Q, few_K, few_V][m]!),
  ]);
  // heads of 3: four of queries, two of keys
  const { runs } = await told(["--weights", saved("grouped.safetensors", grouped), "--heads", "4"]);
  const serves = (M: Matrix): Matrix =>
    concatColumns([0, 0, 1, 1].map((k) => sliceColumns(M, 3 * k, 3 * k + 3)));
  runs[0]!.maps.forEach(({ weights }, m) =>
    assertClose(
      expected({ W_Q, W_K: serves(few_K), W_V: serves(few_V) }, 4)[m]!,
      weights,
      1e-6,
      `head ${m + 1}`,
    ),
  );
  assert.ok(
    runs[0]!.notes.some(({ en }) => en.includes("share one of keys")),
    "the page says that heads share keys",
  );
  const cross: [string, Tensor][] = [
    ["m.q_proj_weight", linear(W_Q)],
    ["m.k_proj_weight", linear(normal(5, D, 7))],
    ["m.v_proj_weight", linear(normal(7, D, 8))],
  ];
  assert.match(
    (await told(["--weights", saved("cross.safetensors", cross)])).listing[0]!.en,
    /^m {2}q_proj {2}12\/5, 4 heads$/,
  );
});

test("layers are listed as a person counts and chosen by number, name or part; what only looks like one is " +
  "not", async () => {
  const tensors: [string, Tensor][] = [10, 2].flatMap((l) =>
    stacked(`layer.${l}.attn.qkv`, [".weight", ".bias"]),
  );
  const odd = {
    "a.query.weight": linear(W_Q),
    "b.qkv.weight": held(normal(7, D, 1)),
    "c.qkv.weight": vector(b_Q),
    my_in_proj_weight: held(normal(6, 2, 1)),
    "t.q.weight": linear(W_Q),
  };
  const file = saved("many.safetensors", [...tensors, ...Object.entries(odd)]);
  const { listing } = await told(["--weights", file]);
  assert.deepEqual(
    listing.map(({ en }) => en.split(" ")[0]),
    ["layer.2.attn", "layer.10.attn"],
  );
  const { out } = await play(["--weights", file, "--layer", "2", "--head", "2", "--text", text]);
  assert.match(
    out,
    /layers {3}1 {2}layer\.2\.attn {3}qkv {2}12, 4 heads\n {11}2 {2}layer\.10\.attn {2}qkv {2}12, 4 heads/,
  );
  assert.ok(out.includes("layer.10.attn, head 2 of 4"), "layer and head are named");
  for (const layer of ["layer.10.attn", ".10"]) {
    assert.equal(
      (await play(["--weights", file, "--layer", layer, "--head", "2", "--text", text])).out,
      out,
    );
  }
});

test("heads: as config.json beside the file says, or its own metadata", async () => {
  mkdirSync(join(folder, "published"));
  writeFileSync(join(folder, "published/config.json"), '{"num_attention_heads": 6}');
  for (const [name, metadata, heads] of [
    ["published/model", {}, 6],
    ["own", { config: '{"num_heads": 2}' }, 2],
    ["unfit", { config: '{"num_heads": 5}' }, 4],
  ] as const) {
    const file = saved(`${name}.safetensors`, stacked("attn.qkv", [".weight", ".bias"]), metadata);
    assert.match(
      (await told(["--weights", file])).listing[0]!.en,
      new RegExp(`, ${heads} heads$`),
      name,
    );
  }
});

test("an embedding is used where the metadata says whose rows are whose, and only for words that it has", async () => {
  const E = normal(5, D, 9);
  const file = saved(
    "words.safetensors",
    [...stacked("attn.qkv", [".weight", ".bias"]), ["word_embedding.weight", held(E)]],
    { vocabulary: '["bird", "saw", "the", "cat", "dog"]' },
  );
  const own = await told(["--weights", file, "--head", "1"]);
  const Y = fromRows([2, 3, 1, 2, 0].map((row) => E.data.subarray(row * D, (row + 1) * D)));
  const map = new MultiHeadAttention({
    heads: splitHeads({ W_Q, W_K, W_V, b_Q, b_K, b_V }, 4),
    W_O: identity(D),
  }).forward(Y, Y, Y).weights[0]!;
  assertClose(map, own.runs[0]!.maps[0]!.weights, 1e-6);
  assert.ok(own.runs[0]!.notes[0]!.en.includes("own embedding"), "the page says so");
  assert.match(
    (await play(["--weights", file, "--text", "the horse saw the bird"])).out,
    /vectors are hashed, not learned/,
  );
});

test("wrong use is one line: no value, no file, no checkpoint, a truncated one, no attention, no such " +
  "layer, heads that do not fit", async () => {
  const file = saved("attn.safetensors", [
    ...stacked("a.qkv", [".weight", ".bias"]),
    ...stacked("b.qkv", [".weight", ".bias"]),
  ]);
  const bytes = readFileSync(file);
  writeFileSync(join(folder, "short.safetensors"), bytes.subarray(0, bytes.length - 1));
  writeFileSync(join(folder, "text.txt"), "not a checkpoint at all");
  const says = async (args: readonly string[], message: RegExp): Promise<void> => {
    const { status, out, err } = await play(args);
    assert.deepEqual([status, out, err.split("\n").length], [2, "", 2], args.join(" "));
    assert.match(err, message);
  };
  await says(["--weights"], /--weights needs a value: --weights=FILE\.safetensors/);
  await says(["--weights", join(folder, "none")], /there is no file/);
  await says(
    ["--weights", join(folder, "text.txt")],
    /is no checkpoint that can be read: readSafetensors: .* is it a safetensors file\?$/m,
  );
  await says(
    ["--weights", join(folder, "short.safetensors")],
    /is no checkpoint that can be read: readSafetensors: /,
  );
  await says(
    ["--weights", saved("none.safetensors", [["fc.weight", linear(W_Q)]])],
    /holds 1 tensor, but no attention that is recognised/,
  );
  await says(
    ["--weights", file, "--layer", "c"],
    /--layer must be a layer's name or its number from 1 to 2: a, b; got "c"/,
  );
  await says(
    ["--weights", file, "--heads", "5"],
    /--heads must share out the 12 features of a evenly; got 5/,
  );
  await says(
    ["--weights", file, "--heads", "3", "--head", "4"],
    /--head must be from 1 to 3, the number of heads; got 4/,
  );
  await says(
    ["--weights", file, "--lang", "ja", "--layer", "3"],
    /--layer には 層の名前か 1 から 2 までの番号を指定します/,
  );
});
