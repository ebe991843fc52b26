import assert from "node:assert/strict";
import test from "node:test";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { normal } from "../support/values.ts";
import { parameterCount, parameters } from "../../lib/models/parameters.ts";

test("names are paths through fields, records and arrays, in their order", () => {
  const block = (): EncoderBlock =>
    EncoderBlock.random({ d_model: 4, heads: 2, d_hidden: 3, order: "pre" }, randomGenerator(1));
  const names = [...parameters({ blocks: [block(), block()] }).keys()];
  const head = ["W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V"];
  const one = [
    "norm1.gamma",
    "norm1.beta",
    ...head.map((W) => `attention.heads.0.${W}`),
    ...head.map((W) => `attention.heads.1.${W}`),
    "attention.W_O",
    "attention.b_O",
    "norm2.gamma",
    "norm2.beta",
    "feedForward.W_1",
    "feedForward.b_1",
    "feedForward.W_2",
    "feedForward.b_2",
  ];
  assert.deepEqual(names, [
    ...one.map((name) => `blocks.0.${name}`),
    ...one.map((name) => `blocks.1.${name}`),
  ]);
});

test("every matrix is the model's own: writing into one changes what the model computes", () => {
  const layer = FeedForward.random({ d_model: 3 }, randomGenerator(1));
  parameters(layer).get("b_2")!.data[1] = 100;
  assert.equal(layer.b_2!.data[1], 100);
  assert.ok(layer.forward(normal(2, 3, 1)).data[4]! > 50, "what was written into b_2 shows");
});

test("by hand: a block of one unit; absent biases count nothing, a shared matrix counts once", () => {
  // norms 2·2·4 = 16; attention 4·(4·4 + 4) = 80; feed-forward 4·3 + 3 + 3·4 + 4 = 31: 127 in all.
  assert.equal(
    parameterCount(
      EncoderBlock.random({ d_model: 4, heads: 2, d_hidden: 3, order: "pre" }, randomGenerator(1)),
    ),
    127,
  );
  assert.equal(
    parameterCount(FeedForward.random({ d_model: 4, d_hidden: 3, bias: false }, randomGenerator(1))),
    24,
  );
  const shared = matrix(2, 5);
  assert.deepEqual(
    [...parameters({ a: { W: shared }, b: [shared, matrix(1, 3)] }).keys()],
    ["a.W", "b.1"],
  );
  assert.equal(parameterCount({ a: shared, b: shared }), 10);
});

test("a matrix alone has no name; functions, numbers, typed arrays and circles hold nothing", () => {
  assert.deepEqual([...parameters(matrix(1, 1)).keys()], [""]);
  const circle: Record<string, unknown> = {
    start: new Int32Array(3),
    count: 7,
    run: () => matrix(9, 9),
    none: undefined,
    nothing: null,
    W: matrix(1, 2),
  };
  circle["self"] = circle;
  assert.deepEqual([...parameters(circle).keys()], ["W"]);
  assert.throws(() => parameters(null as never), {
    name: "TypeError",
    message: "parameters: model must be an object; got null",
  });
  assert.throws(() => parameters(3 as never), {
    name: "TypeError",
    message: "parameters: model must be an object; got 3",
  });
});
