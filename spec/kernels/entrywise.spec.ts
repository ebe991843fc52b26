import assert from "node:assert/strict";
import test from "node:test";
import { add, interpolate, multiply, meanOf, scale, squaredNorm, subtract } from "../../lib/kernels/entrywise.ts";
import { assertSameBits, normal, rowsOf } from "../support/values.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { sigmoid } from "../../lib/kernels/activations.ts";

test("entry by entry, rounded once", () => {
  for (const [n, m] of [
    [0, 3],
    [3, 0],
    [1, 1],
    [1, 5],
    [7, 5],
    [5, 7],
  ] as const) {
    const A = normal(n, m, 1);
    const B = normal(n, m, 2);
    const before = [A.data.slice(), B.data.slice()];
    assertSameBits(
      add(A, B),
      matrix(
        n,
        m,
        rowsOf(A).flatMap((row, i) => row.map((x, j) => x + rowsOf(B)[i]![j]!)),
      ),
    );
    assert.deepEqual([A.data, B.data], before, "nothing is written to");
  }
});

test("one row goes onto every row", () => {
  assertSameBits(
    add(
      fromRows([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      fromRows([[10, 20, 30]]),
    ),
    fromRows([
      [11, 22, 33],
      [14, 25, 36],
    ]),
  );
  assertSameBits(add(matrix(0, 3), fromRows([[1, 2, 3]])), matrix(0, 3));
  assertSameBits(add(matrix(4, 0), matrix(1, 0)), matrix(4, 0));
});

test("NaN and infinities stay in their cell", () => {
  assertSameBits(
    add(
      fromRows([
        [NaN, 1],
        [Infinity, -Infinity],
      ]),
      fromRows([
        [1, 1],
        [1, Infinity],
      ]),
    ),
    fromRows([
      [NaN, 2],
      [Infinity, NaN],
    ]),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => add(matrix(3, 2), matrix(2, 2)), {
    name: "RangeError",
    message: "add: B must be (3, 2); got (2, 2)",
  });
  assert.throws(() => add(matrix(3, 2), matrix(1, 3)), {
    name: "RangeError",
    message: "add: B must be (1, 2); got (1, 3)",
  });
  assert.throws(() => add(matrix(3, 2), null as never), {
    name: "TypeError",
    message: "add: B must be a Matrix { rows, cols, data }; got null",
  });
  assert.throws(() => add(matrix(3, 2), matrix(0, 2)), {
    name: "RangeError",
    message: "add: B must be (3, 2); got (0, 2)",
  });
});

test("every entry times the factor, rounded once", () => {
  for (const [n, m, factor] of [
    [0, 3, 2],
    [1, 1, -1],
    [5, 7, 1 / Math.sqrt(3)],
    [7, 5, 0],
  ] as const) {
    const A = normal(n, m, 1);
    const before = A.data.slice();
    assertSameBits(
      scale(A, factor),
      matrix(
        n,
        m,
        rowsOf(A)
          .flat()
          .map((x) => x * factor),
      ),
    );
    assert.deepEqual(A.data, before);
  }
  assertSameBits(scale(fromRows([[Infinity, NaN, 3]]), 0), fromRows([[NaN, NaN, 0]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => scale(matrix(1, 1), "2" as never), {
    name: "TypeError",
    message: "scale: factor must be a number; got string",
  });
});

test("entry by entry, rounded once", () => {
  for (const [n, m] of [
    [0, 3],
    [3, 0],
    [1, 1],
    [7, 5],
    [5, 7],
  ] as const) {
    const [A, B] = [normal(n, m, 1), normal(n, m, 2)];
    const before = [A.data.slice(), B.data.slice()];
    assertSameBits(
      multiply(A, B),
      matrix(
        n,
        m,
        rowsOf(A).flatMap((row, i) => row.map((x, j) => x * rowsOf(B)[i]![j]!)),
      ),
    );
    assert.deepEqual([A.data, B.data], before, "nothing is written to");
  }
  assertSameBits(
    multiply(fromRows([[2, NaN, 0]]), fromRows([[-3, 1, Infinity]])),
    fromRows([[-6, NaN, NaN]]),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => multiply(matrix(3, 2), matrix(1, 2)), {
    name: "RangeError",
    message: "multiply: B must be (3, 2); got (1, 2)",
  });
  assert.throws(() => multiply("A" as never, matrix(1, 2)), {
    name: "TypeError",
    message: 'multiply: A must be a Matrix { rows, cols, data }; got "A"',
  });
});

test("(1 − z) of the new and z of the old, rounded once", () => {
  for (const [n, m] of [
    [0, 3],
    [3, 0],
    [1, 1],
    [7, 5],
    [5, 7],
  ] as const) {
    const [Z, N, H] = [sigmoid(normal(n, m, 1)), normal(n, m, 2), normal(n, m, 3)];
    const before = [Z, N, H].map(({ data }) => data.slice());
    const [z, fresh, old] = [rowsOf(Z), rowsOf(N), rowsOf(H)];
    assertSameBits(
      interpolate(Z, N, H),
      matrix(
        n,
        m,
        z.flatMap((row, i) => row.map((x, j) => (1 - x) * fresh[i]![j]! + x * old[i]![j]!)),
      ),
    );
    assert.deepEqual(
      [Z, N, H].map(({ data }) => data),
      before,
      "nothing is written to",
    );
  }
  assertSameBits(
    interpolate(fromRows([[0, 1, 0.25]]), fromRows([[8, 8, 8]]), fromRows([[4, 4, 4]])),
    fromRows([[8, 4, 7]]),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => interpolate(matrix(3, 2), matrix(3, 1), matrix(3, 2)), {
    name: "RangeError",
    message: "interpolate: N must be (3, 2); got (3, 1)",
  });
  assert.throws(() => interpolate(matrix(3, 2), matrix(3, 2), matrix(2, 2)), {
    name: "RangeError",
    message: "interpolate: H must be (3, 2); got (2, 2)",
  });
});

test("by hand, and rounded once", () => {
  const parts = [fromRows([[1, 2, 3]]), fromRows([[4, 0, -3]]), fromRows([[1, 1, 0.5]])];
  assertSameBits(meanOf(parts), fromRows([[2, 1, 0.5 / 3]]));
  assertSameBits(meanOf([parts[0]!]), parts[0]!);
  // 2²⁴ + 1 − 2²⁴ is 1 in doubles and 0 in float32.
  assertSameBits(
    meanOf([fromRows([[2 ** 24]]), fromRows([[1]]), fromRows([[-(2 ** 24)]])]),
    fromRows([[1 / 3]]),
  );
  assert.deepEqual(meanOf([matrix(0, 2), matrix(0, 2)]), matrix(0, 2));
});

test("errors say who, what and why", () => {
  assert.throws(() => meanOf([]), {
    name: "RangeError",
    message: "meanOf: parts must hold at least 1 matrix; got 0",
  });
  assert.throws(() => meanOf([matrix(2, 3), matrix(3, 2)]), {
    name: "RangeError",
    message: "meanOf: parts[1] must be (2, 3); got (3, 2)",
  });
});

test("the sum of squares, in doubles", () => {
  assert.equal(
    squaredNorm(
      fromRows([
        [1, -2],
        [3, 0],
      ]),
    ),
    14,
  ); // 1 + 4 + 9
  assert.equal(squaredNorm(identity(5)), 5);
  assert.equal(squaredNorm(matrix(0, 3)), 0);
  assert.equal(squaredNorm(fromRows([[4096, 1]])), 2 ** 24 + 1); // float32 would lose the 1
  const A = normal(5, 7, 1);
  assert.equal(
    squaredNorm(A),
    rowsOf(A)
      .flat()
      .reduce((sum, x) => sum + x * x, 0),
  );
});

test("errors say who, what and why", () => {
  assert.throws(() => squaredNorm(3 as never), {
    name: "TypeError",
    message: "squaredNorm: A must be a Matrix { rows, cols, data }; got 3",
  });
});

test("subtract, by hand: entry by entry, rounded once; one row does not stand for all", () => {
  assertSameBits(
    subtract(fromRows([[1, 2], [3, 4]]), fromRows([[4, 2], [1, 0.5]])),
    fromRows([[-3, 0], [2, 3.5]]),
  );
  assertSameBits(subtract(matrix(0, 3), matrix(0, 3)), matrix(0, 3));
  assertSameBits(subtract(fromRows([[16777216]]), fromRows([[-1.5]])), fromRows([[16777218]]));
  assert.throws(() => subtract(matrix(2, 2), matrix(1, 2)), {
    name: "RangeError",
    message: "subtract: B must be (2, 2); got (1, 2)",
  });
});
