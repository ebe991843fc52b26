import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { MultiHeadParameters } from "../../lib/gradients/multi-head-gradient.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fuseHeads, splitHeads } from "../../lib/attention/heads.ts";
import { golden } from "../support/golden.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { naiveMultiHead } from "../oracle/naive-grid.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** Three thirds of a published (1, 3d) bias. */
const third = (b: Matrix, part: number): Matrix =>
  sliceColumns(b, (part * b.cols) / 3, ((part + 1) * b.cols) / 3);

/** A published attention with two heads: weights (out, in), named apart or stacked. */
function published(g: GoldenCase): MultiHeadAttention {
  const b = g.slice("w.in_proj_bias");
  const stacked = (part: number): Matrix => third(transpose(g.slice("w.in_proj_weight")), part);
  const apart = g.metadata["case"]!.includes("cross");
  const W = (name: string, part: number): Matrix =>
    apart ? transpose(g.slice(`w.${name}_proj_weight`)) : stacked(part);
  const fused: AttentionHead = {
    W_Q: W("q", 0),
    W_K: W("k", 1),
    W_V: W("v", 2),
    b_Q: third(b, 0),
    b_K: third(b, 1),
    b_V: third(b, 2),
  };
  const [W_O, b_O] = [transpose(g.slice("w.out_proj.weight")), g.slice("w.out_proj.bias")];
  return new MultiHeadAttention({ heads: splitHeads(fused, 2), W_O, b_O });
}

/** The gradients of the fused weights, each as the file has it: (out, in). */
function assertWeights(g: GoldenCase, { heads, W_O, b_O }: MultiHeadParameters): void {
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fuseHeads(heads);
  if (g.metadata["case"]!.includes("cross")) {
    g.assertSlice(transpose(W_Q), "out.d_q_proj_weight");
    g.assertSlice(transpose(W_K), "out.d_k_proj_weight");
    g.assertSlice(transpose(W_V), "out.d_v_proj_weight");
  } else {
    const rows = [W_Q, W_K, W_V].flatMap((W) => rowsOf(transpose(W)));
    g.assertSlice(matrix(rows.length, rows[0]!.length, rows.flat()), "out.d_in_proj_weight");
  }
  const biases = [b_Q!, b_K!, b_V!].flatMap((b) => rowsOf(b)[0]!);
  g.assertSlice(matrix(1, biases.length, biases), "out.d_in_proj_bias");
  g.assertSlice(transpose(W_O), "out.d_out_proj_weight");
  g.assertSlice(b_O!, "out.d_out_proj_bias");
}

test("golden multi_head_self_E6_H2: PyTorch's autograd; the source gets dQ + dK + dV", () => {
  const g = golden("gradients", "multi_head_self_E6_H2");
  const X = g.slice("in.x", 0);
  const { dQ, dK, dV, parameters } = multiHeadGradient(
    published(g),
    { Q: X, K: X, V: X },
    g.slice("in.dy", 0),
  );
  g.assertSlice(add(add(dQ, dK), dV), "out.d_x", 0);
  assertWeights(g, parameters);
});

test("golden multi_head_cross_E6_H2: three sources of different widths", () => {
  const g = golden("gradients", "multi_head_cross_E6_H2");
  const [Q, K, V] = [g.slice("in.q", 0), g.slice("in.k", 0), g.slice("in.v", 0)];
  const { dQ, dK, dV, parameters } = multiHeadGradient(published(g), { Q, K, V }, g.slice("in.dy", 0));
  g.assertSlice(dQ, "out.d_q", 0);
  g.assertSlice(dK, "out.d_k", 0);
  g.assertSlice(dV, "out.d_v", 0);
  assertWeights(g, parameters);
});

