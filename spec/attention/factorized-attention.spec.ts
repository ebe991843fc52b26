import assert from "node:assert/strict";
import test from "node:test";
import type { FactorizedOptions } from "../../lib/attention/factorized-attention.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { FactorizedAttention } from "../../lib/attention/factorized-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertSameBits, assertSameRows, at, normal, poison } from "../support/values.ts";
import { rowsOf, tolerance } from "../support/values.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAlong, naiveMultiHead } from "../oracle/naive-grid.ts";
import { naiveLinear, naiveMatmul } from "../oracle/naive.ts";

/**
 * Every bias drawn at random: fresh ones are zero, and would hide a missing one, or a row that should be zero
 * and is a bias.
 */
const biased = ({ heads, W_O }: MultiHeadAttention, seed: number): MultiHeadAttention => {
  const b = (M: Matrix, add: number): Matrix => normal(1, M.cols, seed + add);
  return new MultiHeadAttention({
    heads: heads.map((head, m) => ({
      ...head,
      b_Q: b(head.W_Q, m),
      b_K: b(head.W_K, 10 + m),
      b_V: b(head.W_V, 20 + m),
    })),
    W_O,
    b_O: b(W_O, 30),
  });
};

function fresh(): FactorizedAttention {
  const { W_0, lateral, longitudinal } = FactorizedAttention.random(
    { d_model: 4, heads: 2 },
    randomGenerator(5),
  );
  return new FactorizedAttention({
    W_0,
    b_0: normal(1, 4, 6),
    lateral: biased(lateral, 100),
    longitudinal: biased(longitudinal, 200),
  });
}

/**
 * PLUTO's reading written out cell by cell: fuse, attend in every column, then in every row, and drop the
 * invalid lines.
 */
function naiveFactorized(f: FactorizedAttention, Q_lat: Rows, Q_lon: Rows, options: FactorizedOptions): Rows {
  const [N_R, N_L] = [Q_lat.length, Q_lon.length];
  const {
    valid = () => true,
    allowLateral = () => true,
    allowLongitudinal = () => true,
    positions,
  } = options;
  const Q_0 = Q_lat.flatMap((lat) =>
    Q_lon.map((lon) => naiveLinear([[...lat, ...lon]], rowsOf(f.W_0), f.b_0 && rowsOf(f.b_0))[0]!),
  );
  const Y = naiveAlong([N_R, N_L], 0, (cells, j) => {
    const y = cells.map((cell) => Q_0[cell]!);
    return naiveMultiHead(y, y, y, f.lateral, (i, k, head) => valid(k) && allowLateral(i, k, head, j)).output;
  });
  return naiveAlong([N_R, N_L], 1, (cells, i) => {
    const y = cells.map((cell) => Y[cell]!);
    const placed = y.map((row, j) => row.map((x, c) => x + (positions ? at(positions, j, c) : 0)));
    const O = naiveMultiHead(placed, placed, y, f.longitudinal, (j, k, head) =>
      allowLongitudinal(j, k, head, i),
    ).output;
    return valid(i) ? O : O.map((row) => row.map(() => 0));
  });
}

test("equals a dense attention in each column and then in each row, with masks, positions and invalid " +
  "lines", () => {
  const choices: FactorizedOptions[] = [
    {},
    { valid: (i) => i !== 1 },
    {
      valid: (i) => i % 2 === 1,
      allowLateral: (i, k, head, j) => (i + k + head + j) % 3 !== 0,
      allowLongitudinal: (j, k, head, i) => k <= j || (head + i) % 2 === 0,
    },
  ];
  for (const [N_R, N_L] of [
    [1, 1],
    [1, 5],
    [7, 1],
    [3, 5],
    [6, 2],
  ] as const) {
    for (const masks of choices) {
      for (const positions of [undefined, normal(N_L, 4, 9)]) {
        const f = fresh();
        const [Q_lat, Q_lon] = [normal(N_R, 4, 1), normal(N_L, 4, 2)];
        const { output } = f.forward(Q_lat, Q_lon, { ...masks, positions });
        assertClose(
          output,
          naiveFactorized(f, rowsOf(Q_lat), rowsOf(Q_lon), { ...masks, positions }),
          tolerance(4),
          `${N_R} × ${N_L}`,
        );
      }
    }
  }
});

test("by hand: equal weights make means of the fused queries", () => {
  // W_0 adds the two halves: Q_0[i,j] = lat_i + lon_j = (11, 13; 21, 23). All weights ½: column means 16 and
  // 18, then all 17. With line 1 invalid its keys are gone: column means 11 and 13, row 0 is 12, row 1 zero.
  const mean = new MultiHeadAttention({
    heads: [{ W_Q: matrix(1, 1), W_K: matrix(1, 1), W_V: identity(1) }],
    W_O: identity(1),
  });
  const f = new FactorizedAttention({ W_0: fromRows([[1], [1]]), lateral: mean, longitudinal: mean });
  const [Q_lat, Q_lon] = [fromRows([[10], [20]]), fromRows([[1], [3]])];
  assert.deepEqual([...f.forward(Q_lat, Q_lon).output.data], [17, 17, 17, 17]);
  assert.deepEqual(
    [...f.forward(Q_lat, Q_lon, { valid: (i) => i === 0 }).output.data],
    [12, 12, 0, 0],
  );
});

