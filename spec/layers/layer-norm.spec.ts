import assert from "node:assert/strict";
import test from "node:test";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { assertClose, assertSameBits, normal } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("is layerNormRows with its own γ, β and ε; 1e-5 unless given", () => {
  // −1, 1: mean 0, variance 1; 1/√(1 + 1e-5) = 0.999995, 1/√(1 + 3) = ½.
  const X = fromRows([[-1, 1]]);
  assertClose(new LayerNorm().forward(X), [[-0.999995, 0.999995]], 1e-7);
  assertClose(new LayerNorm({ eps: 3 }).forward(X), [[-0.5, 0.5]], 0);
  assertClose(new LayerNorm({ eps: 3, gamma: fromRows([[4, 6]]) }).forward(X), [[-2, 3]], 0);
  assertClose(new LayerNorm({ eps: 3, beta: fromRows([[10, 20]]) }).forward(X), [[9.5, 20.5]], 0);
  assertClose(
    new LayerNorm({ eps: 3, gamma: fromRows([[4, 6]]), beta: fromRows([[10, 20]]) }).forward(X),
    [[8, 23]],
    0,
  );
});

test("initial changes nothing but the norm: γ = 1, β = 0", () => {
  const X = normal(5, 7, 1);
  assertSameBits(LayerNorm.initial({ d_model: 7 }).forward(X), new LayerNorm().forward(X));
  assertSameBits(
    LayerNorm.initial({ d_model: 7, eps: 0.5 }).forward(X),
    new LayerNorm({ eps: 0.5 }).forward(X),
  );
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(() => new LayerNorm({ eps: -1 }), "LayerNorm: eps must be a finite number > 0; got -1");
  says(() => new LayerNorm({ gamma: matrix(2, 3) }), "LayerNorm: gamma must be (1, any); got (2, 3)");
  says(
    () => new LayerNorm({ gamma: matrix(1, 3), beta: matrix(1, 4) }),
    "LayerNorm: beta must be (1, 3); got (1, 4)",
  );
  says(
    () => new LayerNorm({ gamma: matrix(1, 3) }).forward(matrix(2, 4)),
    "LayerNorm.forward: X must be (any, 3); got (2, 4)",
  );
  says(
    () => new LayerNorm({ beta: matrix(1, 3) }).forward(matrix(2, 4)),
    "LayerNorm.forward: X must be (any, 3); got (2, 4)",
  );
  says(() => LayerNorm.initial({ d_model: 0 }), "LayerNorm.initial: d_model must be an integer ≥ 1; got 0");
});
