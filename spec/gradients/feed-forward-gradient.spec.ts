import assert from "node:assert/strict";
import test from "node:test";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { feedForwardGradient } from "../../lib/gradients/feed-forward-gradient.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveFeedForward } from "../oracle/naive-blocks.ts";

test("central differences of the oracle: ragged sizes, both activations, with biases and without", () => {
  for (const [n, d_in, d_hidden, d_out] of [
    [1, 1, 1, 1],
    [3, 2, 5, 4],
    [5, 4, 3, 2],
  ] as const) {
    for (const activation of ["relu", "gelu"] as const) {
      for (const bias of [true, false]) {
        const network = new FeedForward({
          W_1: normal(d_in, d_hidden, 1),
          b_1: bias ? normal(1, d_hidden, 2) : undefined,
          W_2: normal(d_hidden, d_out, 3),
          b_2: bias ? normal(1, d_out, 4) : undefined,
          activation,
        });
        const [X, dY] = [normal(n, d_in, 5), normal(n, d_out, 6)];
        const { dX, parameters } = feedForwardGradient(network, X, dY);
        const what = `${[n, d_in, d_hidden, d_out]} ${activation}, bias ${bias}`;
        const expected = differences({ X: rowsOf(X) }, (x) =>
          pairing(naiveFeedForward(network, x.X), rowsOf(dY)),
        );
        assertGradient(dX, expected.X, what);
        assertParameterGradients(
          parameters,
          network,
          (m) => pairing(naiveFeedForward(m, rowsOf(X)), rowsOf(dY)),
          what,
        );
      }
    }
  }
});

test("a row that the loss does not see is not read; shapes are checked", () => {
  const network = new FeedForward({ W_1: normal(3, 4, 1), W_2: normal(4, 2, 2), activation: "gelu" });
  const [X, dY] = [normal(4, 3, 3), poison(normal(4, 2, 4), 1, 0)];
  const [clean, dirty] = [X, poison(X, 1, NaN)].map((x) => feedForwardGradient(network, x, dY));
  assertSameBits(dirty!.parameters.W_1, clean!.parameters.W_1);
  assertSameBits(dirty!.parameters.W_2, clean!.parameters.W_2);
  assertSameBits(dirty!.dX, clean!.dX);
  assert.throws(() => feedForwardGradient(network, X, matrix(4, 3)), {
    message: "feedForwardGradient: dY must be (4, 2); got (4, 3)",
  });
});
