import assert from "node:assert/strict";
import { test } from "node:test";
import { embed } from "../../scripts/atlas/words.ts";
import { hullOf, queryModel } from "../../scripts/page/models/query-plane.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { rowsOf } from "./expected.ts";

const WORDS = "The old cat that the dog chased was never afraid".split(" ");
const FIVE = ["The", "old", "cat", "that", "dog"];

/** Fails unless two lists are near. */
function near(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  assert.equal(got.length, wanted.length, what);
  Array.from(got).forEach((x, e) =>
    assert.ok(Math.abs(x - wanted[e]!) <= 1e-6, `${what}[${e}]: ${x} for ${wanted[e]}`),
  );
}

test("query plane: shares and output are the oracle's, over the first five words that differ", () => {
  for (const q of [[1.2, 0.8], [0, 0], [-3, 3], [0.01, -2.5]] as const) {
    for (const hidden of [[], [0], [1, 4], [0, 1, 2, 3, 4]]) {
      const model = queryModel(WORDS, { q, hidden, seed: 9, wrong: "right" });
      assert.deepEqual(model.words, FIVE);
      const [K, V] = [embed(FIVE, 2, 109), embed(FIVE, 2, 209)].map(rowsOf);
      const allow = (_: number, j: number): boolean => !hidden.includes(j);
      const wanted = naiveAttention([[...q]], K!, V!, { allow });
      near(model.shares, wanted.weights[0]!, `shares at ${q}`);
      near(model.output, wanted.output[0]!, `output at ${q}`);
      near(model.scores, K!.map(([x, y]) => q[0] * x! + q[1] * y!), "scores");
    }
  }
});

test("query plane: masked after the softmax, what is seen keeps its share, and the rest is lost", () => {
  const settings = { q: [1.2, 0.8], hidden: [0, 2], seed: 9 } as const;
  const all = queryModel(WORDS, { ...settings, hidden: [], wrong: "right" });
  const late = queryModel(WORDS, { ...settings, wrong: "after" });
  near(late.shares, all.shares.map((w, j) => (j === 0 || j === 2 ? 0 : w)), "shares");
  const lost = all.shares[0]! + all.shares[2]!;
  assert.ok(Math.abs(late.shares.reduce((sum, w) => sum + w, 0) - (1 - lost)) < 1e-6, "the sum");
});

test("query plane: the hull holds every value and the output, and has no other corner", () => {
  const points = matrix(6, 2, [0, 0, 4, 0, 4, 4, 0, 4, 1, 2, 4, 2]);
  assert.deepEqual([...hullOf(points, [0, 1, 2, 3, 4, 5])].sort(), [0, 1, 2, 3]);
  assert.deepEqual(hullOf(points, [4]), [4]);
  assert.deepEqual(hullOf(points, []), []);
  for (let seed = 0; seed < 20; seed++) {
    const { hull, values, output } = queryModel(WORDS, { q: [2, -1], hidden: [1], seed, wrong: "right" });
    const at = (j: number): readonly [number, number] => [values.data[2 * j]!, values.data[2 * j + 1]!];
    hull.forEach((from, n) => {
      const [[x, y], [u, v]] = [at(from), at(hull[(n + 1) % hull.length]!)];
      for (const [a, b] of [...[0, 2, 3, 4].map(at), output]) {
        const turn = (u - x) * (b - y) - (v - y) * (a - x);
        assert.ok(turn >= -1e-6, `seed ${seed}: a point lies outside the edge ${n} by ${turn}`);
      }
    });
  }
});

test("query plane: texts of one or no new word have as many keys", () => {
  const model = queryModel(["a", "A", "ａ"], { q: [1, 1], hidden: [], seed: 9, wrong: "right" });
  assert.deepEqual([model.words, model.shares, model.hull], [["a"], [1], [0]]);
});
