import assert from "node:assert/strict";
import test from "node:test";
import type { BigBirdConfig } from "../../lib/models/big-bird-counts.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { bigBirdConfig, bigBirdCounts, bigBirdPairs, blockPattern } from "../../lib/models/big-bird-counts.ts";
import { bigBirdGraph } from "../../lib/attention/big-bird-attention.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const SMALL: BigBirdConfig = {
  vocabulary: 11,
  positions: 24,
  types: 2,
  d_model: 6,
  heads: 3,
  depth: 2,
  d_hidden: 7,
  activation: "gelu-tanh",
  eps: 1e-12,
  pooler: true,
  pattern: { block: 2, random: 1 },
};

test("BigBird-base has 127,468,800 parameters, as many as with dense attention", () => {
  const { embedding, blocks, pooler, total } = bigBirdCounts(bigBirdConfig("base"), 4096);
  assert.equal(total.parameters, 127468800);
  assert.equal(embedding.parameters, (50358 + 4096 + 2) * 768 + 2 * 768);
  assert.equal(
    blocks.parameters,
    12 * (4 * (768 * 768 + 768) + 4 * 768 + 768 * 3072 + 3072 + 3072 * 768 + 768),
  );
  assert.equal(pooler.parameters, 768 * 768 + 768);
  assert.deepEqual(
    [bigBirdConfig("base").activation, bigBirdConfig("base").eps],
    ["gelu-tanh", 1e-12],
  );
  assert.deepEqual(bigBirdConfig("base"), {
    ...bigBirdConfig("mini"),
    depth: 12,
    d_model: 768,
    heads: 12,
    d_hidden: 3072,
  });
});

test("2,547,712 pairs at 4,096 tokens; elsewhere as many as the graph has, whatever the draw", () => {
  assert.equal(bigBirdPairs(4096), 2547712);
  assert.equal(bigBirdPairs(0), 0);
  for (const pattern of [
    { block: 2 },
    { block: 3, radius: 0, random: 0 },
    { block: 1, random: 2, globals: [] },
    { block: 2, extra: 3, globals: [], random: 1 },
    { block: 4, random: 9 },
  ]) {
    for (const blocks of [1, 2, 5, 11]) {
      const T = blocks * pattern.block + (pattern.extra ?? 0);
      for (const seed of [1, 2, 3]) {
        assert.equal(
          bigBirdPairs(T, pattern),
          bigBirdGraph(T, pattern, randomGenerator(seed)).key.length,
          `${JSON.stringify(pattern)}, T ${T}`,
        );
      }
    }
  }
});

test("parameters equal those of a model made, multiply-adds those of counted loops", () => {
  for (const change of [
    {},
    { depth: 0, pooler: false },
    { heads: 2, pattern: { block: 3, random: 0, radius: 0 } },
  ]) {
    const config = { ...SMALL, ...change };
    const T = 12;
    const graph = bigBirdGraph(T, blockPattern(config, 0), randomGenerator(5));
    const c = new NaiveCounter();
    for (let l = 0; l < config.depth; l++) {
      const X = c.rows(T, 6);
      for (let map = 0; map < 4; map++) c.linear(X, 6);
      graph.key.forEach(() => {
        c.product(c.rows(1, 6), c.rows(6, 1)); // the scores of all heads
        c.product(c.rows(1, 1), c.rows(1, 6)); // and their share of the value
      });
      c.feedForward(X, 7);
    }
    if (config.pooler) c.linear(c.rows(1, 6), 6);
    assert.deepEqual(bigBirdCounts(config, T).total, {
      parameters: parameterCount(BigBird.random(config, randomGenerator(1))),
      multiplyAdds: c.count,
    });
  }
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => bigBirdPairs(100),
    "bigBirdPairs: T must hold whole blocks of 64 beside 0 extra tokens; got 100",
  );
  says(() => bigBirdPairs(2, { extra: 3 }), "bigBirdPairs: T must be an integer ≥ 3; got 2");
  says(() => bigBirdPairs(4, { block: 0 }), "bigBirdPairs: pattern.block must be an integer ≥ 1; got 0");
  says(() => bigBirdCounts(SMALL, 26), "bigBirdCounts: T must be an integer in [0, 24]; got 26");
  says(
    () => bigBirdCounts({ ...SMALL, seed: -1 }, 2),
    "bigBirdCounts: config.seed must be an integer in [0, 4294967293]; got -1",
  );
  says(
    () => bigBirdConfig("large" as never),
    "bigBirdConfig: name must be one of tiny, mini, small, medium, base; got large",
  );
});
