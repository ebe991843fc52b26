import assert from "node:assert/strict";
import test from "node:test";
import type { BigBirdConfig } from "../../lib/models/big-bird-counts.ts";
import { BigBird } from "../../lib/models/big-bird.ts";
import { assertClose, assertSameRows, tolerance } from "../support/values.ts";
import { gaussian, randomGenerator } from "../../lib/matrix.ts";
import { listsOf } from "../support/graphs.ts";
import { naiveEmbedding, naivePostNorm, naiveSparseAttention } from "../oracle/naive-token-encoder.ts";
import { parameters } from "../../lib/models/parameters.ts";

const config: BigBirdConfig = {
  vocabulary: 11,
  positions: 40,
  types: 3,
  d_model: 6,
  heads: 2,
  depth: 3,
  d_hidden: 7,
  activation: "gelu",
  eps: 1e-5,
  pooler: true,
  pattern: { block: 2, random: 1 },
  seed: 4,
};

/** A model whose numbers are all large enough to matter, biases and norms among them. */
function someModel(change: Partial<BigBirdConfig> = {}): BigBird {
  const model = BigBird.random({ ...config, ...change }, randomGenerator(1));
  const draw = gaussian(randomGenerator(2));
  parameters(model).forEach((M) => M.data.forEach((_, e) => (M.data[e] = 0.6 * draw())));
  return model;
}

const text = (T: number): number[] => Array.from({ length: T }, (_, t) => (5 * t + 3) % 11);

test("equals the definition: the graph, whole blocks or not, with types and padding", () => {
  for (const T of [1, 2, 7, 17, 22]) {
    for (const padding of [0, 3].filter((count) => count < T)) {
      const model = someModel();
      const tokens = text(T);
      const types = tokens.map((_, t) => (2 * t) % 3);
      const real = tokens.map((_, t) => t < T - padding);
      let X = naiveEmbedding(model.embedding, tokens, types);
      model.blocks.forEach((block) => {
        const { heads, W_O, b_O } = block.attention.attention;
        // what was drawn is data: that it is sound is the spec of bigBirdGraph
        const drawn = block.attention.graphs(T).map(listsOf);
        const last = Math.ceil(T / 2) - 1;
        const near = (i: number, j: number): boolean =>
          [i, j].some((t) => Math.floor(t / 2) === 0 || Math.floor(t / 2) === last) ||
          Math.abs(Math.floor(i / 2) - Math.floor(j / 2)) <= 1;
        X = naivePostNorm(X, block, (Y) =>
          naiveSparseAttention(
            Y,
            heads,
            W_O,
            b_O,
            (m) => (i, j) => real[i]! && real[j]! && (near(i, j) || drawn[m]![i]!.includes(j)),
          ),
        );
      });
      assertClose(
        model.forward(tokens, { types, real }),
        X,
        20 * tolerance(10),
        `T ${T}, padding ${padding}`,
      );
    }
  }
});

test("every block and every head draws other random blocks, and the same again", () => {
  const model = someModel();
  const called: string[] = [];
  const keys: string[] = [];
  model.forward(text(30), {
    onWeights: (name, weights) => {
      called.push(name);
      weights.forEach(({ graph }) => keys.push(graph.key.join()));
    },
  });
  assert.deepEqual(called, ["blocks[0].self", "blocks[1].self", "blocks[2].self"]);
  assert.equal(new Set(keys).size, 6, "three blocks of two heads");
  assert.deepEqual(
    model.blocks.map(({ attention }) => attention.seed),
    [4, 5, 6],
  );
  assert.deepEqual(someModel().forward(text(30)), model.forward(text(30)));
  assert.deepEqual(
    someModel({ seed: undefined }).blocks.map(({ attention }) => attention.seed),
    [0, 1, 2],
  );
});

test("padding behind a text changes nothing in its rows, where no random block is drawn", () => {
  const model = someModel({ pattern: { block: 1, random: 0, globals: [0] } });
  const alone = model.forward(text(7));
  const padded = model.forward([...text(7), 0, 0], {
    real: [true, true, true, true, true, true, true, false, false],
  });
  assertSameRows(padded, alone, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(model.embedding.places([0, 0, 5]), [0, 1, 2]);
});

test("fresh: the configuration arrives", () => {
  const model = BigBird.random(
    { ...config, activation: "gelu-tanh", eps: 1e-3, pooler: false },
    randomGenerator(3),
  );
  assert.equal(model.pooler, undefined);
  for (const { attention, feedForward, norm1, norm2 } of model.blocks) {
    assert.deepEqual(
      [attention.pattern, feedForward.activation, norm1.eps, norm2.eps],
      [config.pattern, "gelu-tanh", 1e-3, 1e-3],
    );
  }
  assert.deepEqual([model.embedding.pad, model.embedding.norm.eps], [undefined, 1e-3]);
  assert.equal(someModel().pooler!.forward(someModel().forward(text(5))).cols, 6);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => someModel().forward(text(41)),
    "TokenEmbedding.forward: tokens must have places below 40, the rows of positions; got 41 tokens, the " +
      "last at 40",
  );
  says(
    () => BigBird.random({ ...config, types: 0 }, randomGenerator(1)),
    "BigBird.random: config.types must be an integer ≥ 1; got 0",
  );
});
