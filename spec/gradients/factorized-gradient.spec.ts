import assert from "node:assert/strict";
import test from "node:test";
import type { FactorizedOptions } from "../../lib/attention/factorized-attention.ts";
import type { Rows } from "../oracle/naive.ts";
import { FactorizedAttention } from "../../lib/attention/factorized-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { factorizedGradient } from "../../lib/gradients/factorized-gradient.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { naiveAlong, naiveMultiHead } from "../oracle/naive-grid.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { parameters } from "../../lib/models/parameters.ts";

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

const attentionOf = (bias: boolean): FactorizedAttention =>
  new FactorizedAttention({
    W_0: half(6, 3, 1),
    b_0: bias ? half(1, 3, 2) : undefined,
    lateral: multiHead(100),
    longitudinal: multiHead(200),
  });

/**
 * PLUTO's reading cell by cell: fuse, attend in columns, then in rows, and drop the lines that do not exist.
 */
function naiveFactorized(
  f: FactorizedAttention,
  x: { lat: Rows; lon: Rows; positions: Rows },
  { valid = () => true, allowLateral = () => true, allowLongitudinal = () => true }: FactorizedOptions,
): Rows {
  const grid = [x.lat.length, x.lon.length];
  const pairs = x.lat.flatMap((a) => x.lon.map((b) => [...a, ...b]));
  const Q_0 = naiveLinear(pairs, rowsOf(f.W_0), f.b_0 && rowsOf(f.b_0));
  const Y = naiveAlong(grid, 0, (cells, j) => {
    const y = cells.map((cell) => Q_0[cell]!);
    return naiveMultiHead(y, y, y, f.lateral, (i, k, head) => valid(k) && allowLateral(i, k, head, j)).output;
  });
  return naiveAlong(grid, 1, (cells, i) => {
    const y = cells.map((cell) => Y[cell]!);
    const placed = y.map((row, j) => row.map((a, c) => a + x.positions[j]![c]!));
    const rule = (j: number, k: number, head: number): boolean => allowLongitudinal(j, k, head, i);
    const O = naiveMultiHead(placed, placed, y, f.longitudinal, rule).output;
    return valid(i) ? O : O.map((row) => row.map(() => 0));
  });
}

test("central differences of the oracle: one cell, one line, masks, an invalid line, positions or " +
  "none", () => {
  const masks: FactorizedOptions = {
    valid: (i) => i !== 1,
    allowLateral: (i, k, head, j) => (i + k + head + j) % 3 !== 1,
    allowLongitudinal: (j, k) => k <= j,
  };
  const sizes = [
    [1, 1, {}, true],
    [1, 3, {}, false],
    [3, 1, {}, true],
    [3, 2, masks, true],
  ] as const;
  for (const [N_R, N_L, options, bias] of sizes) {
    for (const placed of [true, false]) {
      const attention = attentionOf(bias);
      const [Q_lat, Q_lon, dO] = [normal(N_R, 3, 3), normal(N_L, 3, 4), normal(N_R * N_L, 3, 5)];
      const positions = placed ? normal(N_L, 3, 6) : undefined;
      const naive = (m: FactorizedAttention, x: { lat: Rows; lon: Rows; positions: Rows }): number =>
        pairing(naiveFactorized(m, x, options), rowsOf(dO));
      const back = factorizedGradient(attention, { Q_lat, Q_lon }, dO, { ...options, positions });
      const P = rowsOf(positions ?? matrix(N_L, 3));
      const rows = { lat: rowsOf(Q_lat), lon: rowsOf(Q_lon), positions: P };
      const expected = differences(rows, (x) => naive(attention, x));
      const what = `${N_R} × ${N_L}, positions ${placed}`;
      assertGradient(back.dQ_lat, expected.lat, `dQ_lat ${what}`);
      assertGradient(back.dQ_lon, expected.lon, `dQ_lon ${what}`);
      if (placed) assertGradient(back.dPositions!, expected.positions, `dPositions ${what}`);
      else assert.equal(back.dPositions, undefined);
      assertParameterGradients(back.parameters, attention, (m) => naive(m, rows), what);
    }
  }
});

test("by hand: no scores, 2 × 2 cells: every cell hands a quarter of its gradient to every cell", () => {
  const zero = { W_Q: matrix(1, 1), W_K: matrix(1, 1), W_V: identity(1) };
  const even = new MultiHeadAttention({ heads: [zero], W_O: identity(1) });
  const attention = new FactorizedAttention({
    W_0: fromRows([[1], [10]]),
    lateral: even,
    longitudinal: even,
  });
  const sides = { Q_lat: fromRows([[1], [2]]), Q_lon: fromRows([[3], [4]]) };
  const { dQ_lat, dQ_lon } = factorizedGradient(attention, sides, matrix(4, 1, [4, 0, 0, 4]));
  assert.deepEqual(
    [rowsOf(dQ_lat), rowsOf(dQ_lon)],
    [
      [[4], [4]],
      [[40], [40]],
    ],
  );
});

test("a line that does not exist is never read and gets 0; no lines give zeros; errors say who, what and " +
  "why", () => {
  const attention = attentionOf(true);
  const options: FactorizedOptions = { valid: (i) => i !== 2, positions: normal(2, 3, 6) };
  const [Q_lat, Q_lon, dO] = [normal(4, 3, 3), normal(2, 3, 4), normal(8, 3, 5)];
  const clean = factorizedGradient(attention, { Q_lat, Q_lon }, dO, options);
  const sick = { Q_lat: poison(Q_lat, 2, NaN), Q_lon };
  const dirty = factorizedGradient(attention, sick, poison(poison(dO, 4, NaN), 5, NaN), options);
  assertSameBits(dirty.dQ_lat, clean.dQ_lat);
  assertSameBits(dirty.dQ_lon, clean.dQ_lon);
  assertSameBits(dirty.dPositions!, clean.dPositions!);
  const found = parameters(dirty.parameters);
  parameters(clean.parameters).forEach((M, name) => assertSameBits(found.get(name)!, M, name));
  assert.ok(
    rowsOf(clean.dQ_lat)[2]!.every((x) => x === 0),
    "the line gets 0",
  );
  const positions = normal(2, 3, 6);
  const none = factorizedGradient(attention, { Q_lat: matrix(0, 3), Q_lon }, matrix(0, 3), { positions });
  assertSameBits(none.dQ_lon, matrix(2, 3));
  assertSameBits(none.dPositions!, matrix(2, 3));
  assertSameBits(none.parameters.lateral.W_O, matrix(2, 3));
  assert.throws(() => factorizedGradient(attention, { Q_lat, Q_lon }, matrix(7, 3)), {
    message: "factorizedGradient: dO must be (8, 3); got (7, 3)",
  });
  assert.throws(() => factorizedGradient(attention, { Q_lat, Q_lon }, dO, { position: 1 } as never), {
    name: "TypeError",
    message: /^factorizedGradient: options must be a record .*; got position$/,
  });
});
