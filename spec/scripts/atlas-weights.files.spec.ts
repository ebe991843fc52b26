import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { attentionLayers } from "../../scripts/atlas/checkpoint-layers.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { fileOf } from "../oracle/naive-safetensors.ts";
import { normal } from "../support/values.ts";
import { openCheckpoint } from "../../scripts/atlas/checkpoint.ts";
import { play } from "../support/atlas-world.ts";
import { transpose } from "../../lib/kernels/transpose.ts";
import { writeSafetensors } from "../../lib/checkpoints/safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-files-"));
test.after(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array | string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
}

type Tensors = Iterable<readonly [string, Tensor]>;

const save = (name: string, tensors: Tensors): string => write(name, writeSafetensors(tensors));
const held = (M: Matrix, dtype: string = "F32"): Tensor => ({ dtype, shape: [M.rows, M.cols], data: M.data });
const vector = ({ data }: Matrix): Tensor => ({ dtype: "F32", shape: [data.length], data });
const outIn = (W: Matrix): Tensor => held(transpose(W));

/** A stacked projection d → q + k + k with its bias, and what reading it must give. */
function stack(d: number, q: number, k: number): { W: Matrix; b: Matrix; parts: AttentionHead } {
  const [W_Q, W_K, W_V] = [normal(d, q, 1), normal(d, k, 2), normal(d, k, 3)];
  const [b_Q, b_K, b_V] = [normal(1, q, 4), normal(1, k, 5), normal(1, k, 6)];
  const [W, b] = [concatColumns([W_Q, W_K, W_V]), concatColumns([b_Q, b_K, b_V])];
  return { W, b, parts: { W_Q, W_K, W_V, b_Q, b_K, b_V } };
}

function onlyLayer(file: string): AttentionHead {
  const { layers, unread } = attentionLayers(openCheckpoint(file));
  assert.deepEqual([layers.length, unread], [1, []], file);
  return layers[0]!.load();
}

function onlyReason(file: string): string {
  const { layers, unread } = attentionLayers(openCheckpoint(file));
  assert.deepEqual([layers.length, unread.length], [0, 1], file);
  return unread[0]!.because.en;
}

const without = (parts: AttentionHead): AttentionHead => ({
  ...parts,
  b_Q: undefined,
  b_K: undefined,
  b_V: undefined,
});

async function says(file: string, message: RegExp): Promise<void> {
  const { status, out, err } = await play(["--weights", file, "--text", "the cat"]);
  assert.deepEqual([status, out, err.split("\n").length], [2, "", 2], `${file}: ${err}`);
  assert.match(err, message);
}

test("fewer key heads in a stack: told by the output projection, by config.json or by the shape", () => {
  for (const [d, q, k] of [
    [16, 16, 4],
    [16, 16, 8],
    [12, 12, 2],
    [16, 16, 16],
    [16, 8, 8],
    [16, 32, 8],
  ] as const) {
    const { W, b, parts } = stack(d, q, k);
    for (const name of ["attn.qkv", "mixer.Wqkv", "self_attn.qkv_proj", "attn.c_attn"]) {
      const base = name.replace(/[^.]+$/, "");
      const own: [string, Tensor][] = [
        [`${name}.weight`, outIn(W)],
        [`${name}.bias`, vector(b)],
      ];
      const file = `${d}-${q}-${k}/${name}`;
      const beside = save(`${file}.safetensors`, [
        ...own,
        [`${base}out_proj.weight`, outIn(normal(q, d, 7))],
      ]);
      assert.deepEqual(onlyLayer(beside), parts, `${file}: the output projection`);
      const config = JSON.stringify({ num_attention_heads: q / 2, num_key_value_heads: k / 2 });
      write(`config/${file}/config.json`, config);
      assert.deepEqual(
        onlyLayer(save(`config/${file}/model.safetensors`, own)),
        parts,
        `${file}: config.json`,
      );
    }
  }
  const alone = (d: number, q: number, k: number): string => {
    const { W } = stack(d, q, k);
    return save(`alone-${d}-${q}-${k}.safetensors`, [["blocks.0.attn.Wqkv.weight", outIn(W)]]);
  };
  assert.deepEqual(
    onlyLayer(alone(16, 16, 2)),
    without(stack(16, 16, 2).parts),
    "20 outputs do not divide by 3",
  );
  assert.deepEqual(
    onlyLayer(alone(16, 16, 16)),
    without(stack(16, 16, 16).parts),
    "three times as many",
  );
  assert.deepEqual(
    onlyLayer(alone(16, 4, 4)),
    without(stack(16, 4, 4).parts),
    "fewer outputs than inputs",
  );
  const both = /^its 24 outputs could be 8 \+ 8 \+ 8 or 16 \+ 4 \+ 4: no output projection and no config/;
  assert.match(onlyReason(alone(16, 16, 4)), both);
  assert.match(onlyReason(alone(16, 8, 8)), both);
  assert.equal(
    onlyReason(alone(16, 14, 2)),
    "its 18 outputs could be 6 + 6 + 6 or 16 + 1 + 1: no output projection " +
      "and no config.json with num_attention_heads and num_key_value_heads tells",
  );
  assert.match(onlyReason(alone(15, 15, 4)), /no queries, keys and values$/);
});

