import assert from "node:assert/strict";
import test from "node:test";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { HardAttention, softmaxAt } from "../../lib/attention/hard-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { assertSameBits, rowsOf } from "../support/values.ts";
import { golden } from "../support/golden.ts";

const hard = new HardAttention({ score: new DotProductAttention().score });

test("hard: argmax, one-hot, and the value taken whole", () => {
  const file = golden("hard", "argmax_one_hot");
  for (const b of [0, 1]) {
    const { output, weights } = hard.forward(
      file.slice("in.q", b),
      file.slice("in.k", b),
      file.slice("in.v", b),
    );
    assertSameBits(weights, file.slice("out.attn", b), "weights");
    assertSameBits(output, file.slice("out.y", b), "output");
    assert.deepEqual(
      rowsOf(weights).map((row) => row.indexOf(1)),
      [...file.slice("out.index").data.subarray(13 * b, 13 * b + 13)],
    );
  }
});

test("hard: many exact ties, each to the lowest index", () => {
  const file = golden("hard", "ties_small_integers");
  for (const b of [0, 1]) {
    const { output, weights } = hard.forward(
      file.slice("in.q", b),
      file.slice("in.k", b),
      file.slice("in.v", b),
    );
    assertSameBits(weights, file.slice("out.attn", b), "weights");
    assertSameBits(output, file.slice("out.y", b), "output");
    assert.deepEqual(
      rowsOf(weights).map((row) => row.indexOf(1)),
      [...file.slice("out.index").data.subarray(7 * b, 7 * b + 7)],
    );
  }
});

test("hard: Gumbel-softmax at τ = 0.7 is softmaxAt(0.7) of scores with noise, and its hard form their " +
  "argmax", () => {
  const file = golden("hard", "gumbel_softmax_tau0.7");
  const noisy = add(file.slice("in.logits"), file.slice("in.gumbels"));
  file.assertSlice(softmaxAt(0.7)(noisy), "out.soft");
  assertSameBits(argmaxRows(noisy), file.slice("out.hard"));
});
