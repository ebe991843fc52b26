import assert from "node:assert/strict";
import { test } from "node:test";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { fromRows, randomGenerator } from "../../lib/matrix.ts";
import { naiveMap, rowsOf } from "./expected.ts";
import { naiveMatmul, naiveSoftmax, type Rows } from "../oracle/naive.ts";
import { orderModel, orderOf } from "../../scripts/page/models/shuffle.ts";
import { randomHead } from "../../lib/attention/heads.ts";

const words = "The old cat that the dog chased was".split(" ");
const X = embed(words, 16, 9);
const T = words.length;

/** Fails unless a map is the wanted one. */
function near(got: ArrayLike<number>, wanted: Rows, what: string): void {
  const flat = wanted.flat();
  assert.equal(got.length, flat.length, what);
  Array.from(got).forEach((x, e) =>
    assert.ok(Math.abs(x - flat[e]!) <= 2e-6, `${what}[${e}]: ${x} for ${flat[e]}`),
  );
}

/** Sine and cosine of each place, written again. */
function positions(n: number, d: number): Rows {
  return Array.from({ length: n }, (_, t) =>
    Array.from({ length: d }, (__, c) => {
      const angle = t / 10000 ** ((2 * Math.floor(c / 2)) / d);
      return c % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }),
  );
}

test("shuffle: 0 is the order as it stands; any other is a permutation, the same each time", () => {
  assert.deepEqual(orderOf(4, 0), [0, 1, 2, 3]);
  for (let shuffle = 1; shuffle <= 40; shuffle++) {
    const order = orderOf(T, shuffle);
    assert.deepEqual([...order].sort((a, b) => a - b), Array.from({ length: T }, (_, t) => t));
    assert.deepEqual(orderOf(T, shuffle), order);
  }
  assert.deepEqual([orderOf(0, 3), orderOf(1, 3)], [[], [0]]);
});

test("shuffle: both maps are the oracle's, with positions and without", () => {
  const head = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(9));
  for (const withPositions of [false, true]) {
    for (const shuffle of [0, 1, 7]) {
      const { order, map, shuffled, moved } = orderModel(X, { shuffle, positions: withPositions, seed: 9 });
      const P = positions(T, 16);
      const placed = (rows: Rows): Rows =>
        withPositions ? rows.map((row, t) => row.map((x, c) => x + P[t]![c]!)) : rows;
      const before = naiveMap(fromRows(placed(rowsOf(X))), head);
      const after = naiveMap(fromRows(placed(order.map((t) => rowsOf(X)[t]!))), head);
      near(map.data, before.weights, "before");
      near(shuffled.data, after.weights, "after");
      moved.forEach((off, to) => {
        const was = before.output[order[to]!]!;
        const wanted = Math.max(...after.output[to]!.map((x, c) => Math.abs(x - was[c]!)));
        assert.ok(Math.abs(off - wanted) < 1e-5, `word ${to} moved by ${off}, not ${wanted}`);
        if (!withPositions) assert.equal(off, 0, "not the same to the bit");
      });
      if (withPositions && shuffle > 0) assert.ok(Math.max(...moved) > 0.01, "positions change nothing");
    }
  }
});

test("shuffle: the learned rows are softmax(tanh(H W_s1) W_s2), as the oracle has them", () => {
  const random = randomGenerator(9);
  randomHead({ d_query: 16, d_k: 16 }, random);
  const { W_s1, W_s2 } = StructuredSelfAttention.random({ d_hidden: 16, d_a: 16, r: 3 }, random);
  const hidden = naiveMatmul(rowsOf(X), rowsOf(W_s1)).map((row) => row.map(Math.tanh));
  const scores = naiveMatmul(hidden, rowsOf(W_s2));
  const wanted = [0, 1, 2].map((r) => naiveSoftmax(scores.map((row) => row[r]!)));
  near(orderModel(X, { shuffle: 0, positions: false, seed: 9 }).rows.data, wanted, "rows");
});
