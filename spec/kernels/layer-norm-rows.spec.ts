import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertSameRows, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { layerNormRows } from "../../lib/kernels/layer-norm-rows.ts";

/** The definition, in doubles. */
function naiveNorm(X: number[][], eps: number, gamma?: number[], beta?: number[]): number[][] {
  return X.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, x) => a + (x - mean) ** 2, 0) / row.length;
    return row.map(
      (x, c) => ((gamma ? gamma[c]! : 1) * (x - mean)) / Math.sqrt(variance + eps) + (beta ? beta[c]! : 0),
    );
  });
}

test("equals the definition over a grid of shapes and of ε, with γ and β or without", () => {
  for (const [n, d] of [
    [0, 3],
    [1, 1],
    [1, 7],
    [5, 1],
    [2, 3],
    [11, 13],
    [3, 64],
  ] as const) {
    for (const eps of [1e-12, 1e-6, 1e-5, 0.5]) {
      const [X, gamma, beta] = [normal(n, d, 1), normal(1, d, 2), normal(1, d, 3)];
      const [g, b] = [rowsOf(gamma)[0]!, rowsOf(beta)[0]!];
      const limit = tolerance(1);
      assertClose(layerNormRows(X, eps), n === 0 ? X : naiveNorm(rowsOf(X), eps), limit, "plain");
      assertClose(
        layerNormRows(X, eps, gamma),
        n === 0 ? X : naiveNorm(rowsOf(X), eps, g),
        limit,
        "γ",
      );
      assertClose(
        layerNormRows(X, eps, undefined, beta),
        n === 0 ? X : naiveNorm(rowsOf(X), eps, undefined, b),
        limit,
        "β",
      );
      assertClose(
        layerNormRows(X, eps, gamma, beta),
        n === 0 ? X : naiveNorm(rowsOf(X), eps, g, b),
        limit,
        "both",
      );
    }
  }
});

test("by hand: 1, 3, 5, 7 with ε = 4", () => {
  // Mean 4; centred −3, −1, 1, 3; squares 9 + 1 + 1 + 9 = 20, biased variance 20/4 = 5, √(5 + 4) = 3: −1,
  // −1/3, 1/3, 1. (Over d − 1 the variance would be 20/3; with ε outside the root the divisor √5 + 4.) γ = 3,
  // 6, 9, 12 and β = 1: −2, −1, 4, 13.
  const X = fromRows([[1, 3, 5, 7]]);
  assertClose(layerNormRows(X, 4), [[-1, -1 / 3, 1 / 3, 1]], 1e-7);
  assertClose(
    layerNormRows(X, 4, fromRows([[3, 6, 9, 12]]), fromRows([[1, 1, 1, 1]])),
    [[-2, -1, 4, 13]],
    1e-7,
  );
});

test("every row has mean 0 and variance 1 while ε is small, whatever its scale and offset", () => {
  for (const [scale, offset] of [
    [1, 0],
    [1e-2, 3],
    [1e4, -7],
    [1, 1000],
  ] as const) {
    const X = fromRows(rowsOf(normal(5, 17, 4)).map((row) => row.map((x) => scale * x + offset)));
    for (const row of rowsOf(layerNormRows(X, 1e-12))) {
      const mean = row.reduce((a, b) => a + b, 0) / 17;
      const variance = row.reduce((a, x) => a + x * x, 0) / 17;
      assert.ok(Math.abs(mean) < 1e-6 && Math.abs(variance - 1) < 1e-6, `${mean}, ${variance}`);
    }
  }
});

test("a constant row gives β, and a large mean loses nothing", () => {
  const beta = fromRows([[0.25, -1, 3]]);
  for (const x of [0, 1, -0.1, 1e30]) {
    assertClose(layerNormRows(fromRows([[x, x, x]]), 1e-5, undefined, beta), beta, 1e-7);
  }
  // 2²⁰ ± 1 is exact in float32: centred ±1, variance 1. E[x²] − μ² in float32 would give 0 or worse.
  assertClose(layerNormRows(fromRows([[2 ** 20 - 1, 2 ** 20 + 1]]), 1e-12), [[-1, 1]], 1e-7);
});

test("each row sees only itself: a NaN stays in its row, and inputs are not written", () => {
  const X = normal(5, 4, 5);
  const before = X.data.slice();
  const clean = layerNormRows(X, 1e-5);
  for (const value of [NaN, Infinity]) {
    const spoilt = layerNormRows(poison(X, 2, value), 1e-5);
    assertSameRows(spoilt, clean, [0, 1, 3, 4]);
    assert.ok(rowsOf(spoilt)[2]!.every(Number.isNaN), "its own row is spoilt");
  }
  assert.deepEqual(X.data, before);
});

test("errors say who, what and why", () => {
  const X = matrix(2, 3);
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(() => layerNormRows(X, 0), "layerNormRows: eps must be a finite number > 0; got 0");
  says(() => layerNormRows(X, NaN), "layerNormRows: eps must be a finite number > 0; got NaN");
  says(() => layerNormRows(X, 1, matrix(1, 2)), "layerNormRows: gamma must be (1, 3); got (1, 2)");
  says(() => layerNormRows(X, 1, undefined, matrix(3, 1)), "layerNormRows: beta must be (1, 3); got (3, 1)");
  assert.throws(() => layerNormRows(null as never, 1), {
    name: "TypeError",
    message: "layerNormRows: X must be a Matrix { rows, cols, data }; got null",
  });
});
