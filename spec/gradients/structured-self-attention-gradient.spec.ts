import assert from "node:assert/strict";
import test from "node:test";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { assertGradient, assertParameterGradients, differences, half, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { naiveMatmul, naiveSoftmax, naiveTranspose } from "../oracle/naive.ts";
import { structuredSelfAttentionGradient } from "../../lib/gradients/structured-self-attention-gradient.ts";

const attentionOf = (u2: number, d_a: number, r: number): StructuredSelfAttention =>
  new StructuredSelfAttention({ W_s1: half(u2, d_a, 5), W_s2: half(d_a, r, 6) });

test("central differences of the oracle, penalty included: one position, one row, many rows, masked", () => {
  for (const [n, u2, d_a, r] of [[1, 2, 1, 1], [5, 4, 3, 2], [3, 2, 4, 5], [7, 6, 2, 3]] as const) {
    for (const dP of [0, 0.7]) {
      const attention = attentionOf(u2, d_a, r);
      const [H, dM, bias] = [normal(n, u2, 1), normal(r, u2, 2), normal(r, n, 3)];
      const allow = (i: number, j: number): boolean => i !== 2 && (j === 0 || (i + j) % 3 !== 1);
      const naive = (m: Pick<StructuredSelfAttention, "W_s1" | "W_s2">, h: number[][], B: number[][]): number => {
        const T = naiveMatmul(h, rowsOf(m.W_s1)).map((row) => row.map(Math.tanh));
        const S = naiveTranspose(naiveMatmul(T, rowsOf(m.W_s2)));
        const A = S.map((row, i) => naiveSoftmax(row.map((s, j) => (allow(i, j) ? s + B[i]![j]! : -Infinity))));
        const gram = naiveMatmul(A, naiveTranspose(A));
        const P = gram.flatMap((row, i) => row.map((x, j) => (x - (i === j ? 1 : 0)) ** 2)).reduce((a, b) => a + b, 0);
        return pairing(naiveMatmul(A, h), rowsOf(dM)) + dP * P;
      };
      const back = structuredSelfAttentionGradient(attention, H, { dM, dP }, { allow, bias });
      const expected = differences({ H: rowsOf(H), B: rowsOf(bias) }, (x) => naive(attention, x.H, x.B));
      const what = `${[n, u2, d_a, r]}, dP ${dP}`;
      assertGradient(back.dH, expected.H, `dH ${what}`);
      assertGradient(back.dBias, expected.B, `dBias ${what}`);
      const { W_s1, W_s2 } = attention;
      assertParameterGradients(back.parameters, { W_s1, W_s2 }, (m) => naive(m, rowsOf(H), rowsOf(bias)), what);
    }
  }
});

test("by hand: two equal positions, one row: dM is shared, and the penalty's pull is the same on both", () => {
  const attention = new StructuredSelfAttention({ W_s1: identity(2), W_s2: fromRows([[1], [1]]) });
  const H = fromRows([[0, 0], [0, 0]]);
  const { dH, dBias } = structuredSelfAttentionGradient(attention, H, { dM: fromRows([[2, 4]]), dP: 3 });
  assert.deepEqual([rowsOf(dH), rowsOf(dBias)], [[[1, 2], [1, 2]], [[0, 0]]]);
});

test("a hidden position is not read and gets 0; errors say who, what and why", () => {
  const attention = attentionOf(4, 3, 2);
  const [H, dM] = [normal(5, 4, 1), normal(2, 4, 2)];
  const options = { allow: (_: number, j: number): boolean => j !== 3 };
  const clean = structuredSelfAttentionGradient(attention, H, { dM, dP: 1 }, options);
  const dirty = structuredSelfAttentionGradient(attention, poison(H, 3, NaN), { dM, dP: 1 }, options);
  assertSameBits(dirty.dH, clean.dH);
  assertSameBits(dirty.parameters.W_s1, clean.parameters.W_s1);
  assertSameBits(dirty.parameters.W_s2, clean.parameters.W_s2);
  assert.deepEqual(rowsOf(clean.dH)[3], [0, 0, 0, 0]);
  assert.throws(() => structuredSelfAttentionGradient(attention, H, { dM: matrix(3, 4) }), {
    message: "structuredSelfAttentionGradient: dM must be (2, 4); got (3, 4)",
  });
  assert.throws(() => structuredSelfAttentionGradient(attention, H, { dM, dP: NaN }), {
    message: /^structuredSelfAttentionGradient: dP must be a finite number/,
  });
});
