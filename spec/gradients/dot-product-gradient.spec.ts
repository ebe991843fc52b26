import assert from "node:assert/strict";
import test from "node:test";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { dotProductGradient } from "../../lib/gradients/dot-product-gradient.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";

test("central differences of the oracle, over a grid of edges", () => {
  for (const [n_q, n_k, d, d_v] of [
    [1, 1, 1, 1],
    [1, 5, 3, 2],
    [5, 1, 2, 3],
    [3, 7, 5, 2],
  ] as const) {
    for (const allow of [undefined, (i: number, j: number): boolean => (i + j) % 2 === 0]) {
      const [Q, K, V, dO] = [normal(n_q, d, 1), normal(n_k, d, 2), normal(n_k, d_v, 3), normal(n_q, d_v, 4)];
      const { dQ, dK, dV } = dotProductGradient({ Q, K, V, allow }, dO);
      const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) }, (x) =>
        pairing(naiveAttention(x.Q, x.K, x.V, allow ? { allow } : {}).output, rowsOf(dO)),
      );
      assertGradient(dQ, expected.Q, `dQ ${[n_q, n_k, d, d_v]}`);
      assertGradient(dK, expected.K, `dK ${[n_q, n_k, d, d_v]}`);
      assertGradient(dV, expected.V, `dV ${[n_q, n_k, d, d_v]}`);
    }
  }
});

test("scaled attention with scale 1 is the same to the bit; a NaN behind a mask stays there", () => {
  const [Q, K, V, dO] = [normal(5, 3, 1), normal(6, 3, 2), normal(6, 2, 3), normal(5, 2, 4)];
  const allow = (_: number, j: number): boolean => j !== 2;
  const clean = dotProductGradient({ Q, K, V, allow }, dO);
  const scaled = scaledDotProductGradient({ Q, K, V, allow, scale: 1 }, dO);
  const dirty = dotProductGradient({ Q, K: poison(K, 2, NaN), V: poison(V, 2, NaN), allow }, dO);
  for (const name of ["dQ", "dK", "dV", "dBias"] as const) {
    assertSameBits(clean[name], scaled[name], name);
    assertSameBits(dirty[name], clean[name], name);
  }
  assert.throws(() => dotProductGradient({ Q, K, V }, matrix(5, 3)), {
    message: "dotProductGradient: dO must be (5, 2); got (5, 3)",
  });
});
