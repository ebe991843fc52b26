import assert from "node:assert/strict";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { checkpointPart } from "../../lib/checkpoints/checkpoint-reader.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { lazyTensor, readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";

const W = normal(3, 2, 1); //  (d_in, d_out)
const b = normal(1, 2, 2);
const P = normal(10, 7, 3);

function written(): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  writer.putLinear("fc.weight", W);
  writer.put("fc.bias", b, [2]);
  writer.put("pos_embed", P, [2, 5, 7]);
  return readSafetensors(writeSafetensors(writer.tensors)).tensors;
}

test("what was put under published names and shapes comes back to the bit", () => {
  const tensors = written();
  assert.deepEqual(
    [...tensors].map(([name, { shape }]) => [name, shape]),
    [
      ["fc.weight", [2, 3]],
      ["fc.bias", [2]],
      ["pos_embed", [2, 5, 7]],
    ],
  );
  const reader = new CheckpointReader("spec", tensors);
  assertSameBits(reader.takeLinear("fc.weight", 3, 2), W);
  assertSameBits(reader.take("fc.bias", [2]), b);
  assertSameBits(reader.take("pos_embed", [2, 5, 7]), P);
  reader.finish();
});

test("a linear weight is published transposed: entry (out, in) is W[in, out]", () => {
  const { data } = written().get("fc.weight")!;
  assert.equal(data[1 * 3 + 2], W.data[2 * 2 + 1]);
});

test("one error lists everything missing, misshapen and left over", () => {
  const tensors = written();
  tensors.set("head.weight", tensors.get("fc.bias")!);
  const reader = new CheckpointReader("spec", tensors);
  const wrong = reader.take("fc.weight", [3, 2]);
  const absent = reader.takeLinear("gone.weight", 4, 5);
  reader.take("fc.bias", [2]);
  reader.ignore("pos_embed");
  assert.deepEqual([wrong.rows, wrong.cols, absent.rows, absent.cols], [3, 2, 4, 5]);
  assert.throws(
    () => reader.finish(),
    (error: RangeError) => {
      assert.equal(error.name, "RangeError");
      assert.deepEqual(
        error.message.split("\n").map((line) => line.trim()),
        [
          "spec: the checkpoint must hold exactly this model's tensors; got 3 that do not fit:",
          "fc.weight must be [3, 2]; got [2, 3]",
          "missing gone.weight [5, 4]",
          "unknown head.weight [2]",
        ],
      );
      return true;
    },
  );
});

test("a square weight of the wrong orientation is not a shape error: the value decides", () => {
  const square = normal(2, 2, 4);
  const writer = new CheckpointWriter();
  writer.putLinear("w", square);
  assert.notDeepEqual(
    new CheckpointReader("spec", writer.tensors).take("w", [2, 2]).data,
    square.data,
  );
  assertSameBits(new CheckpointReader("spec", writer.tensors).takeLinear("w", 2, 2), square);
});

test("integers in the place of weights are refused: they are quantised and mean other numbers", () => {
  for (const [dtype, data] of [
    ["I8", Int8Array.of(1, -2)],
    ["U8", Uint8Array.of(1, 2)],
    ["I64", Float64Array.of(1, 2)],
    ["BOOL", Uint8Array.of(1, 0)],
  ] as const) {
    const reader = new CheckpointReader("spec", new Map([["w", { dtype, shape: [2], data }]]));
    reader.take("w", [2]);
    assert.throws(() => reader.finish(), {
      name: "RangeError",
      message: new RegExp(`\\n {2}w must hold numbers of type F64, F32, F16, BF16; got ${dtype}$`),
    });
  }
  for (const dtype of ["F64", "F32", "F16", "BF16"]) {
    const data = dtype === "F64" ? Float64Array.of(1, -2) : Float32Array.of(1, -2);
    const reader = new CheckpointReader("spec", new Map([["w", { dtype, shape: [2], data }]]));
    assert.deepEqual([...reader.take("w", [2]).data], [1, -2]);
    reader.finish();
  }
  const odd = lazyTensor({ name: "w", dtype: "F8_E4M3", shape: [2] }, () => Uint8Array.of(1, 2));
  const reader = new CheckpointReader("spec", new Map([["w", odd]]));
  reader.take("w", [2]);
  assert.throws(
    () => reader.finish(),
    /got F8_E4M3$/,
    "a type that is not read is one of the list, too",
  );
});