test("to_q with fewer features in to_kv, and with biases", () => {
  for (const k of [12, 6, 4, 2]) {
    const { parts } = stack(12, 12, k);
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = parts;
    const file = save(`kv-${k}.safetensors`, [
      ["fn.to_q.weight", outIn(W_Q)],
      ["fn.to_q.bias", vector(b_Q!)],
      ["fn.to_kv.weight", outIn(concatColumns([W_K, W_V]))],
      ["fn.to_kv.bias", vector(concatColumns([b_K!, b_V!]))],
    ]);
    assert.deepEqual(onlyLayer(file), parts);
  }
});

test("(in, out) storage is told by biases, the square matrices' by those of their neighbours", () => {
  const { W, b, parts } = stack(12, 12, 12);
  for (const name of ["attn.qkv", "attn.c_attn", "self_attn.Wqkv", "to_qkv"]) {
    const own = (tensor: Tensor): string =>
      save("stacked.safetensors", [
        [`${name}.weight`, tensor],
        [`${name}.bias`, vector(b)],
      ]);
    assert.deepEqual(onlyLayer(own(held(W))), parts, `${name} (12, 36) with a bias of 36`);
    assert.deepEqual(onlyLayer(own(outIn(W))), parts, `${name} (36, 12) with a bias of 36`);
    const bare = save("bare.safetensors", [[`${name}.weight`, held(W)]]);
    assert.deepEqual(onlyLayer(bare), without(parts), `${name} (12, 36) alone`);
  }
  const few = stack(16, 16, 4);
  const grouped = save("grouped.safetensors", [
    ["attn.qkv.weight", held(few.W)],
    ["attn.qkv.bias", vector(few.b)],
    ["attn.proj.weight", held(normal(16, 16, 1))],
  ]);
  assert.deepEqual(onlyLayer(grouped), few.parts, "(16, 24) with a bias of 24");
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = parts;
  const separate = (
    store: (W: Matrix) => Tensor,
    beside: [string, Tensor][],
    end: string = "weight",
  ): string =>
    save("separate.safetensors", [
      ...beside,
      ...(
        [
          ["query", W_Q],
          ["key", W_K],
          ["value", W_V],
        ] as const
      ).map(([x, M]) => [`l.0.self.${x}.${end}`, store(M)] as const),
      ...(
        [
          ["query", b_Q],
          ["key", b_K],
          ["value", b_V],
        ] as const
      ).map(([x, M]) => [`l.0.self.${x}.bias`, vector(M!)] as const),
    ]);
  const [F, f] = [normal(12, 20, 8), vector(normal(1, 20, 9))];
  const paddle: [string, Tensor][] = [
    ["l.0.linear1.weight", held(F)],
    ["l.0.linear1.bias", f],
  ];
  const torch: [string, Tensor][] = [
    ["l.0.linear1.weight", outIn(F)],
    ["l.0.linear1.bias", f],
  ];
  const far: [string, Tensor][] = [
    ["x.weight", held(F)],
    ["x.bias", f],
  ];
  assert.deepEqual(onlyLayer(separate(held, paddle)), parts, "Paddle");
  assert.deepEqual(onlyLayer(separate(outIn, torch)), parts, "PyTorch");
  assert.deepEqual(
    onlyLayer(separate(outIn, [...torch, ...far])),
    parts,
    "the nearest neighbours decide",
  );
  assert.deepEqual(onlyLayer(separate(held, far)), parts, "or all there are");
  assert.deepEqual(
    onlyLayer(separate(outIn, [])),
    parts,
    "PyTorch's storage where nothing says otherwise",
  );
  assert.deepEqual(onlyLayer(separate(held, [], "kernel")), parts, "Flax");
  const tensorFlow = (
    [
      ["query", W_Q, b_Q],
      ["key", W_K, b_K],
      ["value", W_V, b_V],
    ] as const
  ).flatMap(([x, M, m]): [string, Tensor][] => [
    [`bert/encoder/layer_._0/attention/self/${x}/kernel:0`, held(M)],
    [`bert/encoder/layer_._0/attention/self/${x}/bias:0`, vector(m!)],
  ]);
  assert.deepEqual(onlyLayer(save("tf.safetensors", tensorFlow)), parts, "TensorFlow");
});

