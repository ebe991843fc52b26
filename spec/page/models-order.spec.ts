import assert from "node:assert/strict";
import { test } from "node:test";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { orderModel, orderOf } from "../../scripts/page/models/order.ts";
import { naiveMap } from "./expected.ts";

const WORDS = ["the", "old", "cat", "saw", "the", "dog", "run"];
const X = embed(WORDS, 16, 3);

test("order: every shuffle holds each place once; 0 moves nothing, 1 turns it round", () => {
  assert.deepEqual(orderOf(4, 0), [0, 1, 2, 3]);
  assert.deepEqual(orderOf(4, 1), [3, 2, 1, 0]);
  for (let n = 2; n < 40; n++) assert.deepEqual(orderOf(9, n).sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

test("order: the map is the oracle's, and shuffles with the words; the output is the same to the bit", () => {
  for (const shuffle of [1, 2, 3, 4, 5]) {
    const { map, shuffled, order, same, all, pooledOff } = orderModel(X, { shuffle, positions: false, seed: 8 });
    const { head } = SelfAttention.random({ d_model: 16, d_k: 16 }, randomGenerator(8));
    const wanted = naiveMap(X, head).weights;
    wanted.flat().forEach((w, e) => assert.ok(Math.abs(w - map.data[e]!) < 1e-5, `cell ${e}`));
    order.forEach((i, a) => order.forEach((j, b) => {
      const off = Math.abs(map.data[i * 7 + j]! - shuffled.data[a * 7 + b]!);
      assert.ok(off < 1e-7, `cell ${a}, ${b}`);
    }));
    assert.equal(same, all, `shuffle ${shuffle}`);
    assert.ok(pooledOff < 1e-6, `pooled ${pooledOff}`);
  }
});

test("order: the rows of a word that stands twice are one row, until places are added", () => {
  const rowOf = (positions: boolean, i: number): number[] => Array.from(orderModel(X, { shuffle: 0, positions, seed: 8 }).map.data.subarray(7 * i, 7 * i + 7));
  assert.deepEqual(rowOf(false, 0), rowOf(false, 4));
  assert.notDeepEqual(rowOf(true, 0), rowOf(true, 4));
});

test("order: with positions the shuffled words give something else", () => {
  const { same, all, off, pooledOff } = orderModel(X, { shuffle: 1, positions: true, seed: 8 });
  assert.ok(same < all / 2, `${same} of ${all}`);
  assert.ok(off > 0.01 && pooledOff > 0.001, `${off}, ${pooledOff}`);
});
