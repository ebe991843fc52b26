import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import type { TokenNorm, TokenProjection } from "../../lib/attention/class-token-attention.ts";
import { ClassTokenAttention } from "../../lib/attention/class-token-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertGradient, assertParameterGradients, differences, half, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { classTokenGradient, tokenProjectionGradient } from "../../lib/gradients/class-token-gradient.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { naiveGelu, naiveLayerNorm } from "../oracle/naive-layers.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { naiveMultiHead } from "../oracle/naive-grid.ts";

const numbers = (M: Matrix | undefined): Rows | undefined => M && rowsOf(M);
const normOf = (width: number, seed: number): TokenNorm => ({
  gamma: normal(1, width, seed),
  beta: normal(1, width, seed + 1),
  eps: 1e-2,
});

/** Two heads with biases, d_k = 2 and d_v = 1, from e features to e. */
const multiHead = (e: number, seed: number): MultiHeadAttention =>
  new MultiHeadAttention({
    heads: [seed, seed + 10].map((s) => ({
      W_Q: half(e, 2, s),
      W_K: half(e, 2, s + 1),
      W_V: half(e, 1, s + 2),
      b_Q: half(1, 2, s + 3),
      b_K: half(1, 2, s + 4),
      b_V: half(1, 1, s + 5),
    })),
    W_O: half(2, e, seed + 6),
    b_O: half(1, e, seed + 7),
  });

/** From 3 features to 4; both projections with a norm or both without; the norm of a second reading has no γ. */
function attentionOf(withNorm: boolean, readings: number): ClassTokenAttention {
  const projection = (from: number, to: number, seed: number): TokenProjection => ({
    ...(withNorm ? { norm: normOf(from, seed) } : {}),
    W: half(from, to, seed + 2),
    b: withNorm ? half(1, to, seed + 3) : undefined,
  });
  const both = [
    { norm: normOf(4, 20), attention: multiHead(4, 100) },
    { norm: { eps: 1e-2 }, attention: multiHead(4, 200) },
  ];
  const [f, g] = [projection(3, 4, 10), projection(4, 3, 30)];
  return new ClassTokenAttention({ f, readings: both.slice(0, readings), g });
}

const naiveToken = ({ norm, W, b }: TokenProjection, x: Rows): Rows => {
  const h = norm && naiveGelu(naiveLayerNorm(x, norm.eps, numbers(norm.gamma), numbers(norm.beta)));
  return naiveLinear(h ?? x, rowsOf(W), numbers(b));
};

function naiveFusion({ f, readings, g }: ClassTokenAttention, own: Rows, other: Rows): Rows {
  let x = [...naiveToken(f, own.slice(0, 1)), ...other.slice(1)];
  for (const { norm, attention } of readings) {
    const u = naiveLayerNorm(x, norm.eps, numbers(norm.gamma), numbers(norm.beta));
    const read = naiveMultiHead(u.slice(0, 1), u, u, attention).output[0]!;
    x = [x[0]!.map((a, c) => a + read[c]!)];
  }
  return [...naiveToken(g, x), ...own.slice(1)];
}

test("central differences of the oracle: with norms and without, one reading and two, no patches and several", () => {
  const sizes = [[0, 0, true, 1], [2, 3, true, 1], [1, 4, false, 2], [3, 0, false, 1]] as const;
  for (const [n, m, withNorm, readings] of sizes) {
    const attention = attentionOf(withNorm, readings);
    const [own, other, dZ] = [normal(1 + n, 3, 1), normal(1 + m, 4, 2), normal(1 + n, 3, 3)];
    const naive = (a: ClassTokenAttention, x: Rows, y: Rows): number => pairing(naiveFusion(a, x, y), rowsOf(dZ));
    const back = classTokenGradient(attention, { own, other }, dZ);
    const [x, y] = [rowsOf(own), rowsOf(other)];
    const expected = differences({ x, y }, (at) => naive(attention, at.x, at.y));
    const what = `n ${n}, m ${m}, norms ${withNorm}, readings ${readings}`;
    assertGradient(back.dOwn, expected.x, `dOwn ${what}`);
    assertGradient(back.dOther, expected.y, `dOther ${what}`);
    assertParameterGradients(back.parameters, attention, (a) => naive(a, x, y), what);
  }
});

test("central differences of the oracle: the projection alone", () => {
  for (const { f, g } of [attentionOf(true, 1), attentionOf(false, 1)]) {
    for (const projection of [f, g]) {
      const [x, dz] = [normal(1, projection.W.rows, 1), normal(1, projection.W.cols, 2)];
      const naive = (p: TokenProjection, at: Rows): number => pairing(naiveToken(p, at), rowsOf(dz));
      const back = tokenProjectionGradient(projection, x, dz);
      assertGradient(back.dx, differences({ x: rowsOf(x) }, (at) => naive(projection, at.x)).x, "dx");
      assertParameterGradients(back.parameters, projection, (p) => naive(p, rowsOf(x)), "projection");
    }
  }
});

test("by hand: patches pass their gradients on; the other [CLS] gets 0 and is never read", () => {
  const attention = attentionOf(true, 1);
  const [own, other, dZ] = [normal(3, 3, 1), normal(4, 4, 2), normal(3, 3, 3)];
  const clean = classTokenGradient(attention, { own, other }, dZ);
  assert.deepEqual(rowsOf(clean.dOwn).slice(1), rowsOf(dZ).slice(1));
  assert.deepEqual(rowsOf(clean.dOther)[0], [0, 0, 0, 0]);
  const dirty = classTokenGradient(attention, { own: poison(own, 1, NaN), other: poison(other, 0, NaN) }, dZ);
  assertSameBits(dirty.dOwn, clean.dOwn);
  assertSameBits(dirty.dOther, clean.dOther);

  // f and g the identity, values through a W_V of 0: the [CLS] passes unchanged, and so does its gradient.
  const I = identity(2);
  const still = new MultiHeadAttention({ heads: [{ W_Q: I, W_K: I, W_V: matrix(2, 2) }], W_O: I });
  const readings = [{ norm: { eps: 1 }, attention: still }];
  const plain = new ClassTokenAttention({ f: { W: I }, readings, g: { W: I } });
  const sides = { own: fromRows([[1, 2], [3, 4]]), other: fromRows([[5, 6], [7, 8]]) };
  const { dOwn, dOther } = classTokenGradient(plain, sides, fromRows([[10, 20], [30, 40]]));
  assert.deepEqual([rowsOf(dOwn), rowsOf(dOther)], [[[10, 20], [30, 40]], [[0, 0], [0, 0]]]);
});

test("errors say who, what and why", () => {
  const attention = attentionOf(true, 1);
  const run = (own: Matrix, other: Matrix, dZ: Matrix) => () => classTokenGradient(attention, { own, other }, dZ);
  assert.throws(run(matrix(3, 3), matrix(4, 4), matrix(2, 3)), {
    message: "classTokenGradient: dZ must be (3, 3); got (2, 3)",
  });
  assert.throws(run(matrix(0, 3), matrix(4, 4), matrix(0, 3)), {
    message: "classTokenGradient: own.rows must be an integer ≥ 1; got 0",
  });
  assert.throws(() => tokenProjectionGradient(attention.f, matrix(1, 3), matrix(1, 3)), {
    message: "tokenProjectionGradient: dz must be (1, 4); got (1, 3)",
  });
});
