import assert from "node:assert/strict";
import test from "node:test";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { normal, poison, rowsOf } from "../support/values.ts";
import { softmaxRowsGradient } from "../../lib/gradients/softmax-rows-gradient.ts";

test("golden softmax_rows_5x7: PyTorch's autograd", () => {
  const g = golden("gradients", "softmax_rows_5x7");
  g.assertSlice(softmaxRowsGradient(g.slice("in.x"), g.slice("in.dy")), "out.d_x");
});

test("central differences of the oracle, over a grid of edges", () => {
  for (const [n, m] of [
    [1, 1],
    [1, 5],
    [5, 1],
    [3, 7],
    [2, 11],
  ] as const) {
    const [S, dA] = [normal(n, m, 1), normal(n, m, 2)];
    const { S: expected } = differences({ S: rowsOf(S) }, (x) => pairing(x.S.map(naiveSoftmax), rowsOf(dA)));
    assertGradient(softmaxRowsGradient(S, dA), expected, `${n} × ${m}`);
  }
});

test("by hand: weights ½ and ½, dA = (1, 0): dS = ½ (1 − ½), ½ (0 − ½)", () => {
  assert.deepEqual(rowsOf(softmaxRowsGradient(fromRows([[3, 3]]), fromRows([[1, 0]]))), [[0.25, -0.25]]);
});

test("−∞ gets exactly 0 and is not read; a row of −∞ alone gives zeros; a weight of 1 has no " +
  "gradient", () => {
  const I = Infinity;
  const S = fromRows([
    [0, -I, 0],
    [-I, -I, -I],
    [200, -200, -200],
  ]);
  const dA = fromRows([
    [1, NaN, 3],
    [NaN, NaN, NaN],
    [5, 6, 7],
  ]);
  assert.deepEqual(rowsOf(softmaxRowsGradient(S, dA)), [
    [-0.5, 0, 0.5],
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test("a NaN stays in its row; shapes are checked", () => {
  const rows = rowsOf(softmaxRowsGradient(poison(normal(3, 4, 1), 1, NaN), normal(3, 4, 2)));
  assert.ok(rows[1]!.every(Number.isNaN) && [...rows[0]!, ...rows[2]!].every(Number.isFinite), "row 1 alone");
  assert.throws(() => softmaxRowsGradient(matrix(2, 3), matrix(2, 4)), {
    message: "softmaxRowsGradient: dA must be (2, 3); got (2, 4)",
  });
});
