import assert from "node:assert/strict";
import test from "node:test";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { additiveGradient } from "../../lib/gradients/additive-gradient.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAttention, naiveMatmul } from "../oracle/naive.ts";

const attentionOf = (d_q: number, d_k: number, units: number): AdditiveAttention =>
  new AdditiveAttention({ W_a: normal(d_q, units, 5), U_a: normal(d_k, units, 6), v_a: normal(units, 1, 7) });

test("golden additive_5x7: PyTorch's autograd", () => {
  const g = golden("gradients", "additive_5x7");
  const attention = new AdditiveAttention({
    W_a: g.slice("w.W_a"),
    U_a: g.slice("w.U_a"),
    v_a: g.slice("w.v_a"),
  });
  const [Q, K, V] = [g.slice("in.q"), g.slice("in.k"), g.slice("in.v")];
  const { dQ, dK, dV, parameters } = additiveGradient(attention, { Q, K, V }, g.slice("in.dy"));
  g.assertSlice(dQ, "out.d_q");
  g.assertSlice(dK, "out.d_k");
  g.assertSlice(dV, "out.d_v");
  g.assertSlice(parameters.W_a, "out.d_W_a");
  g.assertSlice(parameters.U_a, "out.d_U_a");
  g.assertSlice(parameters.v_a, "out.d_v_a");
});

test("central differences of the oracle, over a grid of edges", () => {
  const edges = [
    [1, 1, 1, 1, 1, 1],
    [1, 5, 3, 2, 4, 3],
    [5, 1, 2, 3, 1, 2],
    [3, 7, 5, 4, 2, 1],
  ] as const;
  for (const [n_q, n_k, d_q, d_k, units, d_v] of edges) {
    const attention = attentionOf(d_q, d_k, units);
    const [Q, K, V, dO] = [
      normal(n_q, d_q, 1),
      normal(n_k, d_k, 2),
      normal(n_k, d_v, 3),
      normal(n_q, d_v, 4),
    ];
    const allow = (i: number, j: number): boolean => j === 0 || (i + j) % 2 === 0;
    type Parameters = Pick<AdditiveAttention, "W_a" | "U_a" | "v_a">;
    const naive = (m: Parameters, q: number[][], k: number[][], v: number[][]): number => {
      const [W, U, w] = [rowsOf(m.W_a), rowsOf(m.U_a), rowsOf(m.v_a)];
      const score = (a: number[], b: number[]): number => {
        const [p, r] = [naiveMatmul([a], W)[0]!, naiveMatmul([b], U)[0]!];
        return w.reduce((sum, [x], c) => sum + x! * Math.tanh(p[c]! + r[c]!), 0);
      };
      return pairing(naiveAttention(q, k, v, { score, allow }).output, rowsOf(dO));
    };
    const { dQ, dK, dV, parameters } = additiveGradient(attention, { Q, K, V, allow }, dO);
    const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) }, (x) =>
      naive(attention, x.Q, x.K, x.V),
    );
    const what = `${[n_q, n_k, d_q, d_k, units, d_v]}`;
    assertGradient(dQ, expected.Q, `dQ ${what}`);
    assertGradient(dK, expected.K, `dK ${what}`);
    assertGradient(dV, expected.V, `dV ${what}`);
    const { W_a, U_a, v_a } = attention;
    assertParameterGradients(
      parameters,
      { W_a, U_a, v_a },
      (m) => naive(m, rowsOf(Q), rowsOf(K), rowsOf(V)),
      what,
    );
  }
});

test("a NaN behind a mask stays there; shapes are checked", () => {
  const attention = attentionOf(3, 2, 4);
  const allow = (_: number, j: number): boolean => j !== 3;
  const inputs = { Q: normal(4, 3, 1), K: normal(5, 2, 2), V: normal(5, 2, 3), allow };
  const dirty = { ...inputs, K: poison(inputs.K, 3, NaN), V: poison(inputs.V, 3, NaN) };
  const [clean, sick] = [inputs, dirty].map((x) => additiveGradient(attention, x, normal(4, 2, 4)));
  assertSameBits(sick!.parameters.U_a, clean!.parameters.U_a);
  assertSameBits(sick!.parameters.v_a, clean!.parameters.v_a);
  assertSameBits(sick!.dQ, clean!.dQ);
  assert.throws(() => additiveGradient(attention, inputs, matrix(4, 3)), {
    message: "additiveGradient: dO must be (4, 2); got (4, 3)",
  });
});
