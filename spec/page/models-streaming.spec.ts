import assert from "node:assert/strict";
import { test } from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { fromFunction, fromRows, randomGenerator } from "../../lib/matrix.ts";
import { liveliest, streamModel, streamPast, streamSum } from "../../scripts/page/models/streaming.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { randomHead } from "../../lib/attention/heads.ts";
import { rowsOf } from "./expected.ts";

const T = 7;

function wordsLike(): Matrix {
  const random = randomGenerator(12);
  return fromFunction(T, 16, () => 2 * random() - 1);
}

test("streaming: the sums of a step are the oracle's over all keys that have passed, for each block and query", () => {
  const X = wordsLike();
  const { W_Q, W_K } = randomHead({ d_query: 16, d_k: 16 }, randomGenerator(5));
  const [Q, K] = [naiveLinear(rowsOf(X), rowsOf(W_Q)), naiveLinear(rowsOf(X), rowsOf(W_K))];
  for (const block of [1, 2, 3, T]) {
    const model = streamModel(X, { block, seed: 5, wrong: "right" });
    for (let step = 1; step < model.states.length; step++) {
      for (let i = 0; i < T; i++) {
        const scores = K.slice(0, model.edges[step]!).map((k) => k.reduce((sum, x, c) => sum + x * Q[i]![c]!, 0) / 4);
        const most = Math.max(...scores);
        const sum = scores.reduce((total, s) => total + Math.exp(s - most), 0);
        const told = streamSum(model, step, i);
        const where = `block ${block}, step ${step}, query ${i}`;
        assert.ok(Math.abs(told.m - most) < 1e-5, `${where}: m is ${told.m}, not ${most}`);
        assert.ok(Math.abs(told.l - sum) < 1e-5, `${where}: l is ${told.l}, not ${sum}`);
        assert.equal(told.scores.length, model.edges[step]! - model.edges[step - 1]!, where);
        if (step === 1) assert.equal(told.shrink, 0, `${where}: nothing was summed before`);
      }
    }
  }
});

test("streaming: the liveliest query is the one whose greatest score grows most often", () => {
  assert.equal(liveliest(fromRows([[3, 2, 1], [1, 3, 2], [1, 2, 3]])), 2);
  assert.equal(liveliest(fromRows([[1, 1], [1, 1]])), 0);
});

test("streaming: the past is one step after the other; with forgotten shrinking its sums are the wrong ones", () => {
  const right = streamModel(wordsLike(), { block: 2, seed: 5, wrong: "right" });
  streamPast(right, 4, 4).forEach((one, n) => {
    const { l, ...rest } = streamSum(right, n + 1, 4);
    assert.deepEqual({ ...one, l: 0 }, { ...rest, l: 0 }, `step ${n + 1}`);
    assert.ok(Math.abs(one.l - l) < 1e-5, `step ${n + 1}: ${one.l}, not ${l}`);
  });
  assert.deepEqual(streamPast(right, 4, 0), []);
  const wrong = streamModel(wordsLike(), { block: 2, seed: 5, wrong: "unshrunk" });
  for (let i = 0; i < T; i++) {
    const sums = streamPast(wrong, i, 4).map(({ powers }) => powers.reduce((sum, p) => sum + p));
    const last = streamPast(wrong, i, 4)[3]!.l;
    const wanted = sums.reduce((sum, p) => sum + p);
    assert.ok(Math.abs(last - wanted) < 1e-5, `row ${i}: ${last}, not ${wanted}`);
  }
});
