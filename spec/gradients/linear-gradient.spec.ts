import assert from "node:assert/strict";
import test from "node:test";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { linearGradient } from "../../lib/gradients/linear-gradient.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { normal, poison, rowsOf } from "../support/values.ts";

test("golden linear_5x4x3: PyTorch's autograd", () => {
  const g = golden("gradients", "linear_5x4x3");
  const { dX, dW, db } = linearGradient(g.slice("in.x"), g.slice("w.W"), g.slice("in.dy"));
  g.assertSlice(dX, "out.d_x");
  g.assertSlice(dW, "out.d_W");
  g.assertSlice(db, "out.d_b");
});

test("central differences of the oracle, over a grid of edges", () => {
  for (const [n, d_in, d_out] of [
    [1, 1, 1],
    [1, 5, 3],
    [5, 1, 2],
    [3, 4, 1],
    [7, 5, 11],
  ] as const) {
    const [X, W, b, dY] = [
      normal(n, d_in, 1),
      normal(d_in, d_out, 2),
      normal(1, d_out, 3),
      normal(n, d_out, 4),
    ];
    const expected = differences({ X: rowsOf(X), W: rowsOf(W), b: rowsOf(b) }, (x) =>
      pairing(naiveLinear(x.X, x.W, x.b), rowsOf(dY)),
    );
    const { dX, dW, db } = linearGradient(X, W, dY);
    assertGradient(dX, expected.X, `dX of ${n} × ${d_in} × ${d_out}`);
    assertGradient(dW, expected.W, `dW of ${n} × ${d_in} × ${d_out}`);
    assertGradient(db, expected.b, `db of ${n} × ${d_in} × ${d_out}`);
  }
});

test("by hand: x = (2, 3), W = (5; 7), dy = 10", () => {
  const { dX, dW, db } = linearGradient(fromRows([[2, 3]]), fromRows([[5], [7]]), fromRows([[10]]));
  assert.deepEqual([rowsOf(dX), rowsOf(dW), rowsOf(db)], [[[50, 70]], [[20], [30]], [[10]]]);
});

test("a row that the loss does not see reaches no weight, NaN or not; no rows give zeros", () => {
  const [X, W, dY] = [normal(4, 3, 1), normal(3, 2, 2), poison(normal(4, 2, 3), 2, 0)];
  const clean = linearGradient(X, W, dY);
  const dirty = linearGradient(poison(X, 2, NaN), W, dY);
  assert.deepEqual([rowsOf(dirty.dW), rowsOf(dirty.dX)], [rowsOf(clean.dW), rowsOf(clean.dX)]);
  assert.deepEqual(rowsOf(linearGradient(matrix(0, 2), matrix(2, 3), matrix(0, 3)).dW), [
    [0, 0, 0],
    [0, 0, 0],
  ]);
  assert.throws(() => linearGradient(matrix(2, 3), matrix(3, 4), matrix(2, 5)), {
    message: "linearGradient: dY must be (2, 4); got (2, 5)",
  });
});
