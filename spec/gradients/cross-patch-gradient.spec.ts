import assert from "node:assert/strict";
import test from "node:test";
import { CrossPatchAttention } from "../../lib/attention/cross-patch-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertGradient, assertParameterGradients, differences, half, pairing } from "../support/differences.ts";
import { crossPatchGradient } from "../../lib/gradients/cross-patch-gradient.ts";
import { identity, matrix } from "../../lib/matrix.ts";
import { naiveCross } from "../oracle/naive-tiles.ts";
import { normal, rowsOf } from "../support/values.ts";

/** Two heads with biases from p² features to p². */
const multiHead = (f: number): MultiHeadAttention =>
  new MultiHeadAttention({
    heads: [1, 11].map((s) => ({
      W_Q: half(f, 2, s),
      W_K: half(f, 2, s + 1),
      W_V: half(f, 3, s + 2),
      b_Q: half(1, 2, s + 3),
      b_K: half(1, 2, s + 4),
      b_V: half(1, 3, s + 5),
    })),
    W_O: half(6, f, 21),
    b_O: half(1, f, 22),
  });

test("central differences of the oracle: one tile, several, one pixel a tile, one channel and three", () => {
  for (const [H, W, p, C] of [[1, 1, 1, 1], [2, 2, 2, 3], [2, 4, 2, 1], [4, 2, 2, 3], [2, 3, 1, 2]] as const) {
    const attention = new CrossPatchAttention({ p, attention: multiHead(p * p) });
    const [X, dY] = [normal(H * W, C, 1), normal(H * W, C, 2)];
    const naive = (m: CrossPatchAttention, x: number[][]): number =>
      pairing(naiveCross(x, [H, W], p, m.attention).output, rowsOf(dY));
    const back = crossPatchGradient(attention, X, dY, [H, W]);
    const what = `${H} × ${W}, p ${p}, ${C} channels`;
    assertGradient(back.dX, differences({ X: rowsOf(X) }, (x) => naive(attention, x.X)).X, `dX ${what}`);
    assertParameterGradients(back.parameters, attention, (m) => naive(m, rowsOf(X)), what);
  }
});

test("by hand: without scores a pixel shares its gradient with the same place of other tiles, by channel", () => {
  const I = identity(4);
  const zero = { W_Q: matrix(4, 1), W_K: matrix(4, 1), W_V: I };
  const even = new CrossPatchAttention({ p: 2, attention: new MultiHeadAttention({ heads: [zero], W_O: I }) });
  const dY = matrix(8, 2);
  dY.data[2] = 6; // pixel 1 of tile 0, channel 0; pixel 1 of tile 1 is row 3
  const { dX } = crossPatchGradient(even, normal(8, 2, 1), dY, [2, 4]);
  assert.deepEqual(rowsOf(dX), [[0, 0], [3, 0], [0, 0], [3, 0], [0, 0], [0, 0], [0, 0], [0, 0]]);
});

test("errors say who, what and why", () => {
  const attention = new CrossPatchAttention({ p: 2, attention: multiHead(4) });
  assert.throws(() => crossPatchGradient(attention, matrix(4, 3), matrix(3, 3), [2, 2]), {
    message: "crossPatchGradient: dY must be (4, 3); got (3, 3)",
  });
});
