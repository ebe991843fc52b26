import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { MultiHeadOptions } from "../../lib/attention/multi-head-attention.ts";
import type { TorchAttentionSizes } from "../../lib/checkpoints/torch-attention.ts";
import { CheckpointReader } from "../../lib/checkpoints/checkpoint-reader.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add, scale } from "../../lib/kernels/entrywise.ts";
import { assertSameTensors, publishedWeights, throughFile } from "../support/published-weights.ts";
import { at } from "../support/values.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { fromFunction } from "../../lib/matrix.ts";
import { fuseHeads, splitHeads } from "../../lib/attention/heads.ts";
import { golden } from "../support/golden.ts";
import { readTorchAttention, takeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";
import { writeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";

/**
 * Reads the case's weights by PyTorch's names, writes them again under the same, and compares outputs and
 * weights of these batch elements.
 */
function compare(
  g: GoldenCase,
  batch: readonly number[] = [0, 1],
  options: (b: number) => MultiHeadOptions = () => ({}),
): void {
  const config = JSON.parse(g.metadata["config"]!) as {
    embed_dim: number;
    num_heads: number;
    kdim: number | null;
    vdim: number | null;
    bias: boolean;
    self_attention: boolean;
  };
  const { embed_dim: d_model, num_heads: heads, kdim, vdim, bias } = config;
  const sizes: TorchAttentionSizes = {
    d_model,
    heads,
    d_key: kdim ?? undefined,
    d_value: vdim ?? undefined,
    bias,
  };
  const published = publishedWeights(g);
  const attention = readTorchAttention(throughFile(published), sizes);
  assertSameTensors(writeTorchAttention(attention), published);
  for (const b of batch) {
    const [Q, K, V] = (
      config.self_attention ? ["in.query", "in.query", "in.query"] : ["in.query", "in.key", "in.value"]
    ).map((name) => g.slice(name, b));
    const { output, weights } = attention.forward(Q!, K!, V!, options(b));
    if (g.metadata["tensors"]!.includes("out.attn_mean")) {
      g.assertSlice(
        scale(
          weights.reduce((sum, A) => add(sum, A)),
          1 / heads,
        ),
        "out.attn_mean",
        b,
      );
    } else weights.forEach((A, m) => g.assertSlice(A, "out.attn", b, m));
    g.assertSlice(output, "out.y", b);
  }
}

/** key_padding_mask: true = ignore this key. */
const padding =
  (g: GoldenCase) =>
  (b: number): MultiHeadOptions => ({ allow: (_i, j) => at(g.slice("in.key_padding_mask"), b, j) === 0 });

test("golden self and self_causal_bool_mask, by name: in_proj stacked", () => {
  compare(golden("multi-head-attention", "self"));
  const g = golden("multi-head-attention", "self_causal_bool_mask");
  compare(g, [0, 1], () => ({ allow: (i, j) => at(g.slice("in.attn_mask"), i, j) === 0 }));
});

test("golden self_average_kpm and cross_no_bias, by name", () => {
  const g = golden("multi-head-attention", "self_average_kpm");
  compare(g, [0, 1], padding(g));
  compare(golden("multi-head-attention", "cross_no_bias"));
});

test("golden cross_kdim_vdim_kpm, by name: q_proj_weight, k_proj_weight, v_proj_weight", () => {
  const g = golden("multi-head-attention", "cross_kdim_vdim_kpm");
  compare(g, [0, 1], padding(g));
});

test("golden fully_padded_batch_element, by name: the element that PyTorch gives numbers for", () => {
  const g = golden("multi-head-attention", "fully_padded_batch_element");
  compare(g, [1], padding(g));
});

test("golden cross_bias_kv_zero_attn, by name: bias_k and bias_v are refused by themselves, and taken " +
  "beside as one more feature", () => {
  const g = golden("multi-head-attention", "cross_bias_kv_zero_attn");
  const refused =
    "readTorchAttention: the checkpoint must hold exactly this model's tensors; got 2 that do not fit:\n " +
      " unknown bias_k [1, 1, 12]\n  unknown bias_v [1, 1, 12]";
  assert.throws(() => readTorchAttention(publishedWeights(g), { d_model: 12, heads: 3 }), {
    name: "RangeError",
    message: refused,
  });
  // Real rows get the features [1 0], the learned one is [0 | 0 1], the zero one [0 | 0 0]: the rows of the
  // projections for them are the ordinary bias and the learned key or value.
  const reader = new CheckpointReader("spec", publishedWeights(g));
  const plain = takeTorchAttention(reader, "", { d_model: 12, heads: 3 });
  const [bias_k, bias_v] = [reader.take("bias_k", [1, 1, 12]), reader.take("bias_v", [1, 1, 12])];
  reader.finish();
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(plain.heads);
  const wide = { W_Q, b_Q, W_K: concatRows([W_K, b_K!, bias_k]), W_V: concatRows([W_V, b_V!, bias_v]) };
  const attention = new MultiHeadAttention({ heads: splitHeads(wide, 3), W_O: plain.W_O, b_O: plain.b_O });
  for (const b of [0, 1]) {
    const [K, V] = ["in.key", "in.value"].map((name) => {
      const X = g.slice(name, b);
      return fromFunction(X.rows + 2, 14, (j, c) =>
        j < X.rows && c < 12 ? at(X, j, c) : Number((j < X.rows && c === 12) || (j === X.rows && c === 13)),
      );
    });
    const { output, weights } = attention.forward(g.slice("in.query", b), K!, V!);
    weights.forEach((A, m) => g.assertSlice(A, "out.attn", b, m));
    g.assertSlice(output, "out.y", b);
  }
});