test("names behind a prefix: one more line says which, whatever stands beside them, and no other does", () => {
  const last = (names: readonly string[], wanted: readonly string[]): string | undefined => {
    const one: Tensor = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) };
    const reader = new CheckpointReader("spec", new Map(names.map((name) => [name, one])));
    for (const name of wanted) reader.take(name, [2]);
    try {
      reader.finish();
    } catch (error) {
      const lines = (error as Error).message.split("\n");
      const told = Number(/got (\d+) that/.exec(lines[0]!)![1]);
      return lines.length === told + 2 ? lines[lines.length - 1]!.trim() : undefined;
    }
    return undefined;
  };
  const names = ["embeddings.word.weight", "layer.0.query.weight", "layer.1.query.weight", "pooler.bias"];
  for (const prefix of ["longformer.", "bert.", "model.encoder.", "module.", "_orig_mod."]) {
    const behind = names.map((name) => prefix + name);
    assert.equal(last(behind, names), `all begin with ${prefix}: see checkpointPart`);
    const beside = [...behind, "lm_head.bias", "cls.weight"];
    assert.equal(last(beside, names), `4 of the 6 unknown begin with ${prefix}: see checkpointPart`);
    assert.equal(last(behind.slice(0, 3), names), `all begin with ${prefix}: see checkpointPart`);
  }
  assert.equal(
    last([...names.slice(1), "x.weight"], names),
    undefined,
    "one that is missing is no prefix",
  );
  assert.equal(last(["a.w", "b.w", "c.w"], ["w", "v", "u"]), undefined, "nor are several");
  assert.equal(last([], names), undefined);
  assert.equal(last(names, names), undefined);
});

test("what is left aside on purpose may be held to a shape", () => {
  const reader = new CheckpointReader("spec", written());
  reader.ignore("fc.weight", [2, 3]);
  reader.ignore("pos_embed", [2, 5, 8]);
  reader.ignore("fc.bias");
  reader.ignore("not.there", [1]);
  assert.throws(
    () => reader.finish(),
    /got 1 that do not fit:\n {2}pos_embed must be \[2, 5, 8\]; got \[2, 5, 7\]$/,
  );
});

test("the writer refuses a name twice and a shape that the numbers do not fill", () => {
  const writer = new CheckpointWriter();
  writer.put("b", b, [1, 2]);
  assert.throws(() => writer.put("b", b, [2]), {
    name: "RangeError",
    message: "CheckpointWriter.put: name must be new; got b twice",
  });
  assert.throws(() => writer.put("c", b, [3]), {
    name: "RangeError",
    message: "CheckpointWriter.put: c of shape [3] must hold 3 numbers; got 2",
  });
});

test("a part of a checkpoint: the names that begin so, without their beginning; none is an error", () => {
  const tensors = written();
  tensors.set("head.fc.weight", tensors.get("fc.bias")!);
  const part = checkpointPart(tensors, "fc.");
  assert.deepEqual([...part.keys()], ["weight", "bias"]);
  assert.equal(part.get("bias"), tensors.get("fc.bias"));
  assert.deepEqual([...checkpointPart(tensors, "").keys()], [...tensors.keys()]);
  assert.throws(() => checkpointPart(tensors, "model."), {
    name: "RangeError",
    message: 'checkpointPart: some name must begin with "model."; got fc.weight, fc.bias, pos_embed …',
  });
});
