import assert from "node:assert/strict";
import test from "node:test";
import type { Gpt2Config } from "../../lib/models/gpt2-counts.ts";
import { Gpt2 } from "../../lib/models/gpt2.ts";
import { assertSameBits, at } from "../support/values.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";

const config: Gpt2Config = {
  ...{ vocabulary: 11, positions: 8, d_model: 6, heads: 3, depth: 2, d_hidden: 7, eps: 1e-5 },
};
const model = Gpt2.random(config, randomGenerator(1));

test("no token sees what comes after it: longer texts begin with the rows of shorter ones, to the bit", () => {
  const tokens = [4, 2, 9, 3, 7];
  const Y = model.forward(tokens);
  for (let t = 1; t <= 5; t++) {
    assertSameBits(model.forward(tokens.slice(0, t)), sliceRows(Y, 0, t), `${t} tokens`);
  }
  const other = model.forward([4, 2, 9, 8, 1]);
  assertSameBits(sliceRows(other, 0, 3), sliceRows(Y, 0, 3));
  assert.notDeepEqual(sliceRows(other, 3, 4).data, sliceRows(Y, 3, 4).data);
});

test("onWeights is called with every layer's maps, which are zero above the diagonal", () => {
  const names: string[] = [];
  model.forward([4, 2, 9], {
    onWeights: (name, heads) => {
      names.push(name);
      for (const A of heads) assert.deepEqual([at(A, 0, 1), at(A, 0, 2), at(A, 1, 2)], [0, 0, 0], name);
    },
  });
  assert.deepEqual(names, ["blocks[0].self", "blocks[1].self"]);
});

test("the logits score each word by its own row of the table; no text gives no rows", () => {
  const Y = model.forward([4, 2, 9]);
  assertSameBits(model.logits(Y), matmulTransposed(Y, model.words));
  assert.deepEqual([model.logits(Y).rows, model.logits(Y).cols], [3, 11]);
  assert.equal(model.forward([]).rows, 0);
});

test("messages", () => {
  const says = (run: () => unknown, name: string, message: string): void =>
    assert.throws(run, { name, message });
  says(
    () => model.forward([11]),
    "RangeError",
    "Gpt2.forward: tokens[0] must be an integer in [0, 10]; got 11",
  );
  says(
    () => model.forward(new Array<number>(9).fill(1)),
    "RangeError",
    "Gpt2.forward: tokens.length must be an integer in [0, 8]; got 9",
  );
  says(
    () => model.forward("the cat" as never),
    "TypeError",
    'Gpt2.forward: tokens must be an array of numbers; got "the cat"',
  );
  says(
    () => model.forward([1], { allow: () => true } as never),
    "TypeError",
    "Gpt2.forward: options must be a record { onWeights }; got allow",
  );
  says(() => model.logits(matrix(2, 5)), "RangeError", "Gpt2.logits: Y must be (any, 6); got (2, 5)");
  says(
    () => new Gpt2({ ...model, positions: matrix(8, 5) }),
    "RangeError",
    "Gpt2: positions must be (any, 6); got (8, 5)",
  );
});
