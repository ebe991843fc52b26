import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { at } from "../support/values.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * Another CrossViT, widely used, which is another model. Its fusion normalises the [CLS] alone and not the
 * patches, has the residual outside plain projections, and is stacked so that every layer attends to all
 * patches. Its embedding has two norms. Its logits are added. It is put together here from this project's
 * parts, so that the difference can be read line by line.
 */
const W = (g: GoldenCase, name: string): Matrix => transpose(g.slice(`w.${name}.weight`));
const mapped = (g: GoldenCase, name: string, X: Matrix): Matrix =>
  linear(X, W(g, name), g.slice(`w.${name}.bias`));
const norm = (g: GoldenCase, name: string): LayerNorm =>
  new LayerNorm({ gamma: g.slice(`w.${name}.weight`), beta: g.slice(`w.${name}.bias`) });

function attention(g: GoldenCase, name: string, heads: number): MultiHeadAttention {
  const kv = W(g, `${name}.to_kv`);
  const fused = {
    W_Q: W(g, `${name}.to_q`),
    W_K: sliceColumns(kv, 0, kv.cols / 2),
    W_V: sliceColumns(kv, kv.cols / 2, kv.cols),
  };
  return new MultiHeadAttention({
    heads: splitHeads(fused, heads),
    W_O: W(g, `${name}.to_out.0`),
    b_O: g.slice(`w.${name}.to_out.0.bias`),
  });
}

/** Patches with the channel as the fastest index, unlike a convolution's. */
function embed(g: GoldenCase, name: string, image: readonly Matrix[], p: number): Matrix {
  const across = 24 / p;
  const P = fromFunction(across * across, 3 * p * p, (n, f) =>
    at(
      image[f % 3]!,
      Math.floor(n / across) * p + Math.floor(f / 3 / p),
      (n % across) * p + (Math.floor(f / 3) % p),
    ),
  );
  const part = (k: number): string => `${name}.to_patch_embedding.${k}`;
  const X = norm(g, part(3)).forward(mapped(g, part(2), norm(g, part(1)).forward(P)));
  return add(concatRows([g.slice(`w.${name}.cls_token`, 0), X]), g.slice(`w.${name}.pos_embedding`, 0));
}

function encode(g: GoldenCase, name: string, X: Matrix, depth: number, heads: number): Matrix {
  for (let i = 0; i < depth; i++) {
    const [a, ff] = [`${name}.layers.${i}.0`, `${name}.layers.${i}.1.net`];
    const feedForward = new FeedForward({
      W_1: W(g, `${ff}.1`),
      b_1: g.slice(`w.${ff}.1.bias`),
      W_2: W(g, `${ff}.4`),
      b_2: g.slice(`w.${ff}.4.bias`),
      activation: "gelu",
    });
    X = new EncoderBlock({
      norm1: norm(g, `${a}.norm`),
      attention: attention(g, a, heads),
      norm2: norm(g, `${ff}.0`),
      feedForward,
      order: "pre",
    }).forward(X);
  }
  return norm(g, `${name}.norm`).forward(X);
}

/** The [CLS] attends to itself, normalised, and to the other branch's patches, not normalised. */
function fuse(g: GoldenCase, name: string, cls: Matrix, patches: Matrix): Matrix {
  const u = norm(g, `${name}.fn.norm`).forward(mapped(g, `${name}.project_in`, cls));
  const memory = concatRows([u, patches]);
  return add(
    cls,
    mapped(g, `${name}.project_out`, attention(g, `${name}.fn`, 2).forward(u, memory, memory).output),
  );
}

test("the other published CrossViT, put together from the same parts", () => {
  const g = golden("crossvit", "lucidrains_tiny");
  for (const batch of [0, 1]) {
    const image = [0, 1, 2].map((c) => g.slice("in.image", batch, c));
    const layers = "multi_scale_encoder.layers.0";
    const small = encode(g, `${layers}.0`, embed(g, "sm_image_embedder", image, 4), 1, 2);
    const large = encode(g, `${layers}.1`, embed(g, "lg_image_embedder", image, 8), 2, 3);
    let [sm, lg] = [sliceRows(small, 0, 1), sliceRows(large, 0, 1)];
    for (const r of [0, 1]) {
      sm = fuse(g, `${layers}.2.layers.${r}.0`, sm, sliceRows(large, 1, large.rows));
      lg = fuse(g, `${layers}.2.layers.${r}.1`, lg, sliceRows(small, 1, small.rows));
    }
    const head = (name: string, cls: Matrix): Matrix =>
      mapped(g, `${name}.1`, norm(g, `${name}.0`).forward(cls));
    const logits = add(head("sm_mlp_head", sm), head("lg_mlp_head", lg));
    const expected = g.slice("out.logits");
    logits.data.forEach((x, c) =>
      assert.ok(Math.abs(x - expected.data[batch * 6 + c]!) <= g.atol, `logits[${batch}, ${c}]: got ${x}`),
    );
  }
});
