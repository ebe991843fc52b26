import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, normal, poison, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { layerNormGradientRows, softmaxGradientRows } from "../../lib/kernels/gradient-rows.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

test("softmaxGradientRows: the Jacobian A_j (δ_jk − A_k) times dA, by the definition", () => {
  const [S, dA] = [normal(4, 5, 1), normal(4, 5, 2)];
  const expected = rowsOf(S).map((row, i) => {
    const a = naiveSoftmax(row);
    return a.map((a_j, j) =>
      a.reduce((sum, a_k, k) => sum + a_j * ((j === k ? 1 : 0) - a_k) * rowsOf(dA)[i]![k]!, 0),
    );
  });
  assertClose(softmaxGradientRows(softmaxRows(S), dA), expected, 1e-6);
});

test("softmaxGradientRows: weight 0 is not read and gets 0; a row of zeros gives zeros", () => {
  const A = fromRows([
    [0.5, 0, 0.5],
    [0, 0, 0],
  ]);
  const dA = fromRows([
    [4, NaN, 2],
    [NaN, 1, 2],
  ]);
  assert.deepEqual(rowsOf(softmaxGradientRows(A, dA)), [
    [0.5, 0, -0.5],
    [0, 0, 0],
  ]);
});

test("layerNormGradientRows: the Jacobian by its definition; a row of zeros is not read", () => {
  const [X, G, eps] = [normal(3, 5, 1), poison(normal(3, 5, 2), 1, 0), 0.1];
  const expected = rowsOf(X).map((x, i) => {
    const mean = x.reduce((a, b) => a + b, 0) / 5;
    const root = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 5 + eps);
    const hat = x.map((v) => (v - mean) / root);
    // ∂x̂_c/∂x_k = (δ_ck − 1/d − x̂_c x̂_k / d) / root
    return x.map((_, k) =>
      hat.reduce(
        (sum, h, c) => sum + (rowsOf(G)[i]![c]! * ((c === k ? 1 : 0) - 1 / 5 - (h * hat[k]!) / 5)) / root,
        0,
      ),
    );
  });
  assertClose(layerNormGradientRows(X, eps, G), expected, 1e-6);
  assert.deepEqual(rowsOf(layerNormGradientRows(poison(X, 1, NaN), eps, G))[1], [0, 0, 0, 0, 0]);
});

test("errors say who, what and why", () => {
  assert.throws(() => softmaxGradientRows(matrix(2, 3), matrix(3, 2)), {
    message: "softmaxGradientRows: dA must be (2, 3); got (3, 2)",
  });
  assert.throws(() => layerNormGradientRows(matrix(2, 3), 0, matrix(2, 3)), {
    message: "layerNormGradientRows: eps must be a finite number > 0; got 0",
  });
});
