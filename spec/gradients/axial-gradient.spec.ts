import assert from "node:assert/strict";
import test from "node:test";
import type { AxialOptions } from "../../lib/attention/axial-attention.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { axialGradient } from "../../lib/gradients/axial-gradient.ts";
import { identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAlong, naiveMultiHead } from "../oracle/naive-grid.ts";
import { parameters } from "../../lib/models/parameters.ts";

const COMBINATIONS = ["columns then rows", "rows then columns", "sum"] as const;

/** Two heads with biases, d_k = 2 and d_v = 1, from 3 features to 3. */
const multiHead = (seed: number): MultiHeadAttention =>
  new MultiHeadAttention({
    heads: [seed, seed + 10].map((s) => ({
      W_Q: half(3, 2, s),
      W_K: half(3, 2, s + 1),
      W_V: half(3, 1, s + 2),
      b_Q: half(1, 2, s + 3),
      b_K: half(1, 2, s + 4),
      b_V: half(1, 1, s + 5),
    })),
    W_O: half(2, 3, seed + 6),
    b_O: half(1, 3, seed + 7),
  });

function naiveAxial(
  m: AxialAttention,
  X: number[][],
  grid: readonly number[],
  options: AxialOptions,
): number[][] {
  const pass = (axis: number, Y: number[][]): number[][] =>
    naiveAlong(grid, axis, (line, number) => {
      const y = line.map((cell) => Y[cell]!);
      const allow = axis === 0 ? options.allowInColumn : options.allowInRow;
      const rule = (i: number, j: number, head: number): boolean =>
        allow === undefined || allow(i, j, head, number);
      return naiveMultiHead(y, y, y, axis === 0 ? m.alongColumns : m.alongRows, rule).output;
    });
  if (m.combine === "columns then rows") return pass(1, pass(0, X));
  if (m.combine === "rows then columns") return pass(0, pass(1, X));
  const [C, R] = [pass(0, X), pass(1, X)];
  return C.map((row, cell) => row.map((x, c) => x + R[cell]![c]!));
}

test("central differences of the oracle: each combination, one pixel, one row, one column, masks", () => {
  const masks: AxialOptions = {
    allowInColumn: (i, j, head, line) => (i + 2 * j + head + line) % 3 !== 0,
    allowInRow: (i, j) => j <= i,
  };
  for (const combine of COMBINATIONS) {
    for (const [H, W, options] of [
      [1, 1, {}],
      [1, 3, {}],
      [3, 1, {}],
      [3, 2, masks],
      [2, 5, {}],
    ] as const) {
      const attention = new AxialAttention({
        alongColumns: multiHead(10),
        alongRows: multiHead(50),
        combine,
      });
      const [X, dO] = [normal(H * W, 3, 3), normal(H * W, 3, 2)];
      const naive = (m: AxialAttention, x: number[][]): number =>
        pairing(naiveAxial(m, x, [H, W], options), rowsOf(dO));
      const back = axialGradient(attention, X, dO, { rows: H, columns: W }, options);
      const what = `${combine}, ${H} × ${W}`;
      assertGradient(back.dX, differences({ X: rowsOf(X) }, (x) => naive(attention, x.X)).X, `dX ${what}`);
      assertParameterGradients(back.parameters, attention, (m) => naive(m, rowsOf(X)), what);
    }
  }
});

test("by hand: without scores a pixel gets the mean over its column of the means over their rows", () => {
  const zero = { W_Q: matrix(1, 1), W_K: matrix(1, 1), W_V: identity(1) };
  const even = new MultiHeadAttention({ heads: [zero], W_O: identity(1) });
  const attention = new AxialAttention({ alongColumns: even, alongRows: even, combine: "columns then rows" });
  const dO = matrix(4, 1, [8, 0, 0, 0]);
  const { dX } = axialGradient(attention, normal(4, 1, 1), dO, { rows: 2, columns: 2 });
  assert.deepEqual(rowsOf(dX), [[2], [2], [2], [2]]);
  const sum = new AxialAttention({ alongColumns: even, alongRows: even, combine: "sum" });
  assert.deepEqual(rowsOf(axialGradient(sum, normal(4, 1, 1), dO, { rows: 2, columns: 2 }).dX), [
    [8],
    [4],
    [4],
    [0],
  ]);
});

test("a hidden column is not read; an empty grid gives zeros; errors say who, what and why", () => {
  const attention = new AxialAttention({
    alongColumns: multiHead(10),
    alongRows: multiHead(50),
    combine: "sum",
  });
  const grid = { rows: 2, columns: 3 };
  const options: AxialOptions = {
    allowInRow: (i, j) => j !== 2 && i !== 2,
    allowInColumn: (_, __, ___, w) => w !== 2,
  };
  const [X, dO] = [normal(6, 3, 1), poison(poison(normal(6, 3, 2), 2, 0), 5, 0)];
  const clean = axialGradient(attention, X, dO, grid, options);
  const dirty = axialGradient(attention, poison(poison(X, 2, NaN), 5, NaN), dO, grid, options);
  assertSameBits(dirty.dX, clean.dX);
  const found = parameters(dirty.parameters);
  parameters(clean.parameters).forEach((M, name) => assertSameBits(found.get(name)!, M, name));
  const empty = axialGradient(attention, matrix(0, 3), matrix(0, 3), { rows: 0, columns: 3 });
  assertSameBits(empty.parameters.alongRows.W_O, matrix(2, 3));
  const fresh = AxialAttention.random({ combine: "sum", d_model: 4, heads: 2 }, randomGenerator(1));
  assert.throws(() => axialGradient(fresh, matrix(6, 4), matrix(5, 4), grid), {
    message: "axialGradient: dO must be (6, any); got (5, 4)",
  });
  assert.throws(() => axialGradient(fresh, matrix(6, 4), matrix(6, 4), grid, { allow: 1 } as never), {
    message: "axialGradient: options must be a record { allowInRow, allowInColumn }; got allow",
  });
});
