import assert from "node:assert/strict";
import test from "node:test";
import { CrossAttention } from "../../lib/attention/cross-attention.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { crossAttentionGradient } from "../../lib/gradients/cross-attention-gradient.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";

/** Projections with biases, or without biases. */
const attentionOf = (d_x: number, d_m: number, d_k: number, d_v: number, biases = true): CrossAttention =>
  new CrossAttention({
    W_Q: half(d_x, d_k, 11),
    W_K: half(d_m, d_k, 12),
    W_V: half(d_m, d_v, 13),
    ...(biases ? { b_Q: half(1, d_k, 14), b_K: half(1, d_k, 15), b_V: half(1, d_v, 16) } : {}),
  });

test("central differences of the oracle: ragged sizes, masks, a query without keys, with biases and " +
  "without", () => {
  const sizes = [
    [1, 1, 1, 1, 1, 1],
    [3, 1, 2, 5, 3, 2],
    [1, 5, 4, 2, 2, 3],
    [4, 7, 3, 2, 5, 1],
  ] as const;
  for (const [n_q, n_k, d_x, d_m, d_k, d_v] of sizes) {
    for (const biases of [true, false]) {
      const attention = attentionOf(d_x, d_m, d_k, d_v, biases);
      const [query, memory] = [normal(n_q, d_x, 1), normal(n_k, d_m, 2)];
      const [dO, bias] = [normal(n_q, d_v, 3), normal(n_q, n_k, 4)];
      const allow = (i: number, j: number): boolean => i !== 1 && (j === 0 || (i + j) % 3 !== 1);
      const naive = ({ head: m }: CrossAttention, x: number[][], memo: number[][], B: number[][]): number => {
        const q = naiveLinear(x, rowsOf(m.W_Q), m.b_Q && rowsOf(m.b_Q));
        const k = naiveLinear(memo, rowsOf(m.W_K), m.b_K && rowsOf(m.b_K));
        const v = naiveLinear(memo, rowsOf(m.W_V), m.b_V && rowsOf(m.b_V));
        return pairing(
          naiveAttention(q, k, v, { scale: 1 / Math.sqrt(d_k), allow, bias: B }).output,
          rowsOf(dO),
        );
      };
      const back = crossAttentionGradient(attention, { query, memory }, dO, { allow, bias });
      const [x, memo, B] = [rowsOf(query), rowsOf(memory), rowsOf(bias)];
      const expected = differences({ x, memo, B }, (at) => naive(attention, at.x, at.memo, at.B));
      const what = `${[n_q, n_k, d_x, d_m, d_k, d_v]}, biases ${biases}`;
      assertGradient(back.dQuery, expected.x, `dQuery ${what}`);
      assertGradient(back.dMemory, expected.memo, `dMemory ${what}`);
      assertGradient(back.dBias, expected.B, `dBias ${what}`);
      assertParameterGradients(back.parameters, attention, (m) => naive(m, x, memo, B), what);
    }
  }
});

test("by hand: one key of weight 1: the memory gets dO, the query learns nothing", () => {
  const I = identity(2);
  const attention = new CrossAttention({ W_Q: I, W_K: I, W_V: I });
  const sides = {
    query: fromRows([
      [1, 5],
      [2, 7],
    ]),
    memory: fromRows([[3, 4]]),
  };
  const { dQuery, dMemory, dBias } = crossAttentionGradient(
    attention,
    sides,
    fromRows([
      [1, 2],
      [10, 20],
    ]),
  );
  assert.deepEqual(
    [rowsOf(dQuery), rowsOf(dMemory), rowsOf(dBias)],
    [
      [
        [0, 0],
        [0, 0],
      ],
      [[11, 22]],
      [[0], [0]],
    ],
  );
});

test("a hidden memory is not read and gets 0; an empty one gives zeros; errors say who, what and why", () => {
  const attention = attentionOf(3, 2, 4, 5);
  const [query, memory, dO] = [normal(4, 3, 1), normal(6, 2, 2), normal(4, 5, 3)];
  const options = { allow: (_: number, j: number): boolean => j !== 2 };
  const clean = crossAttentionGradient(attention, { query, memory }, dO, options);
  const dirty = crossAttentionGradient(attention, { query, memory: poison(memory, 2, NaN) }, dO, options);
  assertSameBits(dirty.dQuery, clean.dQuery);
  assertSameBits(dirty.dMemory, clean.dMemory);
  for (const name of ["W_Q", "W_K", "W_V", "b_V"] as const) {
    assertSameBits(dirty.parameters.head[name]!, clean.parameters.head[name]!, name);
  }
  assert.deepEqual(rowsOf(clean.dMemory)[2], [0, 0]);
  assertSameBits(crossAttentionGradient(attention, { query, memory: matrix(0, 2) }, dO).dQuery, matrix(4, 3));
  assert.throws(() => crossAttentionGradient(attention, { query, memory }, matrix(4, 4)), {
    message: "crossAttentionGradient: dO must be (4, 5); got (4, 4)",
  });
  assert.throws(() => crossAttentionGradient(attention, { query, memory }, dO, { mask: 1 } as never), {
    message: "crossAttentionGradient: options must be a record { allow, bias }; got mask",
  });
});
