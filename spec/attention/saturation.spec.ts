import assert from "node:assert/strict";
import test from "node:test";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { fromFunction, gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";

/**
 * The mean of Σ_j A (1 − A) over 24 draws of 32 queries and 64 keys, all from N(0, 1).
 *
 * It shows why the scores are divided by √d_k (study note, docs/multi-head.md, step 2). The derivative of a
 * weight by its own score is A (1 − A). Its sum over a row measures how much the weights still change with
 * the scores: 1 − 1/n for a uniform row, and 0 for a saturated one, from which nothing can be learned.
 */
function response(d_k: number, scale: number | undefined): number {
  const [draws, n_q, n_k] = [24, 32, 64];
  const attention = new ScaledDotProductAttention({ scale });
  const normal = gaussian(randomGenerator(d_k));
  let sum = 0;
  for (let draw = 0; draw < draws; draw++) {
    const [Q, K] = [fromFunction(n_q, d_k, normal), fromFunction(n_k, d_k, normal)];
    const { weights } = attention.forward(Q, K, matrix(n_k, 1));
    sum += weights.data.reduce((total, a) => total + a * (1 - a), 0);
  }
  return sum / (draws * n_q);
}

test("√d_k keeps softmax out of saturation: for 64 keys Σ A(1 − A) stays near 0.96 at d_k = 4, 64 and " +
  "1024", () => {
  for (const d_k of [4, 64, 1024]) {
    const scaled = response(d_k, undefined);
    assert.ok(Math.abs(scaled - 0.96) < 0.01, `d_k ${d_k}: ${scaled}`);
  }
});

test("without it softmax saturates as d_k grows: 0.84, 0.29, 0.08", () => {
  [
    [4, 0.84],
    [64, 0.29],
    [1024, 0.08],
  ].forEach(([d_k, expected]) => {
    const unscaled = response(d_k!, 1);
    assert.ok(Math.abs(unscaled - expected!) < 0.025, `d_k ${d_k}: ${unscaled}`);
  });
});

test("divided by d_k instead, it can only average: what is near uniform, 1 − 1/64, answers to nothing in " +
  "particular", () => {
  assert.ok(Math.abs(response(1024, 1 / 1024) - (1 - 1 / 64)) < 1e-4, "near uniform");
});
