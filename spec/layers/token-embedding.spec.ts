import assert from "node:assert/strict";
import test from "node:test";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { TokenEmbedding } from "../../lib/layers/token-embedding.ts";
import { assertClose, assertSameRows, normal, poison, tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveEmbedding } from "../oracle/naive-token-encoder.ts";

const norm = new LayerNorm({ gamma: normal(1, 5, 4), beta: normal(1, 5, 5), eps: 1e-5 });
const tables = { words: normal(11, 5, 1), positions: normal(9, 5, 2), types: normal(3, 5, 3), norm };

test("equals the definition with both rules for positions, for every length that has places", () => {
  for (const pad of [undefined, 0, 1, 3]) {
    const embedding = new TokenEmbedding({ ...tables, pad });
    for (const T of [0, 1, 2, 5]) {
      const tokens = Array.from({ length: T }, (_, t) => (7 * t + 2) % 11);
      const types = tokens.map((_, t) => t % 3);
      assertClose(
        embedding.forward(tokens, types),
        naiveEmbedding(embedding, tokens, types),
        tolerance(),
        `pad ${pad}, T ${T}`,
      );
      assertClose(
        embedding.forward(tokens),
        naiveEmbedding(
          embedding,
          tokens,
          tokens.map(() => 0),
        ),
        tolerance(),
        `types left out, pad ${pad}, T ${T}`,
      );
    }
  }
});

test("places by hand: RoBERTa's begin behind the padding's, and padding in the middle is not counted", () => {
  // Tokens 5 1 7 7 1 1 4 with pad 1: the 1st, 2nd, 3rd and 4th real tokens stand at 1 + 1, 1 + 2, 1 + 3
  // and 1 + 4; padding at 1.
  const tokens = [5, 1, 7, 7, 1, 1, 4];
  assert.deepEqual(new TokenEmbedding({ ...tables, pad: 1 }).places(tokens), [2, 1, 3, 4, 1, 1, 5]);
  assert.deepEqual(new TokenEmbedding({ ...tables, pad: 0 }).places([0, 5, 5]), [0, 1, 2]);
  assert.deepEqual(new TokenEmbedding(tables).places(tokens), [0, 1, 2, 3, 4, 5, 6]);
});

test("by hand: the three rows are added, then normalised", () => {
  // Word 1 at place 0 of type 1: (1, 0) + (2, 0) + (0, 1) = (3, 1).
  // Mean 2, variance 1: (1, −1), as ε is too small for float32.
  const two = {
    words: fromRows([
      [9, 9],
      [1, 0],
    ]),
    positions: fromRows([[2, 0]]),
    types: fromRows([
      [9, 9],
      [0, 1],
    ]),
    norm: new LayerNorm({ eps: 1e-12 }),
  };
  assert.deepEqual(new TokenEmbedding(two).forward([1], [1]), fromRows([[1, -1]]));
});

test("blindness: rows of the tables that no token names change nothing", () => {
  const [tokens, types] = [
    [4, 7, 4],
    [0, 2, 0],
  ];
  const clean = new TokenEmbedding(tables).forward(tokens, types);
  const words = [0, 1, 2, 3, 5, 6, 8, 9, 10].reduce((M, row) => poison(M, row, NaN), tables.words);
  const positions = [3, 4, 5, 6, 7, 8].reduce((M, row) => poison(M, row, NaN), tables.positions);
  const poisoned = new TokenEmbedding({
    words,
    positions,
    types: poison(tables.types, 1, NaN),
    norm,
  }).forward(tokens, types);
  assertSameRows(poisoned, clean, [0, 1, 2]);
});

test("errors say who, what and why", () => {
  const embedding = new TokenEmbedding({ ...tables, pad: 1 });
  const says = (run: () => unknown, name: string, message: string): void =>
    assert.throws(run, { name, message });
  const [nine, none] = [Array.from({ length: 9 }, () => 4), undefined as unknown as number[]];
  says(
    () => embedding.forward(nine),
    "RangeError",
    "TokenEmbedding.forward: tokens must have places below 9, the rows of positions; got 9 tokens, the " +
      "last at 10",
  );
  says(
    () => embedding.forward([11]),
    "RangeError",
    "TokenEmbedding.forward: tokens[0] must be an integer in [0, 10]; got 11",
  );
  says(
    () => embedding.forward([3, 3], [0]),
    "RangeError",
    "TokenEmbedding.forward: types.length must be an integer in [2, 2]; got 1",
  );
  says(
    () => embedding.forward([3, 3], [0, 3]),
    "RangeError",
    "TokenEmbedding.forward: types[1] must be an integer in [0, 2]; got 3",
  );
  says(
    () => embedding.forward(none),
    "TypeError",
    "TokenEmbedding.forward: tokens must be an array of numbers; got undefined",
  );
  says(
    () => embedding.forward([3], 0 as unknown as number[]),
    "TypeError",
    "TokenEmbedding.forward: types must be an array of numbers; got 0",
  );
  says(
    () => new TokenEmbedding({ ...tables, pad: 11 }),
    "RangeError",
    "TokenEmbedding: pad must be an integer in [0, 10]; got 11",
  );
  says(
    () => new TokenEmbedding({ ...tables, positions: matrix(9, 4) }),
    "RangeError",
    "TokenEmbedding: positions must be (any, 5); got (9, 4)",
  );
  says(
    () => new TokenEmbedding({ ...tables, types: matrix(9, 4) }),
    "RangeError",
    "TokenEmbedding: types must be (any, 5); got (9, 4)",
  );
});

test("tokens and types are taken as tokenisers give them: typed arrays and BigInts", () => {
  const norm = LayerNorm.initial({ d_model: 3 });
  for (const pad of [undefined, 1]) {
    const [words, positions, types] = [normal(5, 3, 1), normal(9, 3, 2), normal(2, 3, 3)];
    const embedding = new TokenEmbedding({ words, positions, types, norm, pad });
    const want = embedding.forward([4, 0, 1], [0, 1, 1]);
    type Form = { from(list: number[]): ArrayLike<number> };
    for (const form of [Int32Array, Uint16Array, Float64Array, Array] as Form[]) {
      assertSameRows(embedding.forward(form.from([4, 0, 1]), form.from([0, 1, 1])), want, [0, 1, 2]);
    }
    const big = BigInt64Array.from([4n, 0n, 1n]);
    assertSameRows(embedding.forward(big, BigInt64Array.from([0n, 1n, 1n])), want, [0, 1, 2]);
    assert.throws(
      () => embedding.forward([9n]),
      { name: "RangeError", message: /tokens\[0\].*got 9$/ },
    );
    assert.throws(
      () => embedding.forward("word" as never),
      { name: "TypeError", message: /got "word"$/ },
    );
    assert.throws(
      () => embedding.forward(new Map() as never),
      { name: "TypeError", message: /got Map$/ },
    );
  }
});