test("positions turn the longitudinal weights and leave values and lateral weights alone", () => {
  const f = fresh();
  const [Q_lat, Q_lon, positions] = [normal(3, 4, 1), normal(5, 4, 2), normal(5, 4, 3)];
  const [without, placed] = [f.forward(Q_lat, Q_lon), f.forward(Q_lat, Q_lon, { positions })];
  without.weights.lateral.flat().forEach((A, e) => assertSameBits(placed.weights.lateral.flat()[e]!, A));
  assert.notDeepEqual(placed.weights.longitudinal, without.weights.longitudinal);
  // With one place along the line there is one key: the weight is 1, and the output cannot depend on the
  // position.
  const one = normal(1, 4, 2);
  assertSameBits(
    f.forward(Q_lat, one, { positions: normal(1, 4, 8) }).output,
    f.forward(Q_lat, one).output,
  );
});

test("an invalid line reaches nobody, whatever it holds, and its own cells are zero", () => {
  const f = fresh();
  const [Q_lat, Q_lon] = [normal(5, 4, 1), normal(3, 4, 2)];
  const valid = (i: number): boolean => i !== 2;
  const clean = f.forward(Q_lat, Q_lon, { valid });
  for (const value of [NaN, Infinity, 3e38]) {
    const spoilt = f.forward(poison(Q_lat, 2, value), Q_lon, { valid });
    assertSameBits(spoilt.output, clean.output);
    for (const cell of [6, 7, 8]) {
      assert.ok(
        rowsOf(spoilt.output)[cell]!.every((x) => x === 0),
        `cell ${cell} is zero`,
      );
    }
  }
  const without = f.forward(
    concatRows([fromRows(rowsOf(Q_lat).slice(0, 2)), fromRows(rowsOf(Q_lat).slice(3))]),
    Q_lon,
  ).output;
  assertSameBits(
    fromRows([...rowsOf(clean.output).slice(0, 6), ...rowsOf(clean.output).slice(9)]),
    without,
    "as if it had not been there",
  );
  assertSameBits(
    f.forward(Q_lat, Q_lon, { valid: () => false }).output,
    matrix(15, 4),
    "no valid line",
  );
});

test("without an axis' pass, a value reaches its line alone; together, everything", () => {
  // Lateral (or longitudinal) attention to itself alone is no attention along that axis.
  const [Q_lat, Q_lon] = [normal(3, 4, 1), normal(4, 4, 2)];
  const cells = Array.from({ length: 12 }, (_, cell) => cell);
  const self = (i: number, k: number): boolean => i === k;
  for (const [options, reached] of [
    [{ allowLongitudinal: self }, cells], // row 1 of Q_lat is in every column, so every column sees it
    [{ allowLateral: self }, [4, 5, 6, 7]],
    [{ allowLateral: self, allowLongitudinal: self }, [4, 5, 6, 7]],
    [{}, cells],
  ] as [FactorizedOptions, number[]][]) {
    const spoilt = fresh().forward(poison(Q_lat, 1, NaN), Q_lon, options).output;
    assertSameRows(
      spoilt,
      fresh().forward(Q_lat, Q_lon, options).output,
      cells.filter((cell) => !reached.includes(cell)),
    );
    for (const cell of reached) {
      assert.ok(rowsOf(spoilt)[cell]!.every(Number.isNaN), `cell ${cell} is reached`);
    }
  }
});

test("the composed map applied to Q_0 is the output where neither axis projects; its rows sum to 1, or 0 " +
  "when invalid", () => {
  const bare = new MultiHeadAttention({
    heads: [{ W_Q: identity(2), W_K: identity(2), W_V: identity(2) }],
    W_O: identity(2),
  });
  const f = new FactorizedAttention({
    W_0: fromFunction(4, 2, (i, j) => (i % 2 === j ? 1 : 0)),
    lateral: bare,
    longitudinal: bare,
  });
  const [Q_lat, Q_lon] = [normal(3, 2, 1), normal(5, 2, 2)];
  const Q_0 = rowsOf(Q_lat).flatMap((lat) => rowsOf(Q_lon).map((lon) => lat.map((x, c) => x + lon[c]!)));
  for (const valid of [() => true, (i: number) => i !== 1]) {
    const { output, weights } = f.forward(Q_lat, Q_lon, { valid });
    const { composed, columns, rows } = f.maps(weights);
    assertClose(output, naiveMatmul(rowsOf(composed), Q_0), tolerance(8));
    assertClose(
      composed,
      naiveMatmul(rowsOf(rows), rowsOf(columns)),
      tolerance(),
      "longitudinal after lateral",
    );
    rowsOf(composed).forEach((row, cell) =>
      assert.ok(
        Math.abs(row.reduce((a, b) => a + b, 0) - (valid(Math.floor(cell / 5)) ? 1 : 0)) < 1e-6,
        `sum of row ${cell}`,
      ),
    );
  }
});

test("pairs: N_R²·N_L + N_R·N_L², 1,296 of 5,184 for 6 × 12", () => {
  for (const [N_R, N_L, counted] of [
    [6, 12, 432 + 864],
    [3, 5, 45 + 75],
    [7, 1, 49 + 7],
  ] as const) {
    let pairs = 0;
    const allow = (): boolean => ++pairs > 0;
    fresh().forward(normal(N_R, 4, 1), normal(N_L, 4, 2), { allowLateral: allow, allowLongitudinal: allow });
    assert.equal(pairs / 2, counted); // of two heads
    assert.equal(pairs / 2, N_R * N_L * (N_R + N_L));
  }
});
