import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/kernels/softmax-rows.ts";
import { assertNear } from "../support/near.ts";
import { assertRowSums, assertSameBits, at, normal } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { softmaxRows } from "../../lib/simd/softmax-rows.ts";

test("each weight within 1e-6 of the largest of its row; rows sum to 1; every width up to 40", () => {
  for (let m = 1; m <= 40; m++) {
    const S = fromFunction(9, m, (i, j) => ((i * 7919 + j * 104729) % 1000) / 20 - 25);
    const [A, expected] = [softmaxRows(S), plain.softmaxRows(S)];
    for (let i = 0; i < 9; i++) {
      const row = (M: typeof A): Float32Array => M.data.subarray(i * m, (i + 1) * m);
      assertNear(row(A), row(expected), `row ${i} of ${m}`, Math.max(...row(expected)));
    }
    assertRowSums(A);
  }
  assertNear(softmaxRows(normal(700, 37, 1)).data, plain.softmaxRows(normal(700, 37, 1)).data, "several blocks");
});

test("−∞ has weight 0; a row of −∞ alone is zeros; NaN and +∞ make their own row NaN", () => {
  const S = fromRows([
    [0, -Infinity, 0],
    [-Infinity, -Infinity, -Infinity],
    [1, NaN, 2],
    [1, Infinity, 2],
    [5000, 5000, -5000],
    [-3e38, -3e38, -Infinity],
  ]);
  const A = softmaxRows(S);
  assertSameBits(A, fromRows([
    [0.5, 0, 0.5],
    [0, 0, 0],
    [NaN, NaN, NaN],
    [NaN, NaN, NaN],
    [0.5, 0.5, 0],
    [0.5, 0.5, 0],
  ]));
  assert.equal(at(S, 2, 0), 1, "the scores stay as they were");
});

test("no rows, no columns, and the plain kernel's error", () => {
  assertSameBits(softmaxRows(matrix(0, 3)), matrix(0, 3));
  assertSameBits(softmaxRows(matrix(3, 0)), matrix(3, 0));
  assert.throws(() => softmaxRows(undefined as never), {
    name: "TypeError",
    message: "softmaxRows: S must be a Matrix { rows, cols, data }; got undefined",
  });
});
