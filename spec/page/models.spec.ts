import assert from "node:assert/strict";
import { test } from "node:test";
import { arithmeticOf, headsModel, rowAt } from "../../scripts/page/models/multi-head.ts";
import {
  birdModel,
  birdPairs,
  projected,
  windowModel,
  type WindowSettings,
} from "../../scripts/page/models/sparse.ts";
import { digitFrom } from "../../scripts/page/models/digits.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { birdOracle } from "./expected-chance.ts";
import { expectedOf, naiveMap, rowsOf } from "./expected.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { project } from "../../lib/attention/heads.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { randomHead } from "../../lib/attention/heads.ts";

const words = "The old cat that the dog chased was never afraid".split(" ");
const X = embed(words, 16, 9);
const T = words.length;

/** Fails unless two lists are near. */
function near(got: ArrayLike<number>, wanted: ArrayLike<number>, off: number, what: string): void {
  assert.equal(got.length, wanted.length, what);
  Array.from(got).forEach((x, e) =>
    assert.ok(Math.abs(x - wanted[e]!) <= off, `${what}[${e}]: ${x} for ${wanted[e]}`),
  );
}

test("heads: each map is the oracle's, and the mistakes are the mistakes they name", () => {
  const right = headsModel(X, { heads: 4, seed: 9, wrong: "right" });
  right.attention.heads.forEach((head, m) =>
    near(right.weights[m]!.data, naiveMap(X, head).weights.flat(), 1e-6, `head ${m}`),
  );
  const columns = headsModel(X, { heads: 4, seed: 9, wrong: "columns" }).weights[0]!;
  for (let j = 0; j < T; j++) {
    const sum = rowsOf(columns).reduce((total, row) => total + row[j]!, 0);
    assert.ok(Math.abs(sum - 1) < 1e-5, `column ${j} sums to ${sum}`);
  }
  const calm = headsModel(X, { heads: 4, seed: 9, wrong: "scale" }).weights[0]!;
  const { W_Q, W_K, W_V } = right.attention.heads[0]!;
  const { Q, K, V } = project("spec", { W_Q, W_K, W_V }, { Q: X, K: X, V: X });
  near(
    calm.data,
    naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / 4 }).weights.flat(),
    1e-6,
    "÷ d",
  );
  const merged = headsModel(X, { heads: 4, seed: 9, wrong: "merge" });
  assert.deepEqual(merged.weights[0]!.data, right.weights[0]!.data);
  assert.notDeepEqual(merged.output.data, right.output.data);
});

test("arithmetic of a cell: shares are the map's, and the answer the row of the output", () => {
  const { attention, weights } = headsModel(X, { heads: 2, seed: 3, wrong: "right" });
  const { Q, K, V } = project("spec", attention.heads[1]!, { Q: X, K: X, V: X });
  const steps = arithmeticOf({ Q, K, V }, [4, 2]);
  near(steps.shares, rowAt(weights[1]!, 4), 1e-6, "shares");
  near(
    steps.answer,
    naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / Math.sqrt(8) }).output[4]!,
    1e-9,
    "answer",
  );
  assert.ok(Math.abs(steps.products.reduce((a, x) => a + x, 0) - steps.dot) < 1e-9, "products");
  const alone = arithmeticOf({ Q, K, V }, [4, 2], { sees: (key) => key === 0 });
  assert.deepEqual([alone.shares[0], alone.shares[2]], [1, 0]);
});

test("window: radius, dilation and direction are the rule |i − j| ≤ r·s, s divides, j ≤ i", () => {
  const head = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(9));
  for (const radius of [0, 1, 3, T - 1]) {
    for (const dilation of [1, 2]) {
      for (const causal of [false, true]) {
        const settings: WindowSettings = { radius, dilation, causal, seed: 9, wrong: "right" };
        const sees = (i: number, j: number): boolean =>
          Math.abs(i - j) <= radius * dilation && (i - j) % dilation === 0 && (!causal || j <= i);
        const wanted = naiveMap(X, head, sees);
        const model = windowModel(X, settings);
        near(model.map.data, wanted.weights.flat(), 1e-6, JSON.stringify(settings));
        assert.equal(model.pairs, wanted.weights.flat().filter((w) => w > 0).length);
      }
    }
  }
});

test("window: zeros beyond the ends take what the oracle gives them", () => {
  const model = windowModel(X, { radius: 2, dilation: 1, causal: false, seed: 9, wrong: "zeros" });
  const kept = rowAt(model.map, 0).reduce((a, w) => a + w, 0);
  near(model.map.data, expectedOf("en")["window.zeros"] as number[], 1e-4, "zeros");
  assert.ok(Math.abs(kept + model.stolen[0]! - 1) < 1e-6, "the rest");
  assert.equal(model.stolen[5], 0);
});

test("big-bird: the map is the oracle's; counted twice a shared key weighs twice", () => {
  const settings = { radius: 1, random: 0, block: 1, globals: [3], seed: 9, wrong: "right" } as const;
  const model = birdModel(X, settings);
  near(model.map.data, birdOracle(X, 9, { globals: [3] }).weights.flat(), 1e-5, "map");
  const twice = birdModel(X, { ...settings, wrong: "twice" });
  near(twice.map.data, birdOracle(X, 9, { globals: [3], twice: true }).weights.flat(), 1e-5, "twice");
  near(twice.once.data, Array.from(model.map.data), 1e-9, "once beside twice");
  const ratio = (map: ArrayLike<number>): number => map[2 * T + 3]! / map[2 * T + 1]!;
  assert.ok(Math.abs(ratio(twice.map.data) / ratio(model.map.data) - 2) < 1e-5, "not twice");
  assert.deepEqual(model.reach(0), [3, T, T]);
  assert.equal(birdPairs(4096, 1, 0, 0), 3 * 4096 - 2);
});

test("big-bird: blocks, random keys, extra tokens and several global words are the oracle's", () => {
  for (const how of [
    { radius: 0, random: 2, block: 1, globals: [] },
    { radius: 1, random: 1, block: 2, globals: [3, 2] },
    { radius: 1, random: 1, block: 3, globals: [4], extra: 2 },
    { radius: 0, random: 0, block: 1, globals: [], extra: 1 },
  ]) {
    const { map } = birdModel(X, { ...how, seed: 9, wrong: "right" });
    near(map.data, birdOracle(X, 9, how).weights.flat(), 1e-5, JSON.stringify(how));
  }
});

test("projections of one head are those that the library draws", () => {
  const { W_Q } = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(5));
  const wanted = rowsOf(X).map((row) =>
    Array.from({ length: 16 }, (_, c) => row.reduce((a, x, k) => a + x * W_Q.data[16 * k + c]!, 0)),
  );
  near(projected(X, 5).Q.data, wanted.flat(), 1e-5, "Q");
});

test("strokes: no points are no digit, a line is ink within 28 × 28", () => {
  assert.equal(digitFrom([]), undefined);
  const digit = digitFrom([2050, 3050, 4050, 5050, 6050, 7050, 8050])!;
  assert.deepEqual([digit.rows, digit.cols], [28, 28]);
  assert.ok(
    digit.data.some((x) => x > 0.9),
    "no ink",
  );
});
