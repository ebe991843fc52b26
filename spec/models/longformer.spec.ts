import assert from "node:assert/strict";
import test from "node:test";
import type { GraphWeights } from "../../lib/graph/neighbours.ts";
import type { LongformerConfig } from "../../lib/models/longformer-counts.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { assertClose, assertSameBits, assertSameRows, tolerance } from "../support/values.ts";
import { gaussian, randomGenerator } from "../../lib/matrix.ts";
import { naiveEmbedding, naiveLongformerAttention, naivePostNorm } from "../oracle/naive-token-encoder.ts";
import { parameters } from "../../lib/models/parameters.ts";

const config: LongformerConfig = {
  vocabulary: 11,
  positions: 16,
  types: 3,
  pad: 1,
  d_model: 6,
  heads: 2,
  depth: 3,
  d_hidden: 7,
  radius: 1,
  activation: "gelu",
  eps: 1e-5,
  pooler: true,
};

/** A model whose numbers are all large enough to matter, biases and norms among them. */
function someModel(change: Partial<LongformerConfig> = {}): Longformer {
  const model = Longformer.random({ ...config, ...change }, randomGenerator(1));
  const draw = gaussian(randomGenerator(2));
  parameters(model).forEach((M) => M.data.forEach((_, e) => (M.data[e] = 0.6 * draw())));
  return model;
}

const text = (T: number): number[] => Array.from({ length: T }, (_, t) => 2 + ((5 * t) % 9));

test("equals the definition in the rows that are real, with types, globals and padding", () => {
  const model = someModel();
  for (const [T, globals, length] of [
    [1, [], 1],
    [2, [1], 2],
    [7, [], 7],
    [7, [0, 4], 7],
    [13, [0], 10],
  ] as const) {
    const tokens = text(T).map((token, t) => (t < length ? token : 1));
    const types = tokens.map((_, t) => t % 3);
    const real = tokens.map((_, t) => t < length);
    let X = naiveEmbedding(model.embedding, tokens, types);
    for (const block of model.blocks) {
      X = naivePostNorm(X, block, (Y) => naiveLongformerAttention(Y, block.attention, globals, real));
    }
    assertClose(
      model.forward(tokens, { types, globals, real }),
      X,
      20 * tolerance(10),
      `T ${T}, globals ${globals}`,
    );
  }
});

test("blindness: nothing beyond l·radius places reaches a row, and everything with a global token", () => {
  const model = someModel();
  const tokens = text(9);
  const other = tokens.map((token, t) => (t === 8 ? (token === 5 ? 6 : 5) : token));
  const [before, after] = [model.forward(tokens), model.forward(other)];
  // 3 blocks of radius 1: token 8 reaches 5, 6, 7 and itself
  assertSameRows(after, before, [0, 1, 2, 3, 4]);
  assert.notDeepEqual(after.data.subarray(30, 36), before.data.subarray(30, 36), "it reaches row 5");
  const outputs = [model.forward(tokens, { globals: [0] }), model.forward(other, { globals: [0] })];
  for (let t = 0; t < 9; t++) {
    assert.notDeepEqual(
      outputs[1]!.data.subarray(6 * t, 6 * t + 6),
      outputs[0]!.data.subarray(6 * t, 6 * t + 6),
      `it reaches row ${t} through the global token`,
    );
  }
});

test("padding behind a text changes nothing in its rows, and needs no multiple of the window", () => {
  const model = someModel();
  const tokens = text(7);
  const alone = model.forward(tokens, { globals: [0] });
  const padded = model.forward([...tokens, 1, 1, 1, 1], {
    globals: [0],
    real: [...tokens.map(() => true), false, false, false, false],
  });
  assertSameRows(padded, alone, [0, 1, 2, 3, 4, 5, 6]);
});

test("`onWeights` is called by each block with its name; the pooler reads the first row", () => {
  const model = someModel();
  const called: [string, readonly GraphWeights[]][] = [];
  const Y = model.forward(text(5), {
    globals: [2],
    onWeights: (name, weights) => called.push([name, weights]),
  });
  assert.deepEqual(
    called.map(([name]) => name),
    ["blocks[0].self", "blocks[1].self", "blocks[2].self"],
  );
  for (const [, weights] of called) {
    assert.deepEqual(
      weights.map(({ graph }) => graph.queries),
      [5, 5],
    );
  }
  assertSameBits(model.forward(text(5), { globals: [2] }), Y);
  assert.deepEqual([model.pooler!.forward(Y).rows, model.pooler!.forward(Y).cols], [1, 6]);
  assert.equal(someModel({ pooler: false }).pooler, undefined);
});

test("fresh: the global set is a copy of the local one, draws repeat, the configuration arrives", () => {
  const model = Longformer.random({ ...config, activation: "relu", eps: 1e-3 }, randomGenerator(3));
  for (const { attention, feedForward, norm1, norm2 } of model.blocks) {
    for (const { local, global } of attention.heads) {
      assert.deepEqual(global, local);
      assert.notEqual(global.W_Q.data, local.W_Q.data, "a copy, not the same memory");
    }
    assert.deepEqual(
      [attention.radius, feedForward.activation, norm1.eps, norm2.eps],
      [1, "relu", 1e-3, 1e-3],
    );
  }
  assert.deepEqual([model.embedding.pad, model.embedding.norm.eps], [1, 1e-3]);
  assert.deepEqual(
    parameters(Longformer.random({ ...config, activation: "relu", eps: 1e-3 }, randomGenerator(3))),
    parameters(model),
  );
});

test("errors say who, what and why", () => {
  const model = someModel();
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => model.forward(text(15)),
    "TokenEmbedding.forward: tokens must have places below 16, the rows of positions; got 15 tokens, the " +
      "last at 16",
  );
  says(
    () => model.forward(text(3), { globals: [3] }),
    "LongformerAttention.forward: globals[0] must be an integer in [0, 2]; got 3",
  );
  says(
    () => Longformer.random({ ...config, heads: 4 }, randomGenerator(1)),
    "Longformer.random: config.d_model must be a multiple of heads = 4; got 6",
  );
});
