import assert from "node:assert/strict";
import test from "node:test";
import type { LongformerConfig } from "../../lib/models/longformer-counts.ts";
import type { Safetensors, Tensor } from "../../lib/checkpoints/safetensors.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { longformerConfig } from "../../lib/models/longformer-counts.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { readLongformer, writeLongformer } from "../../lib/checkpoints/longformer-checkpoint.ts";
import { readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { readShards } from "../../lib/checkpoints/shards.ts";

/** Tensors in so many files, dealt out one by one, and the text of their index. */
function sharded(
  tensors: ReadonlyMap<string, Tensor>,
  count: number,
): { files: Map<string, Uint8Array>; index: string } {
  const name = (k: number): string => `model-0000${k + 1}-of-0000${count}.safetensors`;
  const parts = Array.from({ length: count }, () => new Map<string, Tensor>());
  const weight_map: Record<string, string> = {};
  [...tensors].forEach(([key, tensor], k) => {
    parts[k % count]!.set(key, tensor);
    weight_map[key] = name(k % count);
  });
  const files = new Map(
    parts.map((part, k) => [name(k), writeSafetensors(part, { format: "pt", part: `${k}` })]),
  );
  return { files, index: JSON.stringify({ metadata: { total_size: 1.5e10 }, weight_map }, null, 2) };
}

test("a model in one, two and five files is the model in one piece; each file is opened once", () => {
  const config: LongformerConfig = {
    ...longformerConfig("tiny"),
    vocabulary: 20,
    positions: 18,
    radius: 1,
    depth: 1,
  };
  const model = Longformer.random(config, randomGenerator(1));
  const tensors = writeLongformer(model);
  for (const count of [1, 2, 5]) {
    const { files, index } = sharded(tensors, count);
    const opened: string[] = [];
    const { tensors: read, metadata } = readShards(index, (file) => {
      opened.push(file);
      return readSafetensors(files.get(file)!);
    });
    assert.deepEqual([...read.keys()], [...tensors.keys()], "the order of the index");
    assert.deepEqual(parameters(readLongformer(read, config)), parameters(model));
    assert.deepEqual(opened, [...files.keys()]);
    assert.deepEqual({ ...metadata }, { format: "pt", part: "0" });
  }
});

const one: Tensor = { dtype: "F32", shape: [1], data: Float32Array.of(1) };
const holding = (...names: string[]): Safetensors => ({
  tensors: new Map(names.map((name) => [name, one])),
  metadata: {},
});

test("index and files must agree: one error lists what is missing, and what no entry names", () => {
  const index = JSON.stringify({ weight_map: { a: "1", b: "2", c: "2" } });
  const files: Record<string, Safetensors> = { 1: holding("a", "b"), 2: holding("c", "d") };
  assert.throws(() => readShards(index, (file) => files[file]!), {
    name: "RangeError",
    message:
      "readShards: the files must hold exactly the index's tensors; got 3 that do not fit:\n" +
      "  missing b in 2\n  unknown b in 1\n  unknown d in 2",
  });
  const failing = (): never => {
    throw new RangeError("no such file");
  };
  assert.throws(() => readShards(index, failing), /no such file/, "an error of `open` goes through");
});

test("messages", () => {
  const open = (): Safetensors => holding("a");
  const refused: [unknown, string, string][] = [
    [
      "version https://git-lfs.github.com",
      "SyntaxError",
      'index must be JSON; got "version https://git-lfs.github.com"',
    ],
    ["[]", "SyntaxError", 'index must hold a record weight_map; got "[]"'],
    [
      '{"weight_map":["a"]}',
      "SyntaxError",
      'index must hold a record weight_map; got "{\\"weight_map\\":[\\"a\\"]}"',
    ],
    ['{"weight_map":{"a":1}}', "SyntaxError", 'weight_map must name a file for "a"; got number'],
    ...["../a", "/etc/passwd", "b\\a", "c:a", "..", ".", ""].map((file): [string, string, string] => [
      JSON.stringify({ weight_map: { a: file } }),
      "RangeError",
      `weight_map must name files without a folder; got ${JSON.stringify(file)}`,
    ]),
  ];
  for (const [index, name, message] of refused) {
    assert.throws(
      () => readShards(index as string, open),
      { name, message: `readShards: ${message}` },
    );
  }
  assert.throws(() => readShards("{}", {} as never), {
    name: "TypeError",
    message: "readShards: open must be a function (file) => Safetensors; got object",
  });
  const odd = readShards('{"weight_map":{"__proto__":"1","a":"1"}}', () => holding("a", "__proto__"));
  assert.deepEqual([...odd.tensors.keys()].sort(), ["__proto__", "a"], "names are only names");
});
