import assert from "node:assert/strict";
import test from "node:test";
import type { Gpt2Config } from "../../lib/models/gpt2-counts.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { gpt2Config, gpt2Counts } from "../../lib/models/gpt2-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const SMALL: Gpt2Config = {
  ...{ vocabulary: 11, positions: 12, d_model: 6, heads: 3, depth: 2, d_hidden: 7, eps: 1e-5 },
};

test("the published models have their numbers of parameters, the tied table counted once", () => {
  const published = [
    ["gpt2", 124439808],
    ["gpt2-medium", 354823168],
    ["gpt2-large", 774030080],
    ["gpt2-xl", 1557611200],
  ] as const;
  for (const [name, parameters] of published) {
    assert.equal(gpt2Counts(gpt2Config(name), 1).total.parameters, parameters, name);
  }
});

test("parameters are those of a model made, multiply-adds those of counted loops", () => {
  for (const change of [{}, { depth: 0 }, { depth: 1, heads: 2 }]) {
    const config = { ...SMALL, ...change };
    const T = 7;
    const { total, embedding, blocks, head } = gpt2Counts(config, T);
    assert.equal(total.parameters, parameterCount(Gpt2.random(config, randomGenerator(1))));
    const counter = new NaiveCounter();
    for (let l = 0; l < config.depth; l++) {
      const X = counter.rows(T, 6);
      counter.feedForward(counter.attention(X, X, config.heads), 7);
    }
    counter.linear(counter.rows(T, 6), 11);
    assert.equal(total.multiplyAdds, counter.count, JSON.stringify(change));
    const parts = [embedding, blocks, head].reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
    assert.equal(parts, total.multiplyAdds);
  }
});

test("messages", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => gpt2Config("gpt3" as never),
    "gpt2Config: name must be one of gpt2, gpt2-medium, gpt2-large, gpt2-xl; got gpt3",
  );
  says(() => gpt2Counts(SMALL, 13), "gpt2Counts: T must be an integer in [0, 12]; got 13");
  says(
    () => gpt2Counts({ ...SMALL, heads: 4 }, 1),
    "gpt2Counts: config.d_model must be a multiple of heads = 4; got 6",
  );
  says(
    () => gpt2Counts({ ...SMALL, d_hidden: 0 }, 1),
    "gpt2Counts: config.d_hidden must be an integer ≥ 1; got 0",
  );
  says(
    () => gpt2Counts({ ...SMALL, eps: 0 }, 1),
    "gpt2Counts: config.eps must be a finite number > 0; got 0",
  );
});
