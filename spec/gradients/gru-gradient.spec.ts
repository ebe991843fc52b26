import assert from "node:assert/strict";
import test from "node:test";
import { BidirectionalGRU, GRUCell } from "../../lib/layers/gru.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { bidirectionalGRUGradient, gruGradient } from "../../lib/gradients/gru-gradient.ts";
import { gruStatesGradient } from "../../lib/gradients/gru-gradient.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveBidirectional, naiveGru } from "../oracle/naive-gru.ts";
import { sumOf } from "../../lib/kernels/sums.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

const cellOf = (d_in: number, d: number, seed: number): GRUCell =>
  new GRUCell({
    W_i: half(d_in, 3 * d, seed),
    W_h: half(d, 3 * d, seed + 1),
    b_i: half(1, 3 * d, seed + 2),
    b_h: half(1, 3 * d, seed + 3),
  });

test("golden gru_T5_d4: PyTorch's autograd, step by step back to the first state", () => {
  const g = golden("gradients", "gru_T5_d4");
  const cell = new GRUCell({
    W_i: transpose(g.slice("w.weight_ih")),
    W_h: transpose(g.slice("w.weight_hh")),
    b_i: g.slice("w.bias_ih"),
    b_h: g.slice("w.bias_hh"),
  });
  const [X, dY] = [g.slice("in.x"), g.slice("in.dy")];
  const row = (M: typeof X, t: number): typeof X => sliceRows(M, t, t + 1);
  const states = [g.slice("in.h0")];
  for (let t = 0; t < 5; t++) states.push(cell.forward(row(X, t), states[t]!));
  g.assertSlice(concatRows(states.slice(1)), "out.y");

  let dh = matrix(1, 6);
  const steps = [4, 3, 2, 1, 0].map((t) => {
    const step = gruGradient(cell, { x: row(X, t), h: states[t]! }, add(row(dY, t), dh));
    dh = step.dh;
    return step;
  });
  g.assertSlice(dh, "out.d_h0");
  g.assertSlice(concatRows(steps.map(({ dx }) => dx).reverse()), "out.d_x");
  const total = (name: "W_i" | "W_h" | "b_i" | "b_h") =>
    sumOf(steps.map(({ parameters }) => parameters[name]));
  g.assertSlice(transpose(total("W_i")), "out.d_weight_ih");
  g.assertSlice(transpose(total("W_h")), "out.d_weight_hh");
  g.assertSlice(total("b_i"), "out.d_bias_ih");
  g.assertSlice(total("b_h"), "out.d_bias_hh");
});

test("central differences of the oracle: one step, several sequences side by side", () => {
  for (const [B, d_in, d] of [
    [1, 1, 1],
    [1, 5, 3],
    [3, 2, 5],
    [7, 3, 2],
  ] as const) {
    const cell = cellOf(d_in, d, 1);
    const [x, h, dNext] = [normal(B, d_in, 5), normal(B, d, 6), normal(B, d, 7)];
    const naive = (m: GRUCell, xs: number[][], hs: number[][]): number =>
      pairing(
        xs.map((row, b) => naiveGru(m, row, hs[b]!)),
        rowsOf(dNext),
      );
    const back = gruGradient(cell, { x, h }, dNext);
    const expected = differences({ x: rowsOf(x), h: rowsOf(h) }, (at) => naive(cell, at.x, at.h));
    const what = `${[B, d_in, d]}`;
    assertGradient(back.dx, expected.x, `dx ${what}`);
    assertGradient(back.dh, expected.h, `dh ${what}`);
    assertParameterGradients(back.parameters, cell, (m) => naive(m, rowsOf(x), rowsOf(h)), what);
  }
});

