import assert from "node:assert/strict";
import test from "node:test";
import { at, normal, rowsOf } from "../support/values.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { relativePositionBias, relativePositionBiasGradient } from "../../lib/kernels/relative-position-bias.ts";
import { relativeRow } from "../../lib/kernels/relative-position-bias.ts";

test("equals the table at the two differences of coordinates, for each head", () => {
  for (const [p, heads] of [
    [1, 3],
    [2, 1],
    [3, 2],
    [5, 4],
  ] as const) {
    const table = normal((2 * p - 1) ** 2, heads, 1);
    const biases = relativePositionBias(table, p);
    assert.equal(biases.length, heads);
    for (let y = 0; y < p; y++) {
      for (let x = 0; x < p; x++) {
        for (let u = 0; u < p; u++) {
          for (let v = 0; v < p; v++) {
            const row = [...Array((2 * p - 1) ** 2).keys()].find(
              (e) => Math.floor(e / (2 * p - 1)) - (p - 1) === y - u && (e % (2 * p - 1)) - (p - 1) === x - v,
            )!;
            biases.forEach((B, h) => assert.equal(at(B, y * p + x, u * p + v), at(table, row, h)));
          }
        }
      }
    }
  }
});

test("by hand: a square of 2 × 2, and the middle row for a pixel and itself", () => {
  // Rows of the 3 × 3 table: (Δy + 1)·3 + Δx + 1. Pixel 0 looks at pixel 3, down and right of it: Δ = (−1,
  // −1), row 0; pixel 3 at 0: row 8.
  const [B] = relativePositionBias(
    fromFunction(9, 1, (row) => row),
    2,
  );
  assert.deepEqual(rowsOf(B!), [
    [4, 3, 1, 0],
    [5, 4, 2, 1],
    [7, 6, 4, 3],
    [8, 7, 5, 4],
  ]);
});

test("the published index, whatever the head", () => {
  const index = golden("cat", "attention_rpe").tensor("w.relative_position_index").data;
  assert.deepEqual(
    Array.from(index),
    Array.from({ length: 81 }, (_, e) => relativeRow(Math.floor(e / 9), e % 9, 3)),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => relativePositionBias(matrix(8, 2), 2), {
    name: "RangeError",
    message: "relativePositionBias: table must be (9, any); got (8, 2)",
  });
  assert.throws(() => relativePositionBias(matrix(1, 2), 0), {
    name: "RangeError",
    message: "relativePositionBias: p must be an integer ≥ 1; got 0",
  });
});

test("backwards, by hand and as the transpose of the way forward", () => {
  const dB = fromFunction(4, 4, (s, t) => 4 * s + t + 1);
  // The middle row gets the diagonal, 1 + 6 + 11 + 16; row 0 pixel 0 at 3, 4; row 8 pixel 3 at 0, 13.
  const table = rowsOf(relativePositionBiasGradient([dB], 2)).flat();
  assert.deepEqual([table[4], table[0], table[8]], [34, 4, 13]);
  for (const [p, h] of [[1, 2], [2, 3], [3, 1]] as const) {
    const T = normal((2 * p - 1) ** 2, h, 1);
    const parts = Array.from({ length: h }, (_, m) => normal(p * p, p * p, m + 2));
    const sum = (A: number[], B: number[]): number => A.reduce((all, x, e) => all + x * B[e]!, 0);
    const biases = relativePositionBias(T, p);
    const forward = biases.reduce((all, B, m) => all + sum(rowsOf(B).flat(), rowsOf(parts[m]!).flat()), 0);
    const back = sum(rowsOf(T).flat(), rowsOf(relativePositionBiasGradient(parts, p)).flat());
    assert.ok(Math.abs(forward - back) < 1e-5, `p = ${p}, h = ${h}: ${forward} and ${back}`);
  }
  assert.throws(() => relativePositionBiasGradient([matrix(4, 3)], 2), {
    message: "relativePositionBiasGradient: dB[0] must be (4, 4); got (4, 3)",
  });
  assert.throws(() => relativePositionBiasGradient([], 2), {
    message: "relativePositionBiasGradient: dB.length must be an integer ≥ 1; got 0",
  });
});
