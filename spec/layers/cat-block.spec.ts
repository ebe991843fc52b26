import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { Rows } from "../oracle/naive.ts";
import { CatBlock } from "../../lib/layers/cat-block.ts";
import { CrossPatchAttention } from "../../lib/attention/cross-patch-attention.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { InnerPatchAttention } from "../../lib/attention/inner-patch-attention.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, normal, rowsOf, tolerance } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveCross, naiveInner } from "../oracle/naive-tiles.ts";
import { naiveFeedForward, naiveNorm, plus } from "../oracle/naive-blocks.ts";
import { publishedAttention, publishedFeedForward, publishedNorm } from "../support/published-layer.ts";

const norm = (C: number, seed: number, eps: number): LayerNorm =>
  new LayerNorm({ gamma: normal(1, C, seed), beta: normal(1, C, seed + 1), eps });

test("equals its two equations, for attention inside tiles and between them", () => {
  const [grid, p, C] = [[4, 6], 2, 3];
  const random = randomGenerator(1);
  const parts = {
    norm1: norm(C, 1, 1e-2),
    norm2: norm(C, 3, 1e-3),
    feedForward: FeedForward.random({ d_model: C, activation: "gelu" }, random),
  };
  const [inside, between] = [
    MultiHeadAttention.random({ d_model: C, heads: 3, bias: true }, random),
    MultiHeadAttention.random({ d_model: 4, heads: 1, bias: true }, random),
  ];
  const table = normal(9, 3, 7);
  const X = normal(24, C, 8);
  const rest = (Y: Rows): Rows => plus(Y, naiveFeedForward(parts.feedForward, naiveNorm(parts.norm2, Y)));
  const normed = naiveNorm(parts.norm1, rowsOf(X));
  const ipsa = new CatBlock({
    ...parts,
    attention: new InnerPatchAttention({ p, attention: inside, table }),
  });
  assertClose(
    ipsa.forward(X, grid),
    rest(plus(rowsOf(X), naiveInner(normed, grid, p, inside, rowsOf(table)).output)),
    5 * tolerance(4),
  );
  const cpsa = new CatBlock({ ...parts, attention: new CrossPatchAttention({ p, attention: between }) });
  assertClose(
    cpsa.forward(X, grid),
    rest(plus(rowsOf(X), naiveCross(normed, grid, p, between).output)),
    5 * tolerance(4),
  );
  const called: string[] = [];
  for (const block of [ipsa, cpsa]) {
    block.forward(X, grid, (name, heads) => called.push(`${name} ${heads.length}`));
  }
  assert.deepEqual(called, [
    ...[0, 1, 2, 3, 4, 5].map((t) => `map[${t}] 3`),
    ...[0, 1, 2].map((c) => `map[${c}] 1`),
  ]);
});

/** The published attention by itself: without its block, its names have no "attn.". */
const attentionOf = (g: GoldenCase, name: string, heads: number): MultiHeadAttention =>
  publishedAttention(g, heads, `w.${name}qkv.weight`, `w.${name}qkv.bias`, `w.${name}proj`);

test("CAT's attention with relative positions: three tiles of 3 × 3, three heads", () => {
  const g = golden("cat", "attention_rpe");
  const ipsa = new InnerPatchAttention({
    p: 3,
    attention: attentionOf(g, "", 3),
    table: g.slice("w.relative_position_bias_table"),
  });
  for (const b of [0, 1, 2]) {
    const { output, weights } = ipsa.forward(g.slice("in.x", b), [3, 3]);
    g.assertSlice(output, "out.y", b);
    assertClose(output, g.slice("out.y", b), 1e-6);
    weights[0]!.forEach((A, h) => assertClose(A, g.slice("out.attn", b, h), 1e-6));
  }
});

for (const { read, heads, inner } of [
  { read: () => golden("cat", "block_ipsa"), heads: 3, inner: true },
  { read: () => golden("cat", "block_cpsa"), heads: 1, inner: false },
]) {
  test(`the published block with ${inner ? "IPSA" : "CPSA"} on 6 × 9 pixels`, () => {
    const g = read();
    const attention = attentionOf(g, "attn.", heads);
    const own = inner
      ? new InnerPatchAttention({ p: 3, attention, table: g.slice("w.attn.relative_position_bias_table") })
      : new CrossPatchAttention({ p: 3, attention });
    const block = new CatBlock({
      norm1: publishedNorm(g, "norm1", 1e-5),
      attention: own,
      norm2: publishedNorm(g, "norm2", 1e-5),
      feedForward: publishedFeedForward(g, "mlp.fc1", "mlp.fc2", "gelu"),
    });
    for (const b of [0, 1]) {
      let maps = 0;
      // The maps of the batch follow each other: six tiles an image for IPSA, five channels for CPSA.
      const Y = block.forward(g.slice("in.x", b), [6, 9], (_name, weights) => {
        weights.forEach((A, h) => assertClose(A, g.slice("out.attn", b * (inner ? 6 : 5) + maps, h), 1e-6));
        maps++;
      });
      assert.equal(maps, inner ? 6 : 5);
      g.assertSlice(Y, "out.y", b);
      assertClose(Y, g.slice("out.y", b), 1e-6);
    }
  });
}

test("errors are those of its parts", () => {
  const parts = {
    norm1: norm(2, 1, 1e-5),
    norm2: norm(2, 3, 1e-5),
    feedForward: FeedForward.random({ d_model: 2 }, randomGenerator(1)),
  };
  const attention = new InnerPatchAttention({
    p: 2,
    attention: MultiHeadAttention.random({ d_model: 2, heads: 1 }, randomGenerator(1)),
  });
  assert.throws(() => new CatBlock({ ...parts, attention }).forward(matrix(5, 2), [2, 2]), {
    name: "RangeError",
    message: "cutTiles: X must be (4, any); got (5, 2)",
  });
});
