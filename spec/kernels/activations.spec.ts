import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { erf, gelu, geluTanh, relu, sigmoid, swish, tanh } from "../../lib/kernels/activations.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";

test("what is above zero stays, the rest is zero", () => {
  assertSameBits(
    relu(
      fromRows([
        [-2, -0.5, 0],
        [0.25, 3, Infinity],
      ]),
    ),
    fromRows([
      [0, 0, 0],
      [0.25, 3, Infinity],
    ]),
  );
  assertSameBits(relu(fromRows([[-Infinity, NaN]])), fromRows([[0, NaN]]), "a NaN stays NaN");
  for (const [n, m] of [
    [0, 3],
    [3, 0],
    [1, 1],
    [7, 5],
  ] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertSameBits(
      relu(A),
      matrix(
        n,
        m,
        rowsOf(A)
          .flat()
          .map((x) => (x > 0 ? x : 0)),
      ),
    );
    assert.deepEqual(A.data, before);
  }
});

test("errors say who, what and why", () => {
  assert.throws(() => relu([1] as never), {
    name: "TypeError",
    message: "relu: A must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  });
});

/**
 * erf by its integral: the trapezoid rule for ∫ exp(−t²) with Romberg's extrapolation, another road than the
 * series.
 */
function erfByIntegral(x: number): number {
  const f = (t: number): number => Math.exp(-t * t);
  let row = [(x / 2) * (f(0) + f(x))];
  for (let level = 1, n = 1; level <= 12; level++, n *= 2) {
    const h = x / (2 * n);
    let sum = 0;
    for (let k = 0; k < n; k++) sum += f((2 * k + 1) * h);
    const next = [row[0]! / 2 + h * sum];
    for (let order = 1; order <= level; order++) {
      next.push(next[order - 1]! + (next[order - 1]! - row[order - 1]!) / (4 ** order - 1));
    }
    row = next;
  }
  return (2 / Math.sqrt(Math.PI)) * row[row.length - 1]!;
}

test("erf is the integral to 1e-14, odd, and ±1 far out", () => {
  for (let k = -60; k <= 60; k++) {
    const x = k * 0.1013;
    assert.ok(
      Math.abs(erf(x) - erfByIntegral(x)) < 1e-14,
      `erf(${x}) = ${erf(x)}, by the integral ${erfByIntegral(x)}`,
    );
    assert.equal(erf(-x), -erf(x));
  }
  assert.deepEqual(
    [erf(0), erf(6.5), erf(-6.5), erf(Infinity), erf(-Infinity), erf(NaN)],
    [0, 1, -1, 1, -1, NaN],
  );
  assert.ok(Math.abs(erf(6) - 1) < 1e-14, "the two branches meet");
  // Abramowitz and Stegun, table 7.1.
  for (const [x, value] of [
    [0.5, 0.5204998778],
    [1, 0.8427007929],
    [2, 0.995322265],
  ] as const)
    assert.ok(Math.abs(erf(x) - value) < 1e-10, `erf(${x})`);
});

test("by hand: 68.27 % of a normal distribution lies within one deviation", () => {
  // Φ(1) = ½ + 0.6827/2 = 0.84134, so gelu(1) = 0.84134 and gelu(−1) = −0.15866; gelu(x) − gelu(−x) = x.
  assertClose(gelu(fromRows([[1, -1, 0]])), [[0.84134, -0.15866, 0]], 1e-5);
  // tanh form: √(2/π)·1.044715 = 0.83356, tanh 0.68238, (1 + 0.68238)/2 = 0.84119, not 0.84134.
  assertClose(geluTanh(fromRows([[1, -1, 0]])), [[0.84119, -0.15881, 0]], 1e-5);
});

test("equal the definitions on any shape, and do not write their input", () => {
  for (const [n, m] of [
    [0, 3],
    [1, 1],
    [7, 5],
  ] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    const exact = fromFunction(
      n,
      m,
      (i, j) => (rowsOf(A)[i]![j]! / 2) * (1 + erfByIntegral(rowsOf(A)[i]![j]! / Math.SQRT2)),
    );
    const tanh = fromFunction(
      n,
      m,
      (i, j) =>
        (rowsOf(A)[i]![j]! / 2) *
        (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (rowsOf(A)[i]![j]! + 0.044715 * rowsOf(A)[i]![j]! ** 3))),
    );
    assertClose(gelu(A), exact, 1e-7);
    assertClose(geluTanh(A), tanh, 1e-7);
    assert.deepEqual(A.data, before);
  }
});

test("the two differ by less than 5e-4, and by more than 4e-4 somewhere", () => {
  const X = fromFunction(1, 2001, (_, j) => (j - 1000) / 100);
  const [exact, tanh] = [gelu(X), geluTanh(X)];
  const largest = exact.data.reduce((max, x, e) => Math.max(max, Math.abs(x - tanh.data[e]!)), 0);
  assert.ok(largest > 4e-4 && largest < 5e-4, String(largest));
});

test("large numbers stay finite, a NaN stays NaN", () => {
  const X = fromRows([[3e38, -3e38, 100, -100, NaN]]);
  for (const f of [gelu, geluTanh]) assertSameBits(f(X), fromRows([[Math.fround(3e38), -0, 100, -0, NaN]]));
});

test("golden: PyTorch's two GELUs on a grid", () => {
  const g = golden("gelu", "grid");
  assertClose(gelu(g.slice("in.x")), g.slice("out.exact"), 1e-7);
  assertClose(geluTanh(g.slice("in.x")), g.slice("out.tanh"), 1e-7);
});

test("errors say who, what and why", () => {
  assert.throws(() => gelu({ ...matrix(1, 2), cols: 3 }), {
    name: "RangeError",
    message: "gelu: A.data must hold rows × cols = 1 × 3 = 3 numbers; got 2",
  });
  assert.throws(() => geluTanh(undefined as never), {
    name: "TypeError",
    message: "geluTanh: A must be a Matrix { rows, cols, data }; got undefined",
  });
});

test("the logistic function of every entry: half of 1 + tanh(x/2)", () => {
  for (const [n, m] of [
    [0, 3],
    [1, 1],
    [5, 7],
  ] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertClose(
      sigmoid(A),
      rowsOf(A).map((row) => row.map((x) => (1 + Math.tanh(x / 2)) / 2)),
      tolerance(),
    );
    assert.deepEqual(A.data, before, "nothing is written to");
  }
  assertSameBits(
    sigmoid(fromRows([[0, Math.log(3), 1000, -1000, Infinity, -Infinity, NaN]])),
    fromRows([[0.5, 0.75, 1, 0, 1, 0, NaN]]),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => sigmoid({ ...matrix(1, 2), data: [1, 2] } as never), {
    name: "TypeError",
    message: "sigmoid: A.data must be a Float32Array; got Array",
  });
});

test("the hyperbolic tangent of every entry", () => {
  for (const [n, m] of [
    [0, 3],
    [1, 1],
    [5, 7],
  ] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertClose(
      tanh(A),
      rowsOf(A).map((row) => row.map((x) => (Math.exp(2 * x) - 1) / (Math.exp(2 * x) + 1))),
      tolerance(),
    );
    assert.deepEqual(A.data, before);
  }
  assertSameBits(
    tanh(fromRows([[0, -0, 50, -50, Infinity, NaN]])),
    fromRows([[0, -0, 1, -1, 1, NaN]]),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => tanh({ ...matrix(1, 2), data: [1, 2] } as never), {
    name: "TypeError",
    message: "tanh: A.data must be a Float32Array; got Array",
  });
});

test("every activation has its limits at ±∞, keeps NaN, and gives no NaN for a finite number", () => {
  const ends = {
    relu: [0, Infinity],
    sigmoid: [0, 1],
    tanh: [-1, 1],
    gelu: [0, Infinity],
    geluTanh: [0, Infinity],
    swish: [0, Infinity],
  };
  const all: Record<keyof typeof ends, (A: Matrix) => Matrix> = { relu, sigmoid, tanh, gelu, geluTanh, swish };
  const huge = [-3.4e38, -1e30, -1e10, -100, -40, -9, -0, 0, 9, 40, 100, 1e10, 1e30, 3.4e38];
  for (const name of Object.keys(ends) as (keyof typeof ends)[]) {
    const [low, high, nan] = all[name](fromRows([[-Infinity, Infinity, NaN]])).data;
    assert.deepEqual([low! + 0, high], ends[name], name);
    assert.ok(Number.isNaN(nan), `${name} keeps NaN`);
    all[name](fromRows([huge])).data.forEach((y, e) => assert.ok(!Number.isNaN(y), `${name}(${huge[e]}) is ${y}`));
  }
});

test("swish is x times its logistic function", () => {
  const X = normal(5, 7, 3);
  const want = rowsOf(X).map((row) => row.map((x) => x / (1 + Math.exp(-x))));
  assertClose(swish(X), want, 1e-7);
});
