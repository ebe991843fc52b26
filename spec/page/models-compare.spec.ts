import assert from "node:assert/strict";
import { test } from "node:test";
import { embed } from "../../scripts/atlas/words.ts";
import { NORMAL_NAMES, SCORE_NAMES, compareModel, compareWeights, temperatureAt } from "../../scripts/page/models/compare.ts";
import { dot, naiveSoftmax } from "../oracle/naive.ts";
import { rowsOf } from "./expected.ts";

const X = embed(["the", "old", "cat", "was", "never", "afraid", "again"], 16, 3);

test("compare: four score functions are those of their equations", () => {
  const { scores } = compareModel(X, { query: 2, temperature: 1, seed: 5 });
  const weights = compareWeights(16, 5);
  const [W, W_a, U_a, v_a] = [weights.W, weights.W_a, weights.U_a, weights.v_a].map(rowsOf);
  const words = rowsOf(X);
  const q = words[2]!;
  const times = (x: number[], M: number[][]): number[] => M[0]!.map((_, c) => x.reduce((sum, a, r) => sum + a * M[r]![c]!, 0));
  words.forEach((k, j) => {
    const wanted = {
      dot: dot(q, k),
      scaled: dot(q, k) / 4,
      bilinear: dot(times(q, W!), k),
      additive: times(q, W_a!).reduce((sum, p, u) => sum + Math.tanh(p + times(k, U_a!)[u]!) * v_a![u]![0]!, 0),
    };
    for (const name of SCORE_NAMES) {
      assert.ok(Math.abs(wanted[name] - scores[name].data[j]!) < 1e-5, `${name} of key ${j}: ${scores[name].data[j]}, not ${wanted[name]}`);
    }
  });
});

test("compare: softmax is the oracle's, hard is one 1, sparsemax sums to 1; the joined form agrees", () => {
  for (const temperature of [0.25, 1, 3]) {
    const { scores, maps, joined } = compareModel(X, { query: 4, temperature, seed: 1 });
    for (const name of SCORE_NAMES) {
      const wanted = naiveSoftmax(Array.from(scores[name].data, (s) => s / temperature));
      const row = (n: number): number[] => Array.from(maps[name].data.subarray(7 * n, 7 * n + 7));
      row(0).forEach((w, j) => assert.ok(Math.abs(w - wanted[j]!) < 1e-5, `${name} ${j}`));
      assert.ok(Math.abs(row(1).reduce((a, w) => a + w) - 1) < 1e-6, `${name}: sparsemax`);
      assert.equal(row(2).filter((w) => w === 1).length, 1, name);
      assert.equal(row(2).indexOf(1), wanted.indexOf(Math.max(...wanted)), name);
    }
    assert.ok(joined < 1e-5, `joined form ${joined}`);
  }
});

test("compare: as the temperature falls both soft rows become the hard one; sparsemax drops the lowest first", () => {
  const cold = compareModel(X, { query: 4, temperature: temperatureAt(-60), seed: 1 });
  for (const name of SCORE_NAMES) {
    for (const n of [0, 1]) {
      for (let j = 0; j < 7; j++) {
        const off = Math.abs(cold.maps[name].data[7 * n + j]! - cold.maps[name].data[14 + j]!);
        assert.ok(off < 1e-3, `${name}, ${NORMAL_NAMES[n]}, key ${j}: ${off}`);
      }
    }
  }
  let first: number | undefined;
  for (let n = 60; first === undefined && n > -40; n--) {
    const { maps } = compareModel(X, { query: 4, temperature: temperatureAt(n), seed: 1 });
    const at = Array.from(maps.additive.data.subarray(7, 14)).indexOf(0);
    if (at >= 0) first = at;
  }
  const scores = Array.from(cold.scores.additive.data);
  assert.equal(first, scores.indexOf(Math.min(...scores)));
});
