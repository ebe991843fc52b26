import assert from "node:assert/strict";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { CheckpointReader, CheckpointWriter } from "../../lib/checkpoints/checkpoint-reader.ts";
import { GRUCell } from "../../lib/layers/gru.ts";
import { assertSameBits } from "../support/values.ts";
import { fromRows, randomGenerator } from "../../lib/matrix.ts";
import { putGRUCell, takeGRUCell } from "../../lib/checkpoints/torch-gru.ts";

const tensor = (shape: number[], first: number): Tensor => ({
  dtype: "F32",
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, e) => first + e),
});
const published = (): Map<string, Tensor> =>
  new Map([
    ["d.weight_ih", tensor([3, 2], 1)],
    ["d.weight_hh", tensor([3, 1], 7)],
    ["d.bias_ih", tensor([3], 10)],
    ["d.bias_hh", tensor([3], 13)],
  ]);

test("names and layouts of torch: gates below each other there, side by side here", () => {
  const reader = new CheckpointReader("spec", published());
  const cell = takeGRUCell(reader, { prefix: "d.", d_in: 2, d: 1 });
  reader.finish();
  assertSameBits(
    cell.W_i,
    fromRows([
      [1, 3, 5],
      [2, 4, 6],
    ]),
  );
  assertSameBits(cell.W_h, fromRows([[7, 8, 9]]));
  assertSameBits(cell.b_i, fromRows([[10, 11, 12]]));
  assertSameBits(cell.b_h, fromRows([[13, 14, 15]]));
  const writer = new CheckpointWriter();
  putGRUCell(writer, cell, "d.");
  assert.deepEqual([...writer.tensors], [...published()], "written back as it was, in torch's order");
});

test("a layer's suffix, both ways", () => {
  const cell = GRUCell.random({ d_in: 3, d: 5 }, randomGenerator(1));
  const writer = new CheckpointWriter();
  putGRUCell(writer, cell, "encoder.", "_l0_reverse");
  assert.deepEqual(
    [...writer.tensors.keys()],
    ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => `encoder.${name}_l0_reverse`),
  );
  const reader = new CheckpointReader("spec", writer.tensors);
  const back = takeGRUCell(reader, { prefix: "encoder.", suffix: "_l0_reverse", d_in: 3, d: 5 });
  reader.finish();
  for (const name of ["W_i", "W_h", "b_i", "b_h"] as const) assertSameBits(back[name], cell[name], name);
});

test("what is missing or misshapen is listed together", () => {
  const tensors = published();
  tensors.delete("d.bias_hh");
  tensors.set("d.weight_ih", tensor([2, 3], 1));
  const reader = new CheckpointReader("spec", tensors);
  takeGRUCell(reader, { prefix: "d.", d_in: 2, d: 1 });
  assert.throws(() => reader.finish(), {
    name: "RangeError",
    message: /d\.weight_ih must be \[3, 2\]; got \[2, 3\]\n.*missing d\.bias_hh \[3\]$/,
  });
});