test("a bias that fits neither side is not dropped without a word", () => {
  const { W } = stack(12, 12, 12);
  const misfit = vector(normal(1, 24, 1));
  const stackedFile = save("misfit.safetensors", [
    ["a.qkv.weight", outIn(W)],
    ["a.qkv.bias", misfit],
  ]);
  assert.equal(onlyReason(stackedFile), "its bias of 24 does not fit its 36 outputs");
  const square = outIn(normal(12, 12, 1));
  const names = ["q", "k", "v"].map((x): [string, Tensor] => [`a.${x}_proj.weight`, square]);
  const separateFile = save("misfit3.safetensors", [...names, ["a.k_proj.bias", misfit]]);
  assert.equal(onlyReason(separateFile), "its bias of 24 does not fit its 12 outputs");
});

test("BF16 files; and files with one odd tensor, which is named where it matters", async () => {
  const { W, b, parts } = stack(12, 12, 12);
  const rounded: [string, Tensor][] = [["a.qkv.weight", { ...outIn(W), dtype: "BF16" }]];
  const { W_Q } = onlyLayer(save("bf16.safetensors", rounded));
  W_Q.data.forEach((x, e) => {
    const exact = parts.W_Q.data[e]!;
    assert.ok(Math.abs(x - exact) <= Math.abs(exact) / 256, `entry ${e}: ${x} for ${exact}`);
  });
  const good = writeSafetensors([
    ["a.qkv.weight", outIn(W)],
    ["a.qkv.bias", vector(b)],
  ]);
  const end = 8 + new DataView(good.buffer).getUint32(0, true);
  const header = new TextDecoder().decode(good.subarray(8, end)).trimEnd();
  const size = good.length - end;
  const odd = (dtype: string, name: string): string =>
    write(
      "odd.safetensors",
      fileOf(
        `${header.slice(0, -1)},"${name}":{"dtype":"${dtype}","shape":[2,4],"data_offsets":[${size},${size + 8}]}}`,
        [...good.subarray(end), ...[9, 9, 9, 9, 9, 9, 9, 9]],
      ),
    );
  for (const dtype of ["F8_E4M3", "F8_E5M2", "I8", "U8", "BOOL", "F8_OF_TOMORROW"]) {
    assert.deepEqual(onlyLayer(odd(dtype, "q.idx")), parts, dtype);
  }
  const { unread } = attentionLayers(openCheckpoint(odd("F8_E4M3", "z.qkv.weight")));
  assert.deepEqual(
    unread.map(({ name, because }) => `${name}: ${because.en}`),
    ["z.qkv.weight: its numbers are stored as F8_E4M3, which are no weights as they stand"],
  );
  const { out } = await play(["--weights", odd("F8_E4M3", "z.qkv.weight"), "--text", "the cat"]);
  assert.match(out.replace(/\s+/g, " "), /1 attention layer is recognised among 3 tensors/);
  assert.match(
    out.replace(/\s+/g, " "),
    /Not read: z\.qkv\.weight, because its numbers are stored as F8_E4M3/,
  );
  const whole = fileOf(
    '{"z.qkv.weight":{"dtype":"F8_E4M3","shape":[6,2],"data_offsets":[0,12]}}',
    new Array(12).fill(1),
  );
  await says(
    write("fp8.safetensors", whole),
    /no attention that is recognised: z\.qkv\.weight, because its numbers are stored as F8_E4M3/,
  );
});