test("central differences of the oracle: ragged sizes, one head and three, masks by head, biases or " +
  "none", () => {
  const sizes = [
    [1, 1, 1, 2],
    [2, 5, 3, 4],
    [5, 3, 2, 6],
    [3, 1, 1, 3],
  ] as const;
  for (const [n_q, n_k, h, d_model] of sizes) {
    for (const bias of [true, false]) {
      const widths = { d_model, heads: h, d_query: 3, d_key: 4, d_value: 5, d_k: 2, d_v: 3, bias };
      const attention = MultiHeadAttention.random(widths, randomGenerator(5));
      const [Q, K, V] = [normal(n_q, 3, 1), normal(n_k, 4, 2), normal(n_k, 5, 3)];
      const dY = normal(n_q, d_model, 4);
      const allow = (i: number, j: number, m: number): boolean => (i + j + m) % 3 !== 1;
      const naive = (m: MultiHeadAttention, q: number[][], k: number[][], v: number[][]): number =>
        pairing(naiveMultiHead(q, k, v, m, allow).output, rowsOf(dY));
      const { dQ, dK, dV, parameters } = multiHeadGradient(attention, { Q, K, V, allow }, dY);
      const at = { Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) };
      const expected = differences(at, (x) => naive(attention, x.Q, x.K, x.V));
      const what = `${[n_q, n_k, h, d_model]}, bias ${bias}`;
      assertGradient(dQ, expected.Q, `dQ ${what}`);
      assertGradient(dK, expected.K, `dK ${what}`);
      assertGradient(dV, expected.V, `dV ${what}`);
      assertParameterGradients(parameters, attention, (m) => naive(m, rowsOf(Q), rowsOf(K), rowsOf(V)), what);
    }
  }
});

test("central differences of the oracle: each head has its own bias, and its gradient stands at its place", () => {
  const widths = { d_model: 4, heads: 2, d_k: 3, d_v: 2, bias: true };
  const attention = MultiHeadAttention.random(widths, randomGenerator(5));
  const [X, dY, bias] = [normal(5, 4, 1), normal(5, 4, 2), [normal(5, 5, 3), normal(5, 5, 4)]];
  const naive = (x: number[][], B: number[][][]): number => {
    const heads = attention.heads.map(({ W_Q, W_K, W_V }, m) => {
      const [q, k, v] = [W_Q, W_K, W_V].map((W) => naiveLinear(x, rowsOf(W)));
      return naiveAttention(q!, k!, v!, { scale: 1 / Math.sqrt(3), bias: B[m]! }).output;
    });
    return pairing(naiveLinear(x.map((_, i) => heads.flatMap((O) => O[i]!)), rowsOf(attention.W_O)), rowsOf(dY));
  };
  const { dQ, dK, dV, dBias } = multiHeadGradient(attention, { Q: X, K: X, V: X, bias }, dY);
  const rows = { X: rowsOf(X), B_0: rowsOf(bias[0]!), B_1: rowsOf(bias[1]!) };
  const expected = differences(rows, (at) => naive(at.X, [at.B_0, at.B_1]));
  assertGradient(add(add(dQ, dK), dV), expected.X, "dX");
  assertGradient(dBias[0]!, expected.B_0, "dBias of head 0");
  assertGradient(dBias[1]!, expected.B_1, "dBias of head 1");
});

test("a NaN behind a mask reaches no gradient, weights included", () => {
  const attention = MultiHeadAttention.random({ d_model: 4, heads: 2, bias: true }, randomGenerator(1));
  const [X, dY] = [normal(5, 4, 1), normal(5, 4, 2)];
  const inputs = { Q: X, K: X, V: X, allow: (_: number, j: number): boolean => j !== 3 };
  const clean = multiHeadGradient(attention, inputs, dY);
  const dirty = multiHeadGradient(attention, { ...inputs, K: poison(X, 3, NaN), V: poison(X, 3, NaN) }, dY);
  assertSameBits(dirty.dK, clean.dK);
  assert.deepEqual(rowsOf(clean.dV)[3], [0, 0, 0, 0]);
  clean.parameters.heads.forEach((head, m) => {
    assertSameBits(dirty.parameters.heads[m]!.W_K, head.W_K);
    assertSameBits(dirty.parameters.heads[m]!.W_V, head.W_V);
  });
});

test("errors say who, what and why", () => {
  const attention = MultiHeadAttention.random({ d_model: 4, heads: 2 }, randomGenerator(1));
  const X = normal(3, 4, 1);
  const run = (inputs: object, dY: Matrix) => () => multiHeadGradient(attention, inputs as never, dY);
  assert.throws(run({ Q: X, K: X, V: X }, matrix(3, 5)), {
    message: "multiHeadGradient: dY must be (3, 4); got (3, 5)",
  });
  assert.throws(run({ Q: X, K: X, V: X, mask: causal() }, X), {
    message: "multiHeadGradient: inputs must be a record { Q, K, V, allow, bias }; got mask",
  });
  assert.throws(run({ Q: X, K: normal(3, 5, 1), V: X }, X), {
    message: "multiHeadGradient: K must be (any, 4); got (3, 5)",
  });
});
