import assert from "node:assert/strict";
import test from "node:test";
import type { AxisInput } from "../../lib/attention/parallel-factorized-attention.ts";
import type { GridMasks } from "../../lib/attention/attend-along.ts";
import { ALONG_COLUMN, ALONG_ROW } from "../../lib/kernels/grid.ts";
import { ParallelFactorizedAttention } from "../../lib/attention/parallel-factorized-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAlong } from "../oracle/naive-grid.ts";
import { naiveAttention, naiveMatmul } from "../oracle/naive.ts";

const attention = new ParallelFactorizedAttention();
const input = (cells: number, d: number, d_v: number, seed: number): AxisInput => ({
  Q: normal(cells, d, seed),
  K: normal(cells, d, seed + 1),
  V: normal(cells, d_v, seed + 2),
});

test("equals two dense attentions for each cell, added, with masks and invalid lines", () => {
  const choices: GridMasks[] = [
    {},
    { valid: (i) => i !== 1 },
    {
      valid: (i) => i !== 2,
      allowLateral: (i, k, _head, j) => (i + k + j) % 3 !== 0,
      allowLongitudinal: (j, k, _head, i) => k <= j || i === 0,
    },
  ];
  for (const [N_R, N_L] of [
    [1, 1],
    [1, 5],
    [7, 1],
    [3, 5],
    [6, 2],
  ] as const) {
    const [lateral, longitudinal] = [input(N_R * N_L, 3, 2, 1), input(N_R * N_L, 4, 2, 11)];
    for (const masks of choices) {
      const { valid = () => true, allowLateral = () => true, allowLongitudinal = () => true } = masks;
      let largest = 0;
      const pass = (axis: number, { Q, K, V }: AxisInput): number[][] =>
        naiveAlong([N_R, N_L], axis, (cells, line) => {
          const pick = (M: number[][]): number[][] => cells.map((cell) => M[cell]!);
          const allow = (t: number, u: number): boolean =>
            axis === 0 ? valid(u) && allowLateral(t, u, 0, line) : allowLongitudinal(t, u, 0, line);
          const one = naiveAttention(pick(rowsOf(Q)), pick(rowsOf(K)), pick(rowsOf(V)), {
            scale: 1 / Math.sqrt(Q.cols),
            allow,
          });
          largest = Math.max(largest, one.largestScore);
          return one.output;
        });
      const [lat, lon] = [pass(0, lateral), pass(1, longitudinal)];
      const expected = lat.map((row, cell) =>
        row.map((x, c) => (valid(Math.floor(cell / N_L)) ? x + lon[cell]![c]! : 0)),
      );
      assertClose(
        attention.forward({ lateral, longitudinal, N_R, N_L }, masks).output,
        expected,
        tolerance(largest),
        `${N_R} × ${N_L}`,
      );
    }
  }
});

test("a value in one cell reaches its column laterally, its row longitudinally, and nothing else", () => {
  const [N_R, N_L, cell] = [4, 5, 2 * 5 + 1];
  const [lateral, longitudinal] = [input(20, 3, 2, 1), input(20, 3, 2, 11)];
  const clean = attention.forward({ lateral, longitudinal, N_R, N_L }).output;
  const spoil = (axis: AxisInput): AxisInput => ({ ...axis, V: poison(axis.V, cell, NaN) });
  const cells = Array.from({ length: 20 }, (_, c) => c);
  const [column, row] = [cells.filter((c) => c % 5 === 1), cells.filter((c) => Math.floor(c / 5) === 2)];
  for (const [spoilt, reached] of [
    [attention.forward({ lateral: spoil(lateral), longitudinal, N_R, N_L }), column],
    [attention.forward({ lateral, longitudinal: spoil(longitudinal), N_R, N_L }), row],
    [
      attention.forward({ lateral: spoil(lateral), longitudinal: spoil(longitudinal), N_R, N_L }),
      [...column, ...row],
    ],
  ] as const) {
    assertSameRows(
      spoilt.output,
      clean,
      cells.filter((c) => !reached.includes(c)),
    );
    for (const c of reached) assert.ok(rowsOf(spoilt.output)[c]!.every(Number.isNaN), `cell ${c} is reached`);
  }
});

