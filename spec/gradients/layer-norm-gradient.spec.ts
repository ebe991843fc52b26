import assert from "node:assert/strict";
import test from "node:test";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { golden } from "../support/golden.ts";
import { layerNormGradient } from "../../lib/gradients/layer-norm-gradient.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveNorm } from "../oracle/naive-blocks.ts";
import { normal, poison, rowsOf } from "../support/values.ts";

test("golden layer_norm_5x7: PyTorch's autograd", () => {
  const g = golden("gradients", "layer_norm_5x7");
  const norm = new LayerNorm({ gamma: g.slice("w.gamma"), beta: g.slice("w.beta"), eps: 1e-5 });
  const { dX, parameters } = layerNormGradient(norm, g.slice("in.x"), g.slice("in.dy"));
  g.assertSlice(dX, "out.d_x");
  g.assertSlice(parameters.gamma!, "out.d_gamma");
  g.assertSlice(parameters.beta!, "out.d_beta");
});

test("central differences of the oracle, over a grid of edges, with γ and β, with one, with neither", () => {
  for (const [n, d] of [
    [1, 2],
    [1, 5],
    [5, 3],
    [3, 7],
  ] as const) {
    for (const [gamma, beta] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ] as const) {
      const norm = new LayerNorm({
        gamma: gamma ? normal(1, d, 1) : undefined,
        beta: beta ? normal(1, d, 2) : undefined,
        eps: 1e-2,
      });
      const [X, dY] = [normal(n, d, 3), normal(n, d, 4)];
      const { dX, parameters } = layerNormGradient(norm, X, dY);
      const what = `${n} × ${d}, γ ${gamma}, β ${beta}`;
      const expected = differences({ X: rowsOf(X) }, (x) => pairing(naiveNorm(norm, x.X), rowsOf(dY)));
      assertGradient(dX, expected.X, what);
      assertParameterGradients(parameters, norm, (m) => pairing(naiveNorm(m, rowsOf(X)), rowsOf(dY)), what);
    }
  }
});

test("each row of dX sums to 0, a row of one number gets 0, and a row that the loss does not see is not " +
  "read", () => {
  const norm = LayerNorm.initial({ d_model: 5 });
  const dY = poison(normal(4, 5, 2), 2, 0);
  const { dX, parameters } = layerNormGradient(norm, normal(4, 5, 1), dY);
  for (const row of rowsOf(dX)) assert.ok(Math.abs(row.reduce((a, b) => a + b, 0)) < 1e-6, "the sum is 0");
  const dirty = layerNormGradient(norm, poison(normal(4, 5, 1), 2, NaN), dY);
  assert.deepEqual(rowsOf(dirty.dX), rowsOf(dX));
  assert.deepEqual(rowsOf(dirty.parameters.gamma!), rowsOf(parameters.gamma!));
  const one = layerNormGradient(LayerNorm.initial({ d_model: 1 }), normal(2, 1, 1), normal(2, 1, 2));
  assert.deepEqual(rowsOf(one.dX), [[0], [0]]);
  assert.throws(() => layerNormGradient(norm, matrix(2, 4), matrix(2, 4)), {
    message: "layerNormGradient: gamma must be (1, 4); got (1, 5)",
  });
});
