import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { BlockTable } from "../../lib/attention/big-bird-attention.ts";
import type { GoldenCase } from "../support/golden.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { at, rowsOf } from "../support/values.ts";
import { fromFunction, identity } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { reasons, toDense } from "../../lib/graph/maps.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** The published parameters as ours: weights stored (out, in) are transposed. */
function projections(expected: GoldenCase): AttentionHead {
  const [W_Q, W_K, W_V] = ["query", "key", "value"].map((name) =>
    transpose(expected.slice(`w.${name}.weight`)),
  );
  const [b_Q, b_K, b_V] = ["query", "key", "value"].map((name) => expected.slice(`w.${name}.bias`));
  return { W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V };
}

/**
 * y (before any output projection), the maps of real queries, and which block sees which. The first and the
 * last block draw nothing.
 */
function compare(expected: GoldenCase): void {
  const config = JSON.parse(expected.metadata["config"]!) as {
    num_heads: number;
    block_size: number;
    num_blocks: number;
    sequence_lengths: number[];
  };
  const { num_heads: h, block_size: block, num_blocks: blocks } = config;
  const tables: BlockTable[] = Array.from({ length: h }, (_, m) => [
    [],
    ...rowsOf(expected.slice("out.rand_blocks", m)),
    [],
  ]);
  const W_O = identity(expected.slice("w.query.bias").cols);
  const bigBird = new BigBirdAttention({
    heads: splitHeads(projections(expected), h),
    W_O,
    pattern: { block },
    tables,
  });
  const T = block * blocks;
  bigBird.graphs(T).forEach((graph, m) => {
    const lit = reasons(graph);
    expected.assertSlice(
      fromFunction(blocks, blocks, (p, q) => (lit[p * block * T + q * block] === 0 ? 0 : 1)),
      "out.block_multiplicity",
      m,
    );
  });
  for (const b of [0, 1]) {
    const mask = expected.slice("in.attention_mask");
    const real = Array.from({ length: T }, (_, t) => at(mask, b, t) === 1);
    assert.equal(real.filter(Boolean).length, config.sequence_lengths[b]);
    const { output, weights } = bigBird.forward(expected.slice("in.hidden_states", b), { real });
    expected.assertSlice(output, "out.y", b);
    weights.forEach((A, m) => {
      const [map, theirs] = [toDense(A), expected.slice("out.full_attn", b, m)];
      // Maps of padded queries are on the list of what is not compared; here they are zeros.
      expected.assertSlice(
        fromFunction(T, T, (i, j) => (real[i] ? at(map, i, j) : at(theirs, i, j))),
        "out.full_attn",
        b,
        m,
      );
      assert.ok(
        rowsOf(map).every((row, i) => real[i] || row.every((weight) => weight === 0)),
        "padded queries: zeros",
      );
    });
  }
}

test("golden T24_b2_r3: twelve blocks of two, three random ones, lengths 24 and 17", () => {
  compare(golden("bigbird", "T24_b2_r3"));
});

test("golden T32_b4_r1: eight blocks of four, one random, lengths 32 and 21", () => {
  compare(golden("bigbird", "T32_b4_r1"));
});

test("golden T36_b3_r2: twelve blocks of three, two random, nothing padded", () => {
  compare(golden("bigbird", "T36_b3_r2"));
});
