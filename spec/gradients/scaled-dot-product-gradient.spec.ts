import assert from "node:assert/strict";
import test from "node:test";
import type { ScaledDotProductInputs } from "../../lib/gradients/scaled-dot-product-gradient.ts";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";

function compare(name: string): void {
  const g = golden("gradients", name);
  const mask = name.includes("masked") || name.includes("window") ? g.slice("in.mask") : undefined;
  const bias = name.includes("bias") ? g.slice("in.bias") : undefined;
  const allow = mask && ((i: number, j: number): boolean => at(mask, i, j) === 1);
  const [Q, K, V] = [g.slice("in.q"), g.slice("in.k"), g.slice("in.v")];
  const { dQ, dK, dV, dBias } = scaledDotProductGradient({ Q, K, V, allow, bias }, g.slice("in.dy"));
  g.assertSlice(dQ, "out.d_q");
  g.assertSlice(dK, "out.d_k");
  g.assertSlice(dV, "out.d_v");
  if (bias !== undefined) g.assertSlice(dBias, "out.d_bias");
}

test("golden: PyTorch's autograd, plain, under a mask, with a bias, under window or global", () => {
  for (const name of [
    "scaled_dot_product_5x7",
    "scaled_dot_product_masked_5x7",
    "scaled_dot_product_bias_5x7",
  ]) {
    compare(name);
  }
  assert.ok(golden("gradients", "scaled_dot_product_5x7").atol > 0, "named for the list of compared cases");
  assert.ok(golden("gradients", "scaled_dot_product_masked_5x7").atol > 0, "likewise");
  assert.ok(golden("gradients", "scaled_dot_product_bias_5x7").atol > 0, "likewise");
  compare("window_and_globals_T13_r2");
});

test("central differences of the oracle, over edges: one query, one key, primes, d_k ≠ d_v, masks, " +
  "scale", () => {
  const sizes = [
    [1, 1, 1, 1],
    [1, 5, 3, 2],
    [5, 1, 2, 3],
    [3, 7, 5, 2],
    [7, 3, 2, 5],
  ] as const;
  for (const [n_q, n_k, d_k, d_v] of sizes) {
    const options: Omit<ScaledDotProductInputs, "Q" | "K" | "V">[] = [
      {},
      { allow: causal() },
      { allow: (i, j) => (i + j) % 3 === 0 },
      { bias: normal(n_q, n_k, 9) },
      { scale: 0.7 },
    ];
    for (const option of options) {
      const [Q, K, V] = [normal(n_q, d_k, 1), normal(n_k, d_k, 2), normal(n_k, d_v, 3)];
      const dO = normal(n_q, d_v, 4);
      const { dQ, dK, dV, dBias } = scaledDotProductGradient({ Q, K, V, ...option }, dO);
      const zeros = rowsOf(option.bias ?? matrix(n_q, n_k));
      const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V), bias: zeros }, (x) => {
        const scale = option.scale ?? 1 / Math.sqrt(d_k);
        const allow = (i: number, j: number): boolean => option.allow?.(i, j, 0) ?? true;
        return pairing(naiveAttention(x.Q, x.K, x.V, { scale, bias: x.bias, allow }).output, rowsOf(dO));
      });
      const what = `${[n_q, n_k, d_k, d_v]} ${Object.keys(option)}`;
      assertGradient(dQ, expected.Q, `dQ ${what}`);
      assertGradient(dK, expected.K, `dK ${what}`);
      assertGradient(dV, expected.V, `dV ${what}`);
      assertGradient(dBias, expected.bias, `dBias ${what}`);
    }
  }
});

test("by hand: one query between two like keys: dA = (6, 2), dS = ½(6 − 4), ½(2 − 4)", () => {
  const [Q, K, V] = [fromRows([[1]]), fromRows([[0], [0]]), fromRows([[3], [1]])];
  const { dQ, dK, dV, dBias } = scaledDotProductGradient({ Q, K, V }, fromRows([[2]]));
  assert.deepEqual([rowsOf(dV), rowsOf(dBias)], [[[1], [1]], [[1, -1]]]);
  assert.deepEqual([rowsOf(dQ), rowsOf(dK)], [[[0]], [[1], [-1]]]);
});

test("what is masked gets exactly 0 and is never read: NaN in its key and value changes no bit", () => {
  const [Q, K, V, dO] = [normal(5, 3, 1), normal(6, 3, 2), normal(6, 2, 3), normal(5, 2, 4)];
  const allow = (i: number, j: number): boolean => j !== 4 && !(i === 2 && j < 3);
  const clean = scaledDotProductGradient({ Q, K, V, allow }, dO);
  const dirty = scaledDotProductGradient({ Q, K: poison(K, 4, NaN), V: poison(V, 4, NaN), allow }, dO);
  for (const name of ["dQ", "dK", "dV", "dBias"] as const) assertSameBits(dirty[name], clean[name], name);
  assert.deepEqual(
    [rowsOf(clean.dK)[4], rowsOf(clean.dV)[4]],
    [
      [0, 0, 0],
      [0, 0],
    ],
  );
});

test("a query that sees nothing gives zeros, and so do no keys and no queries", () => {
  const [Q, K, V, dO] = [normal(3, 2, 1), normal(4, 2, 2), normal(4, 2, 3), normal(3, 2, 4)];
  const { dQ, dBias } = scaledDotProductGradient({ Q, K, V, allow: (i) => i !== 1 }, dO);
  assert.deepEqual(
    [rowsOf(dQ)[1], rowsOf(dBias)[1]],
    [
      [0, 0],
      [0, 0, 0, 0],
    ],
  );
  const empty = scaledDotProductGradient({ Q, K: matrix(0, 2), V: matrix(0, 5) }, matrix(3, 5));
  assert.deepEqual(rowsOf(empty.dQ), [
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  const none = scaledDotProductGradient({ Q: matrix(0, 2), K, V }, matrix(0, 2));
  assert.deepEqual(rowsOf(none.dV), [
    [0, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});

test("errors say who, what and why", () => {
  const X = matrix(2, 3);
  assert.throws(() => scaledDotProductGradient({ Q: X, K: X, V: X }, matrix(2, 4)), {
    message: "scaledDotProductGradient: dO must be (2, 3); got (2, 4)",
  });
  assert.throws(() => scaledDotProductGradient({ Q: X, K: X, V: X, mask: X } as never, X), {
    name: "TypeError",
    message: "scaledDotProductGradient: inputs must be a record { Q, K, V, allow, bias, scale }; got mask",
  });
});