test("an invalid line reaches nobody, and its own cells are zero", () => {
  const [N_R, N_L] = [3, 2];
  const [lateral, longitudinal] = [input(6, 3, 2, 1), input(6, 3, 2, 11)];
  const valid = (i: number): boolean => i !== 1;
  const spoil = ({ Q, K, V }: AxisInput): AxisInput => ({
    Q: poison(poison(Q, 2, NaN), 3, NaN),
    K: poison(poison(K, 2, NaN), 3, NaN),
    V: poison(poison(V, 2, NaN), 3, NaN),
  });
  const clean = attention.forward({ lateral, longitudinal, N_R, N_L }, { valid }).output;
  assertSameBits(
    attention.forward({ lateral: spoil(lateral), longitudinal: spoil(longitudinal), N_R, N_L }, { valid })
      .output,
    clean,
  );
  assert.deepEqual(rowsOf(clean).slice(2, 4), [
    [0, 0],
    [0, 0],
  ]);
});

test("the composed map applied to V is the output when both axes have the same V; its rows sum to 2, two " +
  "softmaxes", () => {
  const [N_R, N_L] = [3, 5];
  const [lateral, longitudinal] = [input(15, 3, 2, 1), input(15, 3, 2, 11)];
  const V = normal(15, 2, 5);
  const { output, weights } = attention.forward({
    lateral: { ...lateral, V },
    longitudinal: { ...longitudinal, V },
    N_R,
    N_L,
  });
  const { composed, reason } = attention.maps(weights);
  assertClose(output, naiveMatmul(rowsOf(composed), rowsOf(V)), tolerance(8));
  for (const row of rowsOf(composed)) {
    assert.ok(Math.abs(row.reduce((a, b) => a + b, 0) - 2) < 1e-6, "rows sum to 2");
  }
  assert.equal(reason.filter((bits) => bits !== 0).length, 15 * (3 + 5 - 1));
  assert.equal(
    reason.filter((bits) => bits === (ALONG_ROW | ALONG_COLUMN)).length,
    15,
    "a query's own cell is lit by both axes",
  );
});

test("by hand: zero queries make the column's mean plus the row's mean", () => {
  // V = (1, 2; 3, 6): column means 2 and 4, row means 1.5 and 4.5.
  const same = { Q: matrix(4, 1), K: matrix(4, 1), V: fromRows([[1], [2], [3], [6]]) };
  assert.deepEqual(
    [...attention.forward({ lateral: same, longitudinal: same, N_R: 2, N_L: 2 }).output.data],
    [3.5, 5.5, 6.5, 8.5],
  );
});

test("two softmaxes are not one over the cross: one would count the query's own cell once and sum to " +
  "1", () => {
  const [N_R, N_L] = [3, 4];
  const same = input(12, 2, 2, 1);
  const sum = attention.forward({ lateral: same, longitudinal: same, N_R, N_L }).output;
  const union = new ScaledDotProductAttention().forward(same.Q, same.K, same.V, {
    allow: (q, k) => q % 4 === k % 4 || q >> 2 === k >> 2,
  }).output;
  assert.ok(
    rowsOf(sum).some((row, i) => row.some((x, c) => Math.abs(x - rowsOf(union)[i]![c]!) > 0.1)),
    "the sum is not the union",
  );
  assert.ok(
    rowsOf(sum).some((row, i) => row.some((x, c) => Math.abs(x / 2 - rowsOf(union)[i]![c]!) > 0.1)),
    "nor is half of it",
  );
});

test("no line or no place gives nothing; errors say who, what and why", () => {
  const empty = input(0, 3, 2, 1);
  for (const [N_R, N_L] of [
    [0, 3],
    [3, 0],
  ] as const)
    assert.deepEqual(
      attention.forward({ lateral: empty, longitudinal: empty, N_R, N_L }).output,
      matrix(0, 2),
    );
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const [lateral, longitudinal] = [input(6, 3, 2, 1), input(6, 4, 5, 11)];
  says(
    () => attention.forward({ lateral, longitudinal, N_R: 2, N_L: 3 }),
    "ParallelFactorizedAttention.forward: longitudinal.V must be (6, 2); got (6, 5)",
  );
  says(
    () => attention.forward({ lateral, longitudinal: lateral, N_R: 2, N_L: 4 }),
    "attendAlong: Q must be (8, any); got (6, 3)",
  );
  says(
    () => attention.forward({ lateral, longitudinal: lateral, N_R: -2, N_L: -3 }),
    "ParallelFactorizedAttention.forward: N_R must be an integer ≥ 0; got -2",
  );
  assert.throws(
    () =>
      attention.forward({ lateral, longitudinal: lateral, N_R: 2, N_L: 3 }, { allowLateral: true as never }),
    {
      name: "TypeError",
      message:
        "ParallelFactorizedAttention.forward: allowLateral must be a function, true for what counts; got " +
          "boolean",
    },
  );
});
