import assert from "node:assert/strict";
import test from "node:test";
import type { LongformerConfig } from "../../lib/models/longformer-counts.ts";
import { Longformer } from "../../lib/models/longformer.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { blockRadius, longformerConfig, longformerCounts } from "../../lib/models/longformer-counts.ts";
import { longformerPairs } from "../../lib/models/longformer-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const SMALL: LongformerConfig = {
  vocabulary: 11,
  positions: 12,
  types: 2,
  pad: 1,
  d_model: 6,
  heads: 3,
  depth: 2,
  d_hidden: 7,
  radius: 2,
  activation: "gelu",
  eps: 1e-5,
  pooler: true,
};

test("Longformer-base: 148,659,456 parameters: RoBERTa-base, 3,584 places, a second projection set", () => {
  const { embedding, blocks, pooler, total } = longformerCounts(longformerConfig("base"), 4096);
  assert.equal(total.parameters, 148659456);
  assert.equal(total.parameters, 124645632 + 3584 * 768 + 12 * 3 * (768 * 768 + 768));
  assert.equal(embedding.parameters, (50265 + 4098 + 1) * 768 + 2 * 768);
  assert.equal(
    blocks.parameters,
    12 * (7 * (768 * 768 + 768) + 4 * 768 + 768 * 3072 + 3072 + 3072 * 768 + 768),
  );
  assert.equal(pooler.parameters, 768 * 768 + 768);
  assert.deepEqual(longformerConfig("base"), {
    ...longformerConfig("tiny"),
    depth: 12,
    d_model: 768,
    heads: 12,
    d_hidden: 3072,
  });
});

test("2,035,456 local pairs at 4,096 tokens, the published figure, and all pairs counted one by one", () => {
  assert.equal(longformerPairs(4096, 256), 2035456);
  assert.equal(longformerPairs(4096, 256), 4096 * 513 - 256 * 257);
  assert.equal(longformerPairs(1, 0), 1);
  assert.equal(longformerPairs(0, 3), 0);
  for (const T of [1, 2, 7, 13]) {
    for (const radius of [0, 1, 3, 20]) {
      for (const globals of [[], [0], [T - 1], [0, 5, 6].filter((g) => g < T)]) {
        let counted = 0;
        for (let i = 0; i < T; i++) {
          for (let j = 0; j < T; j++) {
            if (Math.abs(i - j) <= radius || globals.includes(i) || globals.includes(j)) counted++;
          }
        }
        assert.equal(
          longformerPairs(T, radius, globals),
          counted,
          `T ${T}, radius ${radius}, globals ${globals}`,
        );
        assert.equal(
          longformerPairs(
            T,
            radius,
            Array.from({ length: T }, (_, t) => globals.includes(t)),
          ),
          counted,
          "globals as a mask",
        );
      }
    }
  }
});

test("parameters equal those of a model made, multiply-adds those of counted loops", () => {
  const changes: Partial<LongformerConfig>[] = [
    {},
    { depth: 0, pooler: false },
    { depth: 1, heads: 2, radius: 0, types: 1 },
    { depth: 3, radius: [1, 0, 4] },
  ];
  for (const change of changes) {
    const config = { ...SMALL, ...change };
    for (const globals of [[], [3], [0, 4]]) {
      const T = 7;
      const c = new NaiveCounter();
      for (let l = 0; l < config.depth; l++) {
        const X = c.rows(T, 6);
        for (let set = 0; set < 3; set++) c.linear(X, 6);
        if (globals.length > 0) {
          c.linear(c.rows(globals.length, 6), 6); // queries of globals alone, keys and values of all
          for (let set = 0; set < 2; set++) c.linear(X, 6);
        }
        for (let i = 0; i < T; i++) {
          for (let j = 0; j < T; j++) {
            if (Math.abs(i - j) > blockRadius(config, l) && !globals.includes(i) && !globals.includes(j)) continue;
            c.product(c.rows(1, 6), c.rows(6, 1)); // the scores of all heads
            c.product(c.rows(1, 1), c.rows(1, 6)); // and their share of the value
          }
        }
        c.linear(X, 6);
        c.feedForward(X, 7);
      }
      if (config.pooler) c.linear(c.rows(1, 6), 6);
      const parameters = parameterCount(Longformer.random(config, randomGenerator(1)));
      assert.deepEqual(
        longformerCounts(config, T, globals).total,
        { parameters, multiplyAdds: c.count },
        `globals ${globals}`,
      );
    }
  }
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  // places 2 … 11 of 12
  says(() => longformerCounts(SMALL, 11), "longformerCounts: T must be an integer in [0, 10]; got 11");
  says(
    () => longformerCounts({ ...SMALL, pad: 11 }, 1),
    "longformerCounts: config.pad must be an integer in [0, 10]; got 11",
  );
  says(
    () => longformerCounts({ ...SMALL, radius: -1 }, 1),
    "longformerCounts: config.radius must be an integer ≥ 0; got -1",
  );
  says(
    () => longformerCounts(SMALL, 3, [3]),
    "longformerCounts: globals[0] must be an integer in [0, 2]; got 3",
  );
  says(
    () => longformerPairs(3, 1, [0, 0]),
    "longformerPairs: globals must name each token once; got 0 twice",
  );
  says(
    () => longformerConfig("large" as never),
    "longformerConfig: name must be one of tiny, mini, small, medium, base; got large",
  );
});
