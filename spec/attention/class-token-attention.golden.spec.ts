import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { ClassTokenAttention } from "../../lib/attention/class-token-attention.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { golden } from "../support/golden.ts";
import { identity } from "../../lib/matrix.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

function publishedReading(g: GoldenCase, prefix: string, h: number): MultiHeadAttention {
  const W = (name: string): Matrix => transpose(g.slice(`${prefix}${name}.weight`));
  const b = (name: string): Matrix => g.slice(`${prefix}${name}.bias`);
  const wide = { W_Q: W("wq"), W_K: W("wk"), W_V: W("wv"), b_Q: b("wq"), b_K: b("wk"), b_V: b("wv") };
  return new MultiHeadAttention({ heads: splitHeads(wide, h), W_O: W("proj"), b_O: b("proj") });
}

test("the published cross-attention: one query, all tokens as keys, and its weights", () => {
  const g = golden("crossvit", "cross_attention");
  for (const batch of [0, 1]) {
    const x = g.slice("in.x", batch);
    const { output, weights } = publishedReading(g, "w.", 3).forward(sliceRows(x, 0, 1), x, x);
    g.assertSlice(output, "out.y", batch);
    weights.forEach((A, head) => g.assertSlice(A, "out.attn", batch, head));
  }
});

test("the published fusion block, here with the feed-forward that CrossViT itself leaves out", () => {
  const g = golden("crossvit", "cross_attention_block_mlp");
  const norm = (n: number): LayerNorm =>
    new LayerNorm({ gamma: g.slice(`w.norm${n}.weight`), beta: g.slice(`w.norm${n}.bias`), eps: 1e-6 });
  // plain linear projections that change nothing: what stands between f and g is compared
  const same = { W: identity(10) };
  const fusion = new ClassTokenAttention({
    f: same,
    readings: [{ norm: norm(1), attention: publishedReading(g, "w.attn.", 2) }],
    g: same,
  });
  const W = (name: string): Matrix => transpose(g.slice(`w.mlp.${name}.weight`));
  const mlp = new FeedForward({
    W_1: W("fc1"),
    b_1: g.slice("w.mlp.fc1.bias"),
    W_2: W("fc2"),
    b_2: g.slice("w.mlp.fc2.bias"),
    activation: "gelu",
  });
  for (const batch of [0, 1]) {
    const x = g.slice("in.x", batch);
    const own = concatRows([sliceRows(x, 0, 1), sliceRows(x, 3, 5)]);
    const y = sliceRows(fusion.forward(own, x).output, 0, 1);
    g.assertSlice(add(y, mlp.forward(norm(2).forward(y))), "out.y", batch);
  }
});