test("central differences of the oracle: through time, both directions and both at once", () => {
  for (const [n, d_in, d] of [
    [1, 1, 1],
    [2, 3, 1],
    [5, 2, 3],
    [7, 1, 2],
  ] as const) {
    const gru = new BidirectionalGRU({ ahead: cellOf(d_in, d, 1), back: cellOf(d_in, d, 11) });
    const [X, dH] = [normal(n, d_in, 5), normal(n, 2 * d, 6)];
    const naive = (m: BidirectionalGRU, x: number[][]): number =>
      pairing(naiveBidirectional(m.ahead, m.back, x), rowsOf(dH));
    const both = bidirectionalGRUGradient(gru, X, dH);
    const what = `${[n, d_in, d]}`;
    assertGradient(both.dX, differences({ X: rowsOf(X) }, (at) => naive(gru, at.X)).X, `dX ${what}`);
    assertParameterGradients(both.parameters, gru, (m) => naive(m, rowsOf(X)), what);
  }
});

test("by hand: one unit, all weights 0: h' = h / 2, so half goes back to h and half the slope at 0 to " +
  "n", () => {
  const cell = new GRUCell({ W_i: matrix(1, 3), W_h: matrix(1, 3), b_i: matrix(1, 3), b_h: matrix(1, 3) });
  const { dx, dh, parameters } = gruGradient(
    cell,
    { x: fromRows([[3]]), h: fromRows([[2]]) },
    fromRows([[1]]),
  );
  assert.deepEqual([rowsOf(dx), rowsOf(dh)], [[[0]], [[0.5]]]);
  // z: (h − n)·z(1 − z) = 2/4; n: (1 − z) = 1/2, and r = 1/2 of it on the side of h; r: J_n = 0.
  assert.deepEqual(rowsOf(parameters.b_i), [[0, 0.5, 0.5]]);
  assert.deepEqual(rowsOf(parameters.b_h), [[0, 0.5, 0.25]]);
  assert.deepEqual(rowsOf(parameters.W_i), [[0, 1.5, 1.5]]);
  assert.deepEqual(rowsOf(parameters.W_h), [[0, 1, 0.5]]);
});

test("no inputs give zeros; a later input reaches no earlier gradient; a sequence outside the loss is " +
  "not read", () => {
  const cell = cellOf(3, 2, 1);
  const none = gruStatesGradient(cell, matrix(0, 3), matrix(0, 2));
  assertSameBits(none.dX, matrix(0, 3));
  assertSameBits(none.parameters.W_h, matrix(2, 6));
  assertSameBits(gruStatesGradient(cell, matrix(0, 3), matrix(0, 2), true).dX, matrix(0, 3));

  const early = poison(poison(normal(5, 2, 2), 3, 0), 4, 0);
  const clean = gruStatesGradient(cell, normal(5, 3, 1), early);
  const dirty = gruStatesGradient(cell, poison(normal(5, 3, 1), 4, NaN), early);
  assertSameBits(dirty.dX, clean.dX);
  assertSameBits(dirty.parameters.W_i, clean.parameters.W_i);
  assertSameBits(dirty.parameters.b_h, clean.parameters.b_h);
  assert.deepEqual(rowsOf(clean.dX).slice(3), [
    [0, 0, 0],
    [0, 0, 0],
  ]);

  const [x, h, dNext] = [normal(3, 3, 1), normal(3, 2, 2), poison(normal(3, 2, 3), 1, 0)];
  const [kept, sick] = [x, poison(x, 1, NaN)].map((at) =>
    gruGradient(cell, { x: at, h: poison(h, 1, NaN) }, dNext),
  );
  assertSameBits(sick!.parameters.W_i, kept!.parameters.W_i);
  assert.ok([...sick!.parameters.W_h.data, ...sick!.dh.data].every(Number.isFinite), "all finite");
});

test("errors say who, what and why", () => {
  const gru = BidirectionalGRU.random({ d_in: 3, d: 2 }, randomGenerator(1));
  assert.throws(() => gruGradient(gru.ahead, { x: matrix(2, 3), h: matrix(2, 2) }, matrix(2, 3)), {
    message: "gruGatesGradient: dNext must be (2, 2); got (2, 3)",
  });
  assert.throws(() => gruStatesGradient(gru.ahead, matrix(4, 3), matrix(3, 2)), {
    message: "gruStatesGradient: dH must be (4, 2); got (3, 2)",
  });
  assert.throws(() => bidirectionalGRUGradient(gru, matrix(4, 3), matrix(4, 2)), {
    message: "bidirectionalGRUGradient: dH must be (4, 4); got (4, 2)",
  });
});
