import assert from "node:assert/strict";
import test from "node:test";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { assertAttention, assertFeedForward, assertNorm } from "../support/published-gradients.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { decoderBlockGradient } from "../../lib/gradients/decoder-block-gradient.ts";
import { golden } from "../support/golden.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveDecoderBlock } from "../oracle/naive-blocks.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { publishedFeedForward, publishedNorm, torchAttention } from "../support/published-layer.ts";

test("golden decoder_layer_pre_norm_causal_E6: PyTorch's autograd", () => {
  const g = golden("gradients", "decoder_layer_pre_norm_causal_E6");
  const block = new DecoderBlock({
    norm1: publishedNorm(g, "norm1", 1e-5),
    attention: torchAttention(g, "self_attn", 2),
    norm2: publishedNorm(g, "norm2", 1e-5),
    cross: torchAttention(g, "multihead_attn", 2),
    norm3: publishedNorm(g, "norm3", 1e-5),
    feedForward: publishedFeedForward(g, "linear1", "linear2", "gelu"),
    order: "pre",
  });
  const mask = g.slice("in.mask");
  const allow = (i: number, j: number): boolean => at(mask, i, j) === 0;
  const inputs = { X: g.slice("in.x", 0), M: g.slice("in.memory", 0) };
  const back = decoderBlockGradient(block, inputs, g.slice("in.dy", 0), { allow });
  g.assertSlice(back.dX, "out.d_x", 0);
  g.assertSlice(back.dMemory, "out.d_memory", 0);
  assertNorm(g, "norm1", back.parameters.norm1);
  assertAttention(g, "self_attn", back.parameters.attention);
  assertNorm(g, "norm2", back.parameters.norm2);
  assertAttention(g, "multihead_attn", back.parameters.cross);
  assertNorm(g, "norm3", back.parameters.norm3);
  assertFeedForward(g, back.parameters.feedForward);
});

test("central differences of the oracle: both orders, masks, a memory of another width", () => {
  for (const order of ["pre", "post"] as const) {
    for (const [n, m] of [
      [1, 1],
      [4, 3],
    ] as const) {
      const widths = {
        d_model: 4,
        heads: 2,
        d_hidden: 5,
        activation: "gelu",
        order,
        d_memory: 3,
        eps: 1e-2,
      } as const;
      const block = DecoderBlock.random(widths, randomGenerator(3));
      const [X, M, dU] = [normal(n, 4, 1), normal(m, 3, 2), normal(n, 4, 3)];
      const [allow, allowMemory] = [
        causal(),
        (i: number, j: number): boolean => j === 0 || (i + j) % 2 === 1,
      ];
      const naive = (b: DecoderBlock, x: number[][], memory: number[][]): number =>
        pairing(
          naiveDecoderBlock(b, x, memory, (i, j) => allow(i, j, 0), allowMemory),
          rowsOf(dU),
        );
      const back = decoderBlockGradient(block, { X, M }, dU, { allow, allowMemory });
      const what = `${order}, ${n} tokens, ${m} in memory`;
      const expected = differences({ X: rowsOf(X), M: rowsOf(M) }, (x) => naive(block, x.X, x.M));
      assertGradient(back.dX, expected.X, `dX ${what}`);
      assertGradient(back.dMemory, expected.M, `dMemory ${what}`);
      assertParameterGradients(back.parameters, block, (b) => naive(b, rowsOf(X), rowsOf(M)), what);
    }
  }
});

test("names are the block's own; a hidden row of NaN in the memory reaches nothing; errors", () => {
  const block = DecoderBlock.random({ d_model: 4, heads: 2, order: "post" }, randomGenerator(3));
  const [X, M, dU] = [normal(3, 4, 1), normal(5, 4, 2), normal(3, 4, 3)];
  const masks = { allowMemory: (_: number, j: number): boolean => j !== 1 };
  const clean = decoderBlockGradient(block, { X, M }, dU, masks);
  const dirty = decoderBlockGradient(block, { X, M: poison(M, 1, NaN) }, dU, masks);
  assert.deepEqual([...parameters(clean.parameters).keys()].sort(), [...parameters(block).keys()].sort());
  const sick = parameters(dirty.parameters);
  parameters(clean.parameters).forEach((W, name) => assertSameBits(sick.get(name)!, W, name));
  assertSameBits(dirty.dMemory, clean.dMemory);
  assert.throws(() => decoderBlockGradient(block, { X, M }, matrix(3, 5)), {
    message: "decoderBlockGradient: dU must be (3, 4); got (3, 5)",
  });
  assert.throws(() => decoderBlockGradient(block, { X, M }, dU, { bias: [] } as never), {
    message: "decoderBlockGradient: masks must be a record { allow, allowMemory }; got bias",
  });
});
