import assert from "node:assert/strict";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertSameBits, normal } from "../support/values.ts";
import { checkHeadCount, hasBias, putTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { readTorchAttention, takeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { writeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { fromRows, randomGenerator } from "../../lib/matrix.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { throughFile } from "../support/published-weights.ts";

test("there and back through a file, to the bit: one width or three, with and without biases", () => {
  for (const [d_key, d_value] of [
    [6, 6],
    [5, 6],
    [6, 7],
    [4, 9],
  ] as const) {
    for (const bias of [true, false]) {
      const attention = MultiHeadAttention.random(
        { d_model: 6, heads: 3, d_key, d_value, bias },
        randomGenerator(d_key),
      );
      parameters(attention).forEach((M) => M.data.set(normal(M.rows, M.cols, M.cols).data));
      const tensors = throughFile(writeTorchAttention(attention));
      assert.equal(tensors.has("in_proj_weight"), d_key === 6 && d_value === 6);
      assert.equal(tensors.has("in_proj_bias"), bias);
      const again = readTorchAttention(tensors, { d_model: 6, heads: 3, d_key, d_value, bias });
      assert.deepEqual(parameters(again), parameters(attention));
      const [Q, K, V] = [normal(4, 6, 1), normal(5, d_key, 2), normal(5, d_value, 3)];
      assertSameBits(again.forward(Q, K, V).output, attention.forward(Q, K, V).output);
    }
  }
});

test("by hand: one head of two features; rows of in_proj_weight are columns of W^Q, then of W^K, then of " +
  "W^V", () => {
  const [W_Q, W_K, W_V, W_O] = [
    fromRows([
      [1, 2],
      [3, 4],
    ]),
    fromRows([
      [5, 6],
      [7, 8],
    ]),
    fromRows([
      [9, 10],
      [11, 12],
    ]),
    fromRows([
      [13, 14],
      [15, 16],
    ]),
  ];
  const tensors = writeTorchAttention(
    new MultiHeadAttention({ heads: [{ W_Q, W_K, W_V, b_Q: fromRows([[17, 18]]) }], W_O }),
  );
  assert.deepEqual(
    [...tensors].map(([name, { shape, data }]) => [name, shape, [...data]]),
    [
      ["in_proj_weight", [6, 2], [1, 3, 2, 4, 5, 7, 6, 8, 9, 11, 10, 12]],
      ["out_proj.weight", [2, 2], [13, 15, 14, 16]],
      // a bias that is absent is written as zeros beside one that is there
      ["in_proj_bias", [6], [17, 18, 0, 0, 0, 0]],
      ["out_proj.bias", [2], [0, 0]],
    ],
  );
});

test("three weights of one width are read too, and a prefix stands before every name", () => {
  const attention = MultiHeadAttention.random({ d_model: 6, heads: 2, bias: true }, randomGenerator(1));
  const writer = new CheckpointWriter();
  putTorchAttention(writer, "self_attn.", attention);
  assert.ok(
    [...writer.tensors.keys()].every((name) => name.startsWith("self_attn.")),
    "every name begins with the prefix",
  );
  const stacked = writer.tensors.get("self_attn.in_proj_weight")!;
  writer.tensors.delete("self_attn.in_proj_weight");
  ["q", "k", "v"].forEach((name, third) =>
    writer.tensors.set(`self_attn.${name}_proj_weight`, {
      dtype: "F32",
      shape: [6, 6],
      data: stacked.data.slice(36 * third, 36 * third + 36) as Float32Array,
    }),
  );
  const reader = new CheckpointReader("spec", writer.tensors);
  assert.deepEqual(
    parameters(takeTorchAttention(reader, "self_attn.", { d_model: 6, heads: 2 })),
    parameters(attention),
  );
  reader.finish();
});

test("a checkpoint that is truncated, renamed or mixed up is refused with the full list", () => {
  const tensors: Map<string, Tensor> = writeTorchAttention(
    MultiHeadAttention.random({ d_model: 6, heads: 2, bias: true }, randomGenerator(1)),
  );
  const [weight, bias] = [tensors.get("in_proj_weight")!, tensors.get("in_proj_bias")!];
  tensors
    .set("in_proj_weight", bias)
    .set("in_proj_bias", weight)
    .set("out.bias", tensors.get("out_proj.bias")!);
  tensors.delete("out_proj.bias");
  assert.throws(() => readTorchAttention(tensors, { d_model: 6, heads: 2 }), {
    name: "RangeError",
    message:
      "readTorchAttention: the checkpoint must hold exactly this model's tensors; got 4 that do not fit:\n" +
      "  in_proj_weight must be [18, 6]; got [18]\n  in_proj_bias must be [18]; got [18, 6]\n  missing " +
        "out_proj.bias [6]\n  unknown out.bias [6]",
  });
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const wide = MultiHeadAttention.random({ d_model: 6, heads: 2, d_k: 4 }, randomGenerator(1));
  says(
    () => writeTorchAttention(wide),
    "putTorchAttention: W_Q must have d_model = 6 columns, all heads together; got 8",
  );
  const values = MultiHeadAttention.random({ d_model: 6, heads: 2, d_k: 3, d_v: 4 }, randomGenerator(1));
  says(
    () => writeTorchAttention(values),
    "putTorchAttention: W_V must have d_model = 6 columns, all heads together; got 8",
  );
  const out = MultiHeadAttention.random({ d_model: 6, heads: 2, d_out: 5 }, randomGenerator(1));
  says(
    () => writeTorchAttention(out),
    "putTorchAttention: W_O must have d_model = 6 columns, all heads together; got 5",
  );
  says(
    () => readTorchAttention(new Map(), { d_model: 6, heads: 4 }),
    "takeTorchAttention: d_model must be a multiple of heads = 4; got 6",
  );
  says(() => checkHeadCount("spec", 6, 0), "spec: heads must be an integer ≥ 1; got 0");
  assert.deepEqual(
    [
      hasBias(wide),
      hasBias(MultiHeadAttention.random({ d_model: 6, heads: 2, bias: true }, randomGenerator(1))),
    ],
    [false, true],
  );
});
