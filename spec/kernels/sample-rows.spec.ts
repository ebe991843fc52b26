import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits } from "../support/values.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { sampleRows } from "../../lib/kernels/sample-rows.ts";

const A = fromRows([[0.2, 0.5, 0.3]]);

test("the draw decides by hand: a number u in [0, 1) takes the first key whose cumulated weight exceeds " +
  "u", () => {
  for (const [u, chosen] of [
    [0, 0],
    [0.19, 0],
    [0.21, 1],
    [0.69, 1],
    [0.71, 2],
    [0.999999999, 2],
  ] as const) {
    assertSameBits(
      sampleRows(A, () => u),
      fromRows([[0, 1, 2].map((j) => (j === chosen ? 1 : 0))]),
      `u = ${u}`,
    );
  }
});

test("a key of weight 0 is never drawn, at either end or between", () => {
  const zeros = fromRows([[0, 0.5, 0, 0.5, 0]]);
  for (const u of [0, 0.25, 0.49999999, 0.5, 0.75, 0.9999999999999999]) {
    const drawn = sampleRows(zeros, () => u).data.indexOf(1);
    assert.ok(drawn === 1 || drawn === 3, `u = ${u} drew key ${drawn}`);
  }
});

test("what rounding leaves over goes to the last key with weight, not to a hidden one", () => {
  // Each of eight weights 0.75·2⁻⁵² lifts a sum that starts at 1 by a whole 2⁻⁵², so the largest u leaves
  // 2⁻⁵² over when all are taken away.
  const a = 0.75 * 2 ** -52;
  assertSameBits(
    sampleRows(fromRows([[1, a, a, a, a, a, a, a, a, 0]]), () => 1 - 2 ** -53),
    fromRows([[0, 0, 0, 0, 0, 0, 0, 0, 1, 0]]),
  );
});

test("frequencies are the weights, within five standard deviations", () => {
  const draws = 40000;
  const many = matrix(
    draws,
    3,
    Float32Array.from({ length: 3 * draws }, (_, e) => A.data[e % 3]!),
  );
  const drawn = sampleRows(many, randomGenerator(1));
  for (let j = 0; j < 3; j++) {
    const p = A.data[j]!;
    const share = drawn.data.filter((_, e) => e % 3 === j).reduce((sum, x) => sum + x, 0) / draws;
    assert.ok(
      Math.abs(share - p) < 5 * Math.sqrt((p * (1 - p)) / draws),
      `key ${j}: ${share} drawn, ${p} expected`,
    );
  }
});

test("rows without weight, and with a NaN, draw nothing", () => {
  let calls = 0;
  const B = sampleRows(
    fromRows([
      [0, 0],
      [NaN, 1],
      [1, 0],
      [0, 0],
    ]),
    () => {
      calls++;
      return 0.5;
    },
  );
  assertSameBits(
    B,
    fromRows([
      [0, 0],
      [NaN, NaN],
      [1, 0],
      [0, 0],
    ]),
  );
  assert.equal(calls, 1);
  assertSameBits(
    sampleRows(matrix(2, 0), () => 0),
    matrix(2, 0),
  );
});

test("the same seed draws the same", () => {
  const B = fromRows(Array.from({ length: 50 }, () => [0.25, 0.25, 0.25, 0.25]));
  assertSameBits(sampleRows(B, randomGenerator(7)), sampleRows(B, randomGenerator(7)));
  assert.notDeepEqual(sampleRows(B, randomGenerator(7)).data, sampleRows(B, randomGenerator(8)).data);
});

test("errors say who, what and why", () => {
  assert.throws(
    () =>
      sampleRows(
        fromRows([
          [1, 0],
          [0.5, -0.5],
        ]),
        () => 0,
      ),
    { name: "RangeError", message: "sampleRows: A must hold finite weights ≥ 0; got -0.5 at (1, 1)" },
  );
  assert.throws(() => sampleRows(fromRows([[Infinity]]), () => 0), {
    name: "RangeError",
    message: "sampleRows: A must hold finite weights ≥ 0; got Infinity at (0, 0)",
  });
  for (const u of [1, -0.1, NaN]) {
    assert.throws(() => sampleRows(A, () => u), {
      name: "RangeError",
      message: `sampleRows: random must give numbers in [0, 1); got ${u}`,
    });
  }
  assert.throws(() => sampleRows(A, 7 as never), {
    name: "TypeError",
    message: "sampleRows: random must be a function () => number in [0, 1); got number",
  });
});
