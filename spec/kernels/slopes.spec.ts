import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { geluSlope, geluTanhSlope, reluSlope, sigmoidSlope, tanhSlope } from "../../lib/kernels/slopes.ts";
import { rowsOf } from "../support/values.ts";

const AT = [-7, -1.5, -0.3, 0.2, 1, 4.5];

/** (f(x + h) − f(x − h)) / 2h. */
const difference = (f: (x: number) => number, x: number): number => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;

function assertSlopes(
  slope: (A: Matrix) => Matrix,
  f: (x: number) => number,
  inner: (x: number) => number = (x) => x,
): void {
  const got = rowsOf(slope(fromRows([AT.map(inner)])))[0]!;
  AT.forEach((x, c) => assert.ok(Math.abs(got[c]! - difference(f, x)) < 1e-6, `at ${x}: ${got[c]}`));
}

test("slopes agree with differences of their functions", () => {
  assertSlopes(reluSlope, (x) => Math.max(0, x));
  assertSlopes(
    geluTanhSlope,
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  );
  assertSlopes(tanhSlope, Math.tanh, Math.tanh);
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  assertSlopes(sigmoidSlope, sigmoid, sigmoid);
});

test("geluSlope is Φ(x) + x φ(x): by Simpson's rule for Φ", () => {
  const density = (t: number): number => Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI);
  const normal = (x: number): number => {
    let area = 0.5;
    const h = x / 2000;
    for (let s = 0; s < 1000; s++) {
      const t = 2 * s * h;
      area += (h / 3) * (density(t) + 4 * density(t + h) + density(t + 2 * h));
    }
    return area;
  };
  const got = rowsOf(geluSlope(fromRows([AT])))[0]!;
  AT.forEach((x, c) =>
    assert.ok(Math.abs(got[c]! - (normal(x) + x * density(x))) < 1e-6, `at ${x}: ${got[c]}`),
  );
});

test("far out: 0 and 1, for infinite entries too; a NaN stays NaN; at 0 the rectifier's slope is 0", () => {
  for (const slope of [reluSlope, geluSlope, geluTanhSlope]) {
    assert.deepEqual(
      rowsOf(slope(fromRows([[-Infinity, -1e30, 1e30, Infinity, NaN]]))),
      [[0, 0, 1, 1, NaN]],
    );
  }
  assert.deepEqual(rowsOf(reluSlope(matrix(1, 1))), [[0]]);
  assert.throws(() => geluSlope([[1]] as never), {
    message: "geluSlope: A must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  });
});
