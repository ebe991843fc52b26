import assert from "node:assert/strict";
import test from "node:test";
import type { GraphAttention } from "../../lib/layers/sparse-block.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { randomTokenEncoder } from "../../lib/models/token-encoder.ts";

const config: TokenEncoderConfig = {
  vocabulary: 5,
  positions: 4,
  types: 2,
  d_model: 2,
  heads: 1,
  depth: 2,
  d_hidden: 3,
  activation: "gelu-tanh",
  eps: 1e-3,
  pooler: true,
};

/** An attention that adds nothing, with the number that it drew. */
class Silent implements GraphAttention<undefined> {
  readonly l: number;
  readonly drawn: number;

  constructor(l: number, drawn: number) {
    this.l = l;
    this.drawn = drawn;
  }

  forward(X: Matrix): { output: Matrix; weights: readonly [] } {
    return { output: matrix(X.rows, X.cols), weights: [] };
  }
}

/** 50, 100, 150 …: 0.02 times a draw is its place, 1, 2, 3 … */
function counting(): () => number {
  let drawn = 0;
  return () => 50 * ++drawn;
}

const first = ({ data }: Matrix): number => Math.round(data[0]!);

test("parts are drawn in the order of use: tables, each block's attention and network, the pooler", () => {
  const normal = counting();
  const attention = (l: number): Silent => new Silent(l, normal() / 50);
  const { embedding, blocks, pooler } = randomTokenEncoder(config, { normal, attention, pad: 1 });
  // tables 10 + 8 + 4 numbers; a block: 1 of its attention, W_1 2 · 3, W_2 3 · 2
  assert.deepEqual(
    [first(embedding.words), first(embedding.positions), first(embedding.types)],
    [1, 11, 19],
  );
  assert.deepEqual(
    blocks.map(({ attention: { l, drawn }, feedForward: { W_1, W_2 } }) => {
      return [l, drawn, first(W_1), first(W_2)];
    }),
    [
      [0, 23, 24, 30],
      [1, 36, 37, 43],
    ],
  );
  assert.equal(pooler === undefined ? "none" : first(pooler.W), 49);
});

test("the configuration arrives, biases are 0, norms 1 and 0", () => {
  const normal = counting();
  const attention = (l: number): Silent => new Silent(l, 0);
  const { embedding, blocks, pooler } = randomTokenEncoder(config, { normal, attention, pad: 1 });
  assert.deepEqual([embedding.pad, embedding.norm.eps], [1, 1e-3]);
  for (const { norm1, norm2, feedForward } of blocks) {
    assert.deepEqual([feedForward.b_1, feedForward.b_2], [matrix(1, 3), matrix(1, 2)]);
    assert.equal(feedForward.activation, "gelu-tanh");
    for (const { gamma, beta, eps } of [norm1, norm2]) {
      assert.deepEqual([gamma, beta, eps], [fromFunction(1, 2, () => 1), matrix(1, 2), 1e-3]);
    }
  }
  assert.deepEqual(pooler?.b, matrix(1, 2));
});

test("without a pooler there is none, and without pad positions are counted from 0", () => {
  const parts = { normal: counting(), attention: (l: number): Silent => new Silent(l, 0) };
  const { embedding, pooler } = randomTokenEncoder({ ...config, pooler: false }, parts);
  assert.deepEqual([pooler, embedding.pad], [undefined, undefined]);
});
