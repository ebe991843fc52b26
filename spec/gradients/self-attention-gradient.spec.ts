import assert from "node:assert/strict";
import test from "node:test";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { selfAttentionGradient } from "../../lib/gradients/self-attention-gradient.ts";

/** Projections with biases. */
const attentionOf = (d: number, d_k: number, d_v: number): SelfAttention =>
  new SelfAttention({
    W_Q: half(d, d_k, 11),
    W_K: half(d, d_k, 12),
    W_V: half(d, d_v, 13),
    b_Q: half(1, d_k, 14),
    b_K: half(1, d_k, 15),
    b_V: half(1, d_v, 16),
  });

test("central differences of the oracle: causal, a row without keys, all keys; with a bias on the " +
  "scores", () => {
  for (const [n, d, d_k, d_v] of [
    [1, 1, 1, 1],
    [2, 3, 1, 4],
    [5, 2, 3, 1],
    [7, 4, 2, 3],
  ] as const) {
    for (const allow of [causal(), causal(-1), () => true]) {
      const attention = attentionOf(d, d_k, d_v);
      const [X, dO, bias] = [normal(n, d, 1), normal(n, d_v, 2), normal(n, n, 3)];
      const naive = ({ head: m }: SelfAttention, x: number[][], B: number[][]): number => {
        const [q, k] = [
          naiveLinear(x, rowsOf(m.W_Q), rowsOf(m.b_Q!)),
          naiveLinear(x, rowsOf(m.W_K), rowsOf(m.b_K!)),
        ];
        const v = naiveLinear(x, rowsOf(m.W_V), rowsOf(m.b_V!));
        const options = {
          scale: 1 / Math.sqrt(d_k),
          allow: (i: number, j: number) => allow(i, j, 0),
          bias: B,
        };
        return pairing(naiveAttention(q, k, v, options).output, rowsOf(dO));
      };
      const back = selfAttentionGradient(attention, X, dO, { allow, bias });
      const expected = differences({ X: rowsOf(X), B: rowsOf(bias) }, (x) => naive(attention, x.X, x.B));
      const what = `${[n, d, d_k, d_v]}`;
      assertGradient(back.dX, expected.X, `dX ${what}`);
      assertGradient(back.dBias, expected.B, `dBias ${what}`);
      assertParameterGradients(back.parameters, attention, (m) => naive(m, rowsOf(X), rowsOf(bias)), what);
    }
  }
});

test("it is multi-head's gradient with one head and W_O = I", () => {
  const attention = attentionOf(3, 2, 4);
  const [X, dO] = [normal(5, 3, 1), normal(5, 4, 2)];
  const one = selfAttentionGradient(attention, X, dO);
  const multi = new MultiHeadAttention({ heads: [attention.head], W_O: identity(4) });
  const { dQ, dK, dV, parameters } = multiHeadGradient(multi, { Q: X, K: X, V: X }, dO);
  assertClose(one.dX, add(add(dQ, dK), dV), 1e-6);
  assertSameBits(one.parameters.head.W_K, parameters.heads[0]!.W_K);
});

test("by hand: equal positions; the values share dO evenly, and no score changes anything", () => {
  const I = identity(2);
  const X = fromRows([
    [1, 2],
    [1, 2],
  ]);
  const attention = new SelfAttention({ W_Q: I, W_K: I, W_V: I });
  const { dX, dBias } = selfAttentionGradient(
    attention,
    X,
    fromRows([
      [2, 0],
      [0, 4],
    ]),
  );
  assert.deepEqual(
    [rowsOf(dX), rowsOf(dBias)],
    [
      [
        [1, 2],
        [1, 2],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ],
  );
});

test("a hidden position that the loss does not take is not read; errors say who, what and why", () => {
  const attention = attentionOf(3, 2, 4);
  const options = { allow: (i: number, j: number): boolean => j !== 3 && i !== 3 };
  const [X, dO] = [normal(5, 3, 1), normal(5, 4, 2)];
  const clean = selfAttentionGradient(attention, X, dO, options);
  const dirty = selfAttentionGradient(attention, poison(X, 3, NaN), dO, options);
  assertSameBits(dirty.dX, clean.dX);
  for (const name of ["W_Q", "W_K", "W_V", "b_Q"] as const) {
    assertSameBits(dirty.parameters.head[name]!, clean.parameters.head[name]!, name);
  }
  assert.deepEqual(rowsOf(clean.dX)[3], [0, 0, 0]);
  assert.throws(() => selfAttentionGradient(attention, X, matrix(4, 4)), {
    message: "selfAttentionGradient: dO must be (5, 4); got (4, 4)",
  });
  assert.throws(() => selfAttentionGradient(attention, X, dO, { mask: 1 } as never), {
    message: "selfAttentionGradient: options must be a record { allow, bias }; got mask",
  });
});
