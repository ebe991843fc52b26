import assert from "node:assert/strict";
import test from "node:test";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { Bert } from "../../lib/models/bert.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { bertConfig, bertCounts } from "../../lib/models/bert-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const SMALL: TokenEncoderConfig = {
  ...{ vocabulary: 11, positions: 12, types: 2, d_model: 6, heads: 3, depth: 2, d_hidden: 7 },
  ...{ activation: "gelu", eps: 1e-12, pooler: true },
};

test("bert-base has 109,482,240 parameters with its pooler; the miniatures have the published ones", () => {
  // Turc et al. 2019: 4.4, 11.3, 29.1 and 41.7 million with the vocabulary of 30,522.
  const published = [
    ["base", 109482240],
    ["tiny", 4385920],
    ["mini", 11170560],
    ["small", 28763648],
    ["medium", 41373184],
  ] as const;
  for (const [name, parameters] of published) {
    assert.equal(bertCounts(bertConfig(name), 1).total.parameters, parameters, name);
  }
  const without = bertCounts({ ...bertConfig("base"), pooler: false }, 1).total.parameters;
  assert.equal(without, 109482240 - 768 * 769);
});

test("parameters are those of a model made, multiply-adds those of counted loops", () => {
  for (const change of [{}, { depth: 0, pooler: false }, { depth: 1, heads: 2, types: 1 }]) {
    const config = { ...SMALL, ...change };
    const T = 7;
    const { total } = bertCounts(config, T);
    assert.equal(total.parameters, parameterCount(Bert.random(config, randomGenerator(1))));
    const counter = new NaiveCounter();
    for (let l = 0; l < config.depth; l++) {
      const X = counter.rows(T, 6);
      counter.feedForward(counter.attention(X, X, config.heads), 7);
    }
    if (config.pooler) counter.linear(counter.rows(1, 6), 6);
    assert.equal(total.multiplyAdds, counter.count, JSON.stringify(change));
  }
});

test("messages", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => bertConfig("large" as never),
    "bertConfig: name must be one of tiny, mini, small, medium, base; got large",
  );
  says(() => bertCounts(SMALL, 13), "bertCounts: T must be an integer in [0, 12]; got 13");
  says(
    () => bertCounts({ ...SMALL, heads: 4 }, 1),
    "bertCounts: config.d_model must be a multiple of heads = 4; got 6",
  );
});
