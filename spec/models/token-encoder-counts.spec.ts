import assert from "node:assert/strict";
import test from "node:test";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { attentionCounts, encoderBlockCounts } from "../../lib/models/counts.ts";
import { checkTokenEncoderConfig, tokenEncoderCounts } from "../../lib/models/token-encoder-counts.ts";
import { tokenEncoderSizes } from "../../lib/models/token-encoder-counts.ts";

const config: TokenEncoderConfig = {
  vocabulary: 11,
  positions: 9,
  types: 2,
  d_model: 6,
  heads: 3,
  depth: 2,
  d_hidden: 7,
  activation: "gelu",
  eps: 1e-5,
  pooler: true,
};

test("by hand: tables, norms, blocks and pooler of a small encoder", () => {
  // Embedding: (11 + 9 + 2)·6 + 2·6 = 144.
  // A block beside its attention: two norms 2·12 and the network 6·7 + 7 + 7·6 + 6 = 97: 121.
  // Pooler: 6·6 + 6 = 42.
  // Multiply-adds of 5 tokens: the network 5·2·6·7 = 420 a block, the pooler 36 for its one row.
  const counts = tokenEncoderCounts(config, 5, { parameters: 1000, multiplyAdds: 10 });
  assert.deepEqual(counts, {
    embedding: { parameters: 144, multiplyAdds: 0 },
    blocks: { parameters: 2 * 1121, multiplyAdds: 2 * 430 },
    pooler: { parameters: 42, multiplyAdds: 36 },
    total: { parameters: 144 + 2242 + 42, multiplyAdds: 860 + 36 },
  });
  assert.deepEqual(
    tokenEncoderCounts({ ...config, pooler: false }, 5, { parameters: 0, multiplyAdds: 0 }).pooler,
    { parameters: 0, multiplyAdds: 0 },
  );
});

test("with dense attention a block is an encoder block, and the whole is RoBERTa-base: 124,645,632", () => {
  const base = {
    ...config,
    ...tokenEncoderSizes("spec", "base"),
    vocabulary: 50265,
    positions: 514,
    types: 1,
  };
  const counts = tokenEncoderCounts(base, 512, attentionCounts({ n_q: 512, d_model: 768 }));
  assert.equal(counts.total.parameters, 124645632);
  assert.equal(
    counts.blocks.parameters,
    12 * encoderBlockCounts({ n: 512, d_model: 768 }).parameters,
  );
  assert.equal(
    counts.blocks.multiplyAdds,
    12 * encoderBlockCounts({ n: 512, d_model: 768 }).multiplyAdds,
  );
});

test("the sizes by name: heads of 64 features, four times as many hidden units", () => {
  const wide = (["tiny", "mini", "small", "medium", "base"] as const).map((name) =>
    tokenEncoderSizes("spec", name),
  );
  assert.deepEqual(
    wide.map(({ depth, d_model }) => [depth, d_model]),
    [
      [2, 128],
      [4, 256],
      [4, 512],
      [8, 512],
      [12, 768],
    ],
  );
  for (const { d_model, heads, d_hidden } of wide) {
    assert.deepEqual([heads * 64, d_hidden], [d_model, 4 * d_model]);
  }
  assert.throws(() => tokenEncoderSizes("spec", "huge" as never), {
    name: "RangeError",
    message: "spec: name must be one of tiny, mini, small, medium, base; got huge",
  });
});

test("errors say who, what and why", () => {
  const says = (change: object, name: string, message: string): void =>
    assert.throws(() => checkTokenEncoderConfig("spec", { ...config, ...change }), { name, message });
  checkTokenEncoderConfig("spec", config);
  says({ vocabulary: 0 }, "RangeError", "spec: config.vocabulary must be an integer ≥ 1; got 0");
  says({ depth: -1 }, "RangeError", "spec: config.depth must be an integer ≥ 0; got -1");
  says({ heads: 4 }, "RangeError", "spec: config.d_model must be a multiple of heads = 4; got 6");
  says({ eps: 0 }, "RangeError", "spec: config.eps must be a finite number > 0; got 0");
  says(
    { activation: "GELU" },
    "RangeError",
    'spec: config.activation must be "relu", "gelu" or "gelu-tanh"; got GELU',
  );
  says({ pooler: 1 }, "TypeError", "spec: config.pooler must be a boolean; got 1");
});
