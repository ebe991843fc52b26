import assert from "node:assert/strict";
import test from "node:test";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { additiveGradient } from "../../lib/gradients/additive-gradient.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { concatGradient } from "../../lib/gradients/concat-gradient.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { dot, naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

const GRID = [
  [1, 1, 1, 1, 1, 1],
  [1, 5, 3, 2, 4, 3],
  [5, 1, 2, 3, 1, 2],
  [3, 7, 5, 4, 2, 1],
] as const;

test("central differences of the oracle: with b_a and without, masked, a query without keys, with a " +
  "bias", () => {
  for (const [n_q, n_k, d_q, d_k, units, d_v] of GRID) {
    for (const withBias of [true, false]) {
      const attention = new ConcatAttention({
        W_a: normal(d_q + d_k, units, 5),
        v_a: normal(units, 1, 6),
        b_a: withBias ? normal(1, units, 7) : undefined,
      });
      const [Q, K, V, dO] = [
        normal(n_q, d_q, 1),
        normal(n_k, d_k, 2),
        normal(n_k, d_v, 3),
        normal(n_q, d_v, 4),
      ];
      const bias = normal(n_q, n_k, 8);
      const allow = (i: number, j: number): boolean => i !== 2 && (j === 0 || (i + j) % 2 === 0);
      const naive = (m: ConcatAttention, x: Record<"Q" | "K" | "V" | "B", number[][]>): number => {
        const v = rowsOf(m.v_a).map(([a]) => a!);
        const score = (q: number[], k: number[]): number =>
          dot(v, naiveLinear([[...q, ...k]], rowsOf(m.W_a), m.b_a && rowsOf(m.b_a))[0]!.map(Math.tanh));
        return pairing(naiveAttention(x.Q, x.K, x.V, { score, allow, bias: x.B }).output, rowsOf(dO));
      };
      const rows = { Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V), B: rowsOf(bias) };
      const back = concatGradient(attention, { Q, K, V, allow, bias }, dO);
      const expected = differences(rows, (x) => naive(attention, x));
      const what = `${[n_q, n_k, d_q, d_k, units, d_v]}, b_a ${withBias}`;
      assertGradient(back.dQ, expected.Q, `dQ ${what}`);
      assertGradient(back.dK, expected.K, `dK ${what}`);
      assertGradient(back.dV, expected.V, `dV ${what}`);
      assertGradient(back.dBias, expected.B, `dBias ${what}`);
      const { W_a, v_a, b_a } = attention;
      assertParameterGradients(
        back.parameters,
        { W_a, v_a, b_a },
        (m) => naive(m as ConcatAttention, rows),
        what,
      );
    }
  }
});

test("with W_a above U_a in one matrix it is the gradient of the split form", () => {
  const split = new AdditiveAttention({ W_a: normal(3, 4, 5), U_a: normal(2, 4, 6), v_a: normal(4, 1, 7) });
  const joined = new ConcatAttention({ W_a: concatRows([split.W_a, split.U_a]), v_a: split.v_a });
  const inputs = { Q: normal(5, 3, 1), K: normal(7, 2, 2), V: normal(7, 3, 3) };
  const [a, b] = [
    additiveGradient(split, inputs, normal(5, 3, 4)),
    concatGradient(joined, inputs, normal(5, 3, 4)),
  ];
  for (const name of ["dQ", "dK", "dV", "dBias"] as const) assertClose(b[name], a[name], 2e-6, name);
  assertClose(b.parameters.W_a, concatRows([a.parameters.W_a, a.parameters.U_a]), 2e-6);
  assertClose(b.parameters.v_a, a.parameters.v_a, 2e-6);
});

test("by hand: two keys of equal score; the gradient of a score is a quarter of the difference of the " +
  "values", () => {
  const attention = new ConcatAttention({
    W_a: fromRows([[0], [0]]),
    v_a: fromRows([[2]]),
    b_a: fromRows([[0]]),
  });
  const inputs = { Q: fromRows([[3]]), K: fromRows([[5], [1]]), V: fromRows([[1], [9]]) };
  const { dV, dBias, dK, parameters } = concatGradient(attention, inputs, fromRows([[1]]));
  assert.deepEqual([rowsOf(dV), rowsOf(dBias), rowsOf(dK)], [[[0.5], [0.5]], [[-2, 2]], [[0], [0]]]);
  // h = 0, slope 1: dU = 2 · (−2, 2); W_a gets (3, 5)·(−4) + (3, 1)·4.
  assert.deepEqual(rowsOf(parameters.W_a), [[0], [-16]]);
  assert.deepEqual([rowsOf(parameters.v_a), rowsOf(parameters.b_a!)], [[[0]], [[0]]]);
});

test("a NaN behind a mask stays there; shapes are checked", () => {
  const attention = new ConcatAttention({ W_a: normal(5, 4, 5), v_a: normal(4, 1, 6), b_a: normal(1, 4, 7) });
  const allow = (_: number, j: number): boolean => j !== 3;
  const inputs = { Q: normal(4, 3, 1), K: normal(5, 2, 2), V: normal(5, 2, 3), allow };
  const dirty = { ...inputs, K: poison(inputs.K, 3, NaN), V: poison(inputs.V, 3, NaN) };
  const [clean, sick] = [inputs, dirty].map((x) => concatGradient(attention, x, normal(4, 2, 4)));
  for (const name of ["dQ", "dK", "dV", "dBias"] as const) assertSameBits(sick![name], clean![name], name);
  for (const name of ["W_a", "v_a", "b_a"] as const) {
    assertSameBits(sick!.parameters[name]!, clean!.parameters[name]!, name);
  }
  assert.deepEqual(rowsOf(clean!.dK)[3], [0, 0]);
  assert.throws(() => concatGradient(attention, inputs, matrix(4, 3)), {
    message: "concatGradient: dO must be (4, 2); got (4, 3)",
  });
});
