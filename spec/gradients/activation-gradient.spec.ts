import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { activationGradient } from "../../lib/gradients/activation-gradient.ts";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveGelu } from "../oracle/naive-layers.ts";
import { normal, rowsOf } from "../support/values.ts";

test("golden gelu_41 and gelu_tanh_41: PyTorch's autograd", () => {
  const exact = golden("gradients", "gelu_41");
  exact.assertSlice(activationGradient("gelu", exact.slice("in.x"), exact.slice("in.dy")), "out.d_x");
  const tanh = golden("gradients", "gelu_tanh_41");
  tanh.assertSlice(activationGradient("gelu-tanh", tanh.slice("in.x"), tanh.slice("in.dy")), "out.d_x");
});

const NAIVE: Record<"relu" | "gelu" | "gelu-tanh", (X: Rows) => Rows> = {
  relu: (X) => X.map((row) => row.map((x) => Math.max(0, x))),
  gelu: naiveGelu,
  "gelu-tanh": (X) =>
    X.map((row) =>
      row.map((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * Math.pow(x, 3))))),
    ),
};

test("central differences of the oracle, for each activation", () => {
  for (const activation of ["relu", "gelu", "gelu-tanh"] as const) {
    const [X, dY] = [normal(5, 7, 1), normal(5, 7, 2)];
    const expected = differences({ X: rowsOf(X) }, (x) => pairing(NAIVE[activation](x.X), rowsOf(dY)));
    assertGradient(activationGradient(activation, X, dY), expected.X, activation);
  }
});

test("far out the slope is 0 or 1; where dY is 0 the input is not read", () => {
  const X = fromRows([[-1e30, -50, 50, 1e30, NaN]]);
  for (const activation of ["relu", "gelu", "gelu-tanh"] as const) {
    const dX = activationGradient(activation, X, fromRows([[2, 2, 2, 2, 0]]));
    assert.deepEqual(rowsOf(dX), [[0, 0, 2, 2, 0]], activation);
  }
  assert.throws(() => activationGradient("swish" as never, X, X), {
    message: 'activationGradient: activation must be "relu", "gelu" or "gelu-tanh"; got swish',
  });
  assert.throws(() => activationGradient("relu", X, matrix(1, 4)), {
    message: "activationGradient: dY must be (1, 5); got (1, 4)",
  });
});
