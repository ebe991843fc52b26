import assert from "node:assert/strict";
import test from "node:test";
import { TokenPooler } from "../../lib/models/token-pooler.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveLinear } from "../oracle/naive.ts";

test("equals the definition, with and without a bias, and sees the first row alone", () => {
  const [W, b] = [normal(5, 3, 1), normal(1, 3, 2)];
  for (const T of [1, 2, 7]) {
    const X = normal(T, 5, T);
    for (const bias of [undefined, b]) {
      const pooler = new TokenPooler({ W, b: bias });
      const expected = naiveLinear([rowsOf(X)[0]!], rowsOf(W), bias && rowsOf(bias)).map((row) =>
        row.map(Math.tanh),
      );
      assertClose(pooler.forward(X), expected, tolerance(), `T ${T}`);
      for (let t = 1; t < T; t++) {
        assertSameBits(pooler.forward(poison(X, t, NaN)), pooler.forward(X), `row ${t} poisoned`);
      }
    }
  }
});

test("by hand: tanh(1·2 + 1·(−1) − 1) = tanh 0 = 0", () => {
  assert.deepEqual(
    new TokenPooler({ W: fromRows([[2], [-1]]), b: fromRows([[-1]]) }).forward(
      fromRows([
        [1, 1],
        [5, 5],
      ]),
    ),
    fromRows([[0]]),
  );
});

test("errors say who, what and why", () => {
  const pooler = new TokenPooler({ W: matrix(5, 3) });
  assert.throws(() => pooler.forward(matrix(2, 4)), {
    name: "RangeError",
    message: "TokenPooler.forward: X must be (any, 5); got (2, 4)",
  });
  assert.throws(() => pooler.forward(matrix(0, 5)), {
    name: "RangeError",
    message: "TokenPooler.forward: X.rows must be an integer ≥ 1; got 0",
  });
  assert.throws(() => new TokenPooler({ W: matrix(5, 3), b: matrix(1, 5) }), {
    name: "RangeError",
    message: "TokenPooler: b must be (1, 3); got (1, 5)",
  });
});
