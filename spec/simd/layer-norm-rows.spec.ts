import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import * as plain from "../../lib/kernels/layer-norm-rows.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, assertSameRows, normal, poison } from "../support/values.ts";
import { layerNormRows } from "../../lib/simd/layer-norm-rows.ts";
import { matrix } from "../../lib/matrix.ts";

/** Moved far from 0, where sums in float32 would lose the digits. */
const moved = (X: Matrix, by: number): Matrix => matrix(X.rows, X.cols, X.data.map((x) => x + by));

test("the plain kernel to a float32 step, at every width, with and without γ and β, also on a large mean", () => {
  for (const [n, d] of [[1, 1], [7, 2], [5, 3], [3, 13], [9, 64], [300, 130]] as const) {
    for (const mean of [0, 1e4]) {
      const X = moved(normal(n, d, 1), mean);
      const [gamma, beta] = [normal(1, d, 2), normal(1, d, 3)];
      const title = `${n} × ${d}, ${mean}`;
      const same = (a: Matrix, b: Matrix): void => assertNear(a.data, b.data, title, undefined, 2.4e-7);
      same(layerNormRows(X, 1e-5), plain.layerNormRows(X, 1e-5));
      same(layerNormRows(X, 1e-5, gamma), plain.layerNormRows(X, 1e-5, gamma));
      same(layerNormRows(X, 1e-5, gamma, beta), plain.layerNormRows(X, 1e-5, gamma, beta));
    }
  }
});

test("a constant row gives β; a NaN makes its own row NaN; no rows and no columns", () => {
  const beta = normal(1, 7, 3);
  const constant = matrix(2, 7, new Float32Array(14).fill(5));
  assertSameBits(layerNormRows(constant, 1e-5, undefined, beta), matrix(2, 7, [...beta.data, ...beta.data]));
  const X = normal(5, 7, 1);
  const sick = layerNormRows(poison(X, 2, NaN), 1e-5);
  assertSameRows(sick, layerNormRows(X, 1e-5), [0, 1, 3, 4]);
  assert.ok(sick.data.subarray(14, 21).every(Number.isNaN), "row 2 is NaN");
  assertSameBits(layerNormRows(matrix(0, 3), 1e-5), matrix(0, 3));
  assertSameBits(layerNormRows(matrix(3, 0), 1e-5), matrix(3, 0));
  assert.throws(() => layerNormRows(X, 0), {
    name: "RangeError",
    message: "layerNormRows: eps must be a finite number > 0; got 0",
  });
});
