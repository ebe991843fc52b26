import assert from "node:assert/strict";
import test from "node:test";
import { InnerPatchAttention } from "../../lib/attention/inner-patch-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertGradient, assertParameterGradients, differences, half, pairing } from "../support/differences.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { innerPatchGradient } from "../../lib/gradients/inner-patch-gradient.ts";
import { naiveInner } from "../oracle/naive-tiles.ts";
import { normal, poison, rowsOf } from "../support/values.ts";

const multiHead = new MultiHeadAttention({
  heads: [1, 11].map((s) => ({
    W_Q: half(3, 2, s),
    W_K: half(3, 2, s + 1),
    W_V: half(3, 1, s + 2),
    b_Q: half(1, 2, s + 3),
    b_K: half(1, 2, s + 4),
    b_V: half(1, 1, s + 5),
  })),
  W_O: half(2, 3, 21),
  b_O: half(1, 3, 22),
});

test("central differences of the oracle: one pixel a tile, one tile, several; with the table and without", () => {
  for (const [H, W, p] of [[1, 1, 1], [2, 2, 2], [2, 4, 2], [3, 2, 1], [3, 3, 3]] as const) {
    for (const table of [half((2 * p - 1) ** 2, 2, 5), undefined]) {
      const attention = new InnerPatchAttention({ p, attention: multiHead, table });
      const [X, dY] = [normal(H * W, 3, 3), normal(H * W, 3, 4)];
      const naive = (m: InnerPatchAttention, x: number[][]): number =>
        pairing(naiveInner(x, [H, W], p, m.attention, m.table && rowsOf(m.table)).output, rowsOf(dY));
      const back = innerPatchGradient(attention, X, dY, [H, W]);
      const what = `${H} × ${W}, p ${p}, table ${table !== undefined}`;
      assertGradient(back.dX, differences({ X: rowsOf(X) }, (x) => naive(attention, x.X)).X, `dX ${what}`);
      assertParameterGradients(back.parameters, attention, (m) => naive(m, rowsOf(X)), what);
    }
  }
});

test("by hand: without scores the pixels of a tile share its gradient; another tile is not read", () => {
  const I = identity(1);
  const zero = { W_Q: matrix(1, 1), W_K: matrix(1, 1), W_V: I };
  const even = new InnerPatchAttention({ p: 2, attention: new MultiHeadAttention({ heads: [zero], W_O: I }) });
  const dY = fromRows([[4], [8], [0], [0], [0], [0], [0], [0]]); // tile 0 has pixels 0, 1, 4 and 5
  assert.deepEqual(rowsOf(innerPatchGradient(even, normal(8, 1, 1), dY, [2, 4]).dX).flat(), [3, 3, 0, 0, 3, 3, 0, 0]);
  const clean = innerPatchGradient(even, normal(8, 1, 1), normal(8, 1, 2), [2, 4]).dX;
  const dirty = innerPatchGradient(even, poison(normal(8, 1, 1), 7, NaN), normal(8, 1, 2), [2, 4]).dX;
  for (const pixel of [0, 1, 4, 5]) assert.deepEqual(rowsOf(dirty)[pixel], rowsOf(clean)[pixel], `pixel ${pixel}`);
});

test("errors say who, what and why", () => {
  const attention = new InnerPatchAttention({ p: 2, attention: multiHead });
  assert.throws(() => innerPatchGradient(attention, matrix(4, 3), matrix(4, 2), [2, 2]), {
    message: "innerPatchGradient: dY must be (4, 3); got (4, 2)",
  });
  assert.throws(() => innerPatchGradient(attention, matrix(6, 3), matrix(6, 3), [2, 3]), /cutTiles: .*got/);
});