test("several files with an index, and folders: read as one", () => {
  const [first, second] = [stack(12, 12, 12), stack(12, 12, 4)];
  const [one, two] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  save(`sharded/${one}`, [
    ["l.0.qkv.weight", outIn(first.W)],
    ["l.1.qkv.bias", vector(second.b)],
  ]);
  save(`sharded/${two}`, [
    ["l.1.qkv.weight", outIn(second.W)],
    ["l.1.proj.weight", outIn(normal(12, 12, 1))],
  ]);
  const weight_map = {
    "l.0.qkv.weight": one,
    "l.1.qkv.bias": one,
    "l.1.qkv.weight": two,
    "l.1.proj.weight": two,
  };
  const index = write("sharded/model.safetensors.index.json", JSON.stringify({ metadata: {}, weight_map }));
  for (const path of [index, dirname(index)]) {
    const { layers } = attentionLayers(openCheckpoint(path));
    assert.deepEqual(
      layers.map(({ load }) => load()),
      [without(first.parts), second.parts],
      path,
    );
  }
  const single = save("single/model.safetensors", [["qkv.weight", outIn(first.W)]]);
  save("single/other.safetensors", [["fc.weight", outIn(first.W)]]);
  assert.deepEqual(onlyLayer(dirname(single)), without(first.parts), "model.safetensors of a folder");
  const only = save("only/any-name.safetensors", [["qkv.weight", outIn(first.W)]]);
  assert.deepEqual(onlyLayer(dirname(only)), without(first.parts), "the only file of a folder");
});

test("files that are none of these: one line that says what they are and what helps", async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"ab".repeat(32)}\nsize 440449768\n`;
  await says(
    write("lfs/model.safetensors", pointer),
    /got a Git LFS pointer to it: "git lfs pull" fetches the file$/m,
  );
  await says(dirname(write("lfs/model.safetensors", pointer)), /got a Git LFS pointer/);
  const zip = Buffer.concat([Buffer.from("PK\x03\x04\0\0\x08\x08\0\0", "latin1"), Buffer.alloc(200)]);
  await says(
    write("pytorch_model.bin", zip),
    /got a zip file, as PyTorch writes .*safetensors\.torch\.save_file$/m,
  );
  await says(write("empty.safetensors", ""), /bytes must begin with 8 for the header's length; got 0$/m);
  mkdirSync(join(folder, "nothing"));
  await says(
    join(folder, "nothing"),
    /is a folder: name a \.safetensors file in it, or its index; got none$/m,
  );
  const two = dirname(write("two/a.safetensors", "x"));
  write("two/b.safetensors", "x");
  await says(two, /is a folder: .*; got a\.safetensors, b\.safetensors$/m);
  const lost = JSON.stringify({ weight_map: { a: "model-1.safetensors" } });
  await says(write("lost/model.safetensors.index.json", lost), /there is no file ".*model-1\.safetensors"$/m);
  await says(
    write("json/model.safetensors.index.json", "{}"),
    /readShards: index must hold a record weight_map/,
  );
  await says(write("json/other.json", "not json"), /readShards: index must be JSON/);
});
