import assert from "node:assert/strict";
import test from "node:test";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { assertAttention, assertFeedForward, assertNorm } from "../support/published-gradients.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { encoderBlockGradient } from "../../lib/gradients/encoder-block-gradient.ts";
import { golden } from "../support/golden.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveEncoderBlock } from "../oracle/naive-blocks.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { publishedFeedForward, publishedNorm, torchAttention } from "../support/published-layer.ts";

test("golden encoder_layer_post_norm_relu_E6 and encoder_layer_pre_norm_gelu_E6: PyTorch's autograd", () => {
  for (const g of [
    golden("gradients", "encoder_layer_post_norm_relu_E6"),
    golden("gradients", "encoder_layer_pre_norm_gelu_E6"),
  ]) {
    const pre = g.metadata["case"]!.includes("pre");
    const [order, activation] = pre ? (["pre", "gelu"] as const) : (["post", "relu"] as const);
    const block = new EncoderBlock({
      norm1: publishedNorm(g, "norm1", 1e-5),
      attention: torchAttention(g, "self_attn", 2),
      norm2: publishedNorm(g, "norm2", 1e-5),
      feedForward: publishedFeedForward(g, "linear1", "linear2", activation),
      order,
    });
    const back = encoderBlockGradient(block, g.slice("in.x", 0), g.slice("in.dy", 0));
    g.assertSlice(back.dX, "out.d_x", 0);
    assertNorm(g, "norm1", back.parameters.norm1);
    assertAttention(g, "self_attn", back.parameters.attention);
    assertNorm(g, "norm2", back.parameters.norm2);
    assertFeedForward(g, back.parameters.feedForward);
  }
});

test("central differences of the oracle: both orders, one token and several, causal or not", () => {
  for (const order of ["pre", "post"] as const) {
    for (const [n, allow] of [
      [1, undefined],
      [4, undefined],
      [5, causal()],
    ] as const) {
      const widths = { d_model: 4, heads: 2, d_hidden: 5, activation: "gelu", order, eps: 1e-2 } as const;
      const block = EncoderBlock.random(widths, randomGenerator(3));
      const [X, dZ] = [normal(n, 4, 1), normal(n, 4, 2)];
      const naive = (m: EncoderBlock, x: number[][]): number =>
        pairing(naiveEncoderBlock(m, x, allow && ((i, j) => allow(i, j, 0))), rowsOf(dZ));
      const back = encoderBlockGradient(block, X, dZ, { allow });
      const what = `${order}, ${n} tokens, ${allow ? "causal" : "all"}`;
      assertGradient(back.dX, differences({ X: rowsOf(X) }, (x) => naive(block, x.X)).X, what);
      assertParameterGradients(back.parameters, block, (m) => naive(m, rowsOf(X)), what);
    }
  }
});

test("gradients have the names of the block's own parameters; what a hidden token holds reaches no " +
  "other", () => {
  const block = EncoderBlock.random({ d_model: 4, heads: 2, order: "pre" }, randomGenerator(3));
  const [X, dZ] = [normal(4, 4, 1), poison(normal(4, 4, 2), 2, 0)];
  const options = { allow: (_: number, j: number): boolean => j !== 2 };
  const clean = encoderBlockGradient(block, X, dZ, options);
  assert.deepEqual([...parameters(clean.parameters).keys()], [...parameters(block).keys()]);
  const other = encoderBlockGradient(block, poison(X, 2, 7), dZ, options);
  const changed = parameters(other.parameters);
  parameters(clean.parameters).forEach((M, name) => assertSameBits(changed.get(name)!, M, name));
  assertSameBits(other.dX, clean.dX);
  assert.deepEqual(rowsOf(clean.dX)[2], [0, 0, 0, 0]);
});

test("errors say who, what and why", () => {
  const block = EncoderBlock.random({ d_model: 4, heads: 2, order: "pre" }, randomGenerator(3));
  assert.throws(() => encoderBlockGradient(block, matrix(3, 4), matrix(3, 5)), {
    message: "encoderBlockGradient: dZ must be (3, 4); got (3, 5)",
  });
  assert.throws(() => encoderBlockGradient(block, matrix(3, 4), matrix(3, 4), { mask: 1 } as never), {
    message: "encoderBlockGradient: options must be a record { allow, bias }; got mask",
  });
});
