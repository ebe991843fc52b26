import assert from "node:assert/strict";
import { test } from "node:test";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { NORMALIZE_NAMES, SCORE_NAMES, compareModel, type ScoreName } from "../../scripts/page/models/twelve.ts";
import { dot, naiveAttention, naiveMatmul, type Rows } from "../oracle/naive.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { randomProjection } from "../../lib/attention/heads.ts";
import { rowsOf } from "./expected.ts";

const words = "The old cat that dog chased was".split(" ");
const X = embed(words, 16, 4);
const rows = rowsOf(X);

/** The four score functions, written again. */
function scoresOf(): Record<ScoreName, (q: number[], k: number[]) => number> {
  const random = randomGenerator(4);
  const { W_a } = BilinearAttention.random({ d_q: 16, d_k: 16 }, random);
  const [A, W, U, v] = [W_a, ...[16, 16, 1].map((wide) => randomProjection(16, wide, random))].map(rowsOf);
  return {
    dot,
    scaled: (q, k) => dot(q, k) / 4,
    bilinear: (q, k) => dot(naiveMatmul([q], A!)[0]!, k),
    additive: (q, k) => {
      const [a, b] = [naiveMatmul([q], W!)[0]!, naiveMatmul([k], U!)[0]!];
      return a.reduce((sum, x, c) => sum + Math.tanh(x + b[c]!) * v!.flat()[c]!, 0);
    },
  };
}

/** Sparsemax by its definition: the largest set of keys whose scores stay above their threshold. */
function naiveSparsemax(scores: readonly number[]): number[] {
  const sorted = [...scores].sort((a, b) => b - a);
  let threshold = 0;
  sorted.forEach((_, n) => {
    const sum = sorted.slice(0, n + 1).reduce((total, s) => total + s, 0);
    if (1 + (n + 1) * sorted[n]! > sum) threshold = (sum - 1) / (n + 1);
  });
  return scores.map((s) => Math.max(0, s - threshold));
}

/** Fails unless a map is the wanted one. */
function near(got: ArrayLike<number>, wanted: Rows, off: number, what: string): void {
  const flat = wanted.flat();
  Array.from(got).forEach((x, e) => {
    assert.ok(Math.abs(x - flat[e]!) <= off, `${what}[${e}]: ${x} for ${flat[e]}`);
  });
}

test("twelve: every map is the oracle's at three temperatures", () => {
  for (const temperature of [0.05, 0.97, 8]) {
    const { maps, scores } = compareModel(X, { temperature, seed: 4, wrong: "right" });
    assert.equal(Object.keys(maps).length, SCORE_NAMES.length * NORMALIZE_NAMES.length);
    for (const [name, score] of Object.entries(scoresOf())) {
      const S = rows.map((q) => rows.map((k) => score(q, k)));
      const largest = Math.max(...S.flat().map(Math.abs));
      // a score that float32 rounds moves its weight by as much over the temperature
      const off = 1e-6 + (2 ** -22 * largest) / temperature;
      near(scores[name as ScoreName].data, S, 1e-5 * largest, `${name} scores`);
      const { weights } = naiveAttention(rows, rows, rows, { score, scale: 1 / temperature });
      near(maps[`${name} softmax`]!.data, weights, off, `${name} softmax ${temperature}`);
      const sparse = S.map((row) => naiveSparsemax(row.map((s) => s / temperature)));
      near(maps[`${name} sparsemax`]!.data, sparse, off, `${name} sparsemax ${temperature}`);
      const hard = S.map((row) => row.map((_, j) => (j === row.indexOf(Math.max(...row)) ? 1 : 0)));
      near(maps[`${name} hard`]!.data, hard, 0, `${name} hard ${temperature}`);
    }
  }
});

test("twelve: the temperature moves no hard choice, and a cold softmax comes to it", () => {
  const [cold, hot] = [0.001, 8].map((temperature) => compareModel(X, { temperature, seed: 4, wrong: "right" }));
  for (const name of SCORE_NAMES) {
    assert.deepEqual(cold!.maps[`${name} hard`]!.data, hot!.maps[`${name} hard`]!.data);
    near(cold!.maps[`${name} softmax`]!.data, rowsOf(cold!.maps[`${name} hard`]!), 1e-3, name);
  }
});

test("twelve: additive without its weights is Σ tanh(q + k), and moves no other map", () => {
  const settings = { temperature: 1, seed: 4 } as const;
  const right = compareModel(X, { ...settings, wrong: "right" });
  const wrong = compareModel(X, { ...settings, wrong: "weightless" });
  const sum = (q: number[], k: number[]): number => q.reduce((total, x, c) => total + Math.tanh(x + k[c]!), 0);
  const { weights } = naiveAttention(rows, rows, rows, { score: sum, scale: 1 });
  near(wrong.maps["additive softmax"]!.data, weights, 1e-5, "weightless");
  for (const name of ["dot", "scaled", "bilinear"]) {
    assert.deepEqual(wrong.maps[`${name} softmax`]!.data, right.maps[`${name} softmax`]!.data);
  }
});
