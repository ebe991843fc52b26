import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { divideByTemperature } from "../../lib/kernels/temperature-rows.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

const I = Infinity;

test("by hand: the distance to the row's largest score, divided by τ", () => {
  assertSameBits(
    divideByTemperature(
      fromRows([
        [1, 3, 2],
        [5, 5, -5],
      ]),
      0.5,
    ),
    fromRows([
      [-4, 0, -2],
      [0, 0, -20],
    ]),
  );
});

test("its softmax is that of S / τ", () => {
  for (const temperature of [0.1, 0.7, 1, 3, 100]) {
    const S = normal(5, 7, 1);
    const expected = rowsOf(S).map((row) => naiveSoftmax(row.map((s) => s / temperature)));
    assertClose(
      softmaxRows(divideByTemperature(S, temperature)),
      expected,
      tolerance(4 / temperature),
      `τ = ${temperature}`,
    );
  }
});

test("no finite score becomes NaN, at the smallest and the largest τ", () => {
  const S = fromRows([
    [3e38, -3e38, 0],
    [1, 1, 0],
  ]);
  assertSameBits(
    softmaxRows(divideByTemperature(S, 5e-324)),
    fromRows([
      [1, 0, 0],
      [0.5, 0.5, 0],
    ]),
  );
  assertClose(
    softmaxRows(divideByTemperature(fromRows([[1, 2, 3]]), 1e300)),
    [[1 / 3, 1 / 3, 1 / 3]],
    tolerance(),
  );
});

test("−∞ stays hidden, a NaN or +∞ makes its own row NaN", () => {
  const S = fromRows([
    [-I, -I],
    [-I, 2],
    [NaN, -I],
    [2, I],
    [0, 1],
  ]);
  assertSameBits(
    divideByTemperature(S, 2),
    fromRows([
      [-I, -I],
      [-I, 0],
      [NaN, NaN],
      [NaN, NaN],
      [-0.5, 0],
    ]),
  );
  assertSameBits(divideByTemperature(matrix(2, 0), 1), matrix(2, 0));
});

test("errors say who, what and why", () => {
  for (const wrong of [0, -1, NaN, I]) {
    assert.throws(() => divideByTemperature(matrix(1, 1), wrong), {
      name: "RangeError",
      message: `divideByTemperature: temperature must be a finite number > 0; got ${wrong}`,
    });
  }
});
