import assert from "node:assert/strict";
import test from "node:test";
import type { TokenEncoderConfig } from "../../lib/models/token-encoder-counts.ts";
import { Bert } from "../../lib/models/bert.ts";
import { assertSameBits } from "../support/values.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";

const config: TokenEncoderConfig = {
  ...{ vocabulary: 11, positions: 12, types: 2, d_model: 6, heads: 3, depth: 2, d_hidden: 7 },
  ...{ activation: "gelu", eps: 1e-12, pooler: true },
};
const model = Bert.random(config, randomGenerator(1));

test("the model is its parts in a row, and onWeights is called with every layer's maps", () => {
  const tokens = [4, 2, 9, 3, 7];
  const types = [0, 0, 1, 1, 1];
  const names: string[] = [];
  const onWeights = (name: string, heads: readonly { rows: number }[]): void => {
    names.push(`${name} ${heads.length} of ${heads[0]!.rows}`);
  };
  const Y = model.forward(tokens, { types, onWeights });
  let X = model.embedding.forward(tokens, types);
  for (const block of model.blocks) X = block.forward(X);
  assertSameBits(Y, X);
  assert.deepEqual(names, ["blocks[0].self 3 of 5", "blocks[1].self 3 of 5"]);
  assert.deepEqual([model.pooler!.forward(Y).rows, model.pooler!.forward(Y).cols], [1, 6]);
});

test("padding is never seen: whatever stands there, the rows of the tokens are the same to the bit", () => {
  const real = [true, true, true, false, false];
  const first = model.forward([4, 2, 9, 1, 1], { real });
  const other = model.forward([4, 2, 9, 7, 3], { real });
  assertSameBits(sliceRows(other, 0, 3), sliceRows(first, 0, 3));
  assert.notDeepEqual(model.forward([4, 2, 9, 1, 1]).data, first.data);
  const short = model.forward([4, 2, 9]);
  assertSameBits(sliceRows(first, 0, 3), short);
});

test("a text of no tokens and of one, and a model of no blocks", () => {
  assert.deepEqual([model.forward([]).rows, model.forward([3]).rows], [0, 1]);
  const flat = Bert.random({ ...config, depth: 0, pooler: false }, randomGenerator(1));
  assertSameBits(flat.forward([3, 5]), flat.embedding.forward([3, 5]));
  assert.equal(flat.pooler, undefined);
});

test("messages", () => {
  const says = (run: () => unknown, name: string, message: string): void =>
    assert.throws(run, { name, message });
  const held = "real must hold booleans, true = real; got 1";
  const listed = 'real must be a list of 1 booleans, true = real; got "1"';
  says(
    () => model.forward([1, 2], { real: [true] }),
    "RangeError",
    "Bert.forward: real.length must be an integer in [2, 2]; got 1",
  );
  says(() => model.forward([1], { real: [1] as never }), "TypeError", `Bert.forward: ${held}`);
  says(() => model.forward([1], { real: "1" as never }), "TypeError", `Bert.forward: ${listed}`);
  says(
    () => model.forward([1], { mask: [true] } as never),
    "TypeError",
    "Bert.forward: options must be a record { real, types, onWeights }; got mask",
  );
  says(
    () => Bert.random({ ...config, heads: 4 }, randomGenerator(1)),
    "RangeError",
    "Bert.random: config.d_model must be a multiple of heads = 4; got 6",
  );
  assert.throws(() => model.forward([11]), /tokens\[0\] must be an integer in \[0, 10\]; got 11/);
  assert.throws(() => model.forward(new Array<number>(13).fill(1)), /places below 12/);
});
