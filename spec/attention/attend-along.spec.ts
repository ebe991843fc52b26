import assert from "node:assert/strict";
import test from "node:test";
import type { AllowInLine } from "../../lib/attention/attend-along.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { longitudinalMask, lateralMask, attendAlong } from "../../lib/attention/attend-along.ts";
import { checkGridMasks } from "../../lib/attention/attend-along.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { cellsOfLines, naiveAlong, naiveMultiHead } from "../oracle/naive-grid.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";

const GRIDS = [[1, 1], [1, 7], [7, 1], [3, 5], [5], [2, 3, 4], [3, 2, 1, 5]];

test("equals a dense attention in each line, along every axis of any grid, with a mask of each line's " +
  "own", () => {
  for (const grid of GRIDS) {
    const cells = grid.reduce((a, b) => a * b, 1);
    const [Q, K, V] = [normal(cells, 3, 1), normal(cells, 3, 2), normal(cells, 2, 3)];
    const [q, k, v] = [rowsOf(Q), rowsOf(K), rowsOf(V)];
    grid.forEach((_, axis) => {
      for (const allow of [
        undefined,
        (i, j, _head, line) => j <= i || (i + j + line) % 3 === 0,
        (_i, _j, _head, line) => line !== 1,
      ] as (AllowInLine | undefined)[]) {
        const got = attendAlong(new ScaledDotProductAttention(), { Q, K, V, grid, axis, allow });
        let largest = 0;
        const expected = naiveAlong(grid, axis, (line, number) => {
          const pick = (M: number[][]): number[][] => line.map((row) => M[row]!);
          const one = naiveAttention(pick(q), pick(k), pick(v), {
            scale: 1 / Math.sqrt(3),
            allow: (i, j) => allow === undefined || allow(i, j, 0, number),
          });
          largest = Math.max(largest, one.largestScore);
          assertClose(
            got.weights[number]!,
            one.weights,
            tolerance(one.largestScore),
            `weights of line ${number}`,
          );
          return one.output;
        });
        assertClose(got.output, expected, tolerance(largest), `${grid} along ${axis}`);
        assert.equal(got.weights.length, cells / grid[axis]!);
      }
    });
  }
});

test("takes any attention: multi-head with its predicate for each head, and additive", () => {
  const grid = [3, 5];
  const [Q, K, V] = [normal(15, 6, 1), normal(15, 4, 2), normal(15, 7, 3)];
  const heads = MultiHeadAttention.random(
    { d_model: 6, heads: 2, d_key: 4, d_value: 7, d_v: 5, d_out: 3, bias: true },
    randomGenerator(4),
  );
  const allow: AllowInLine = (i, j, head, line) => (i + 2 * j + 3 * head + 5 * line) % 4 !== 0;
  for (const axis of [0, 1]) {
    const got = attendAlong(heads, { Q, K, V, grid, axis, allow });
    const expected = naiveAlong(grid, axis, (line, number) => {
      const pick = (M: number[][]): number[][] => line.map((row) => M[row]!);
      const one = naiveMultiHead(pick(rowsOf(Q)), pick(rowsOf(K)), pick(rowsOf(V)), heads, (i, j, head) =>
        allow(i, j, head, number),
      );
      one.weights.forEach((A, m) => assertClose(got.weights[number]![m]!, A, tolerance(one.largestScore)));
      return one.output;
    });
    assertClose(got.output, expected, tolerance(1));
  }
  const additive = attendAlong(AdditiveAttention.random({ d_q: 6, d_k: 4, units: 3 }, randomGenerator(5)), {
    Q,
    K,
    V,
    grid,
    axis: 1,
  });
  for (const row of rowsOf(additive.weights[2]!)) {
    assert.deepEqual(row, [0.2, 0.2, 0.2, 0.2, 0.2].map(Math.fround)); // it starts uniform
  }
});

test("a value in one cell reaches exactly the cells of its line", () => {
  for (const grid of GRIDS) {
    const cells = grid.reduce((a, b) => a * b, 1);
    const [Q, K, V] = [normal(cells, 3, 1), normal(cells, 3, 2), normal(cells, 2, 3)];
    grid.forEach((_, axis) => {
      const clean = attendAlong(new ScaledDotProductAttention(), { Q, K, V, grid, axis }).output;
      for (const cell of [0, cells - 1, cells >> 1]) {
        const line = cellsOfLines(grid, axis).find((row) => row.includes(cell))!;
        const spoilt = attendAlong(new ScaledDotProductAttention(), {
          Q,
          K,
          V: poison(V, cell, NaN),
          grid,
          axis,
        }).output;
        assertSameRows(
          spoilt,
          clean,
          Array.from({ length: cells }, (_, row) => row).filter((row) => !line.includes(row)),
        );
        for (const row of line) {
          assert.ok(rowsOf(spoilt)[row]!.every(Number.isNaN), `cell ${row} should see ${cell}`);
        }
      }
    });
  }
});

test("the predicate is asked once for every pair: cells · n_a of them", () => {
  for (const [grid, axis] of [
    [[6, 12], 0],
    [[6, 12], 1],
    [[2, 3, 5], 1],
  ] as const) {
    const cells = grid.reduce((a, b) => a * b, 1);
    let pairs = 0;
    attendAlong(new ScaledDotProductAttention(), {
      Q: normal(cells, 2, 1),
      K: normal(cells, 2, 2),
      V: normal(cells, 2, 3),
      grid,
      axis,
      allow: () => ++pairs > 0,
    });
    assert.equal(pairs, cells * grid[axis]!);
  }
});

test("one axis of 1 is no attention at all, and an axis of 0 leaves nothing", () => {
  const V = normal(5, 2, 3);
  assertSameBits(
    attendAlong(new ScaledDotProductAttention(), {
      Q: normal(5, 3, 1),
      K: normal(5, 3, 2),
      V,
      grid: [1, 5],
      axis: 0,
    }).output,
    V,
  );
  const none = { Q: matrix(0, 3), K: matrix(0, 3), V: matrix(0, 2), grid: [0, 4] };
  assert.deepEqual(attendAlong(new ScaledDotProductAttention(), { ...none, axis: 0 }), {
    output: matrix(0, 2),
    weights: Array(4).fill(matrix(0, 0)),
  });
  assert.deepEqual(attendAlong(new ScaledDotProductAttention(), { ...none, axis: 1 }), {
    output: matrix(0, 2),
    weights: [],
  });
});

test("errors say who, what and why", () => {
  const [Q, V] = [fromRows([[1], [2], [3], [4], [5], [6]]), matrix(6, 2)];
  const run = (change: object) => () =>
    attendAlong(new ScaledDotProductAttention(), { Q, K: Q, V, grid: [2, 3], axis: 0, ...change });
  const says = (change: object, message: string, name = "RangeError"): void =>
    assert.throws(run(change), { name, message });
  says({ Q: matrix(5, 1) }, "attendAlong: Q must be (6, any); got (5, 1)");
  says({ K: matrix(5, 1) }, "attendAlong: K must be (6, any); got (5, 1)");
  says({ V: matrix(3, 2) }, "attendAlong: V must be (6, any); got (3, 2)");
  says({ axis: 2 }, "attendAlong: axis must be an integer in [0, 1]; got 2");
  says({ grid: [6, 0.5] }, "attendAlong: grid[1] must be an integer ≥ 0; got 0.5");
  says(
    { allow: true },
    "attendAlong: allow must be a function (i, j, head, line) => boolean; got boolean",
    "TypeError",
  );
});

test("masks of a lateral × longitudinal grid: an absent line is nobody's key beside, and has none " +
  "ahead", () => {
  const seen = (allow: AllowInLine | undefined, line: number): string =>
    [0, 1, 2]
      .map((i) => [0, 1, 2].map((k) => (allow === undefined || allow(i, k, 0, line) ? "■" : "·")).join(""))
      .join(" ");
  const valid = (i: number): boolean => i !== 1;
  const past: AllowInLine = (i, k, _head, line) => line === 2 || k <= i;
  assert.deepEqual(
    [
      lateralMask({}),
      longitudinalMask({}),
      lateralMask({ allowLateral: past }),
      longitudinalMask({ allowLongitudinal: past }),
    ],
    [undefined, undefined, past, past],
  );
  assert.equal(seen(lateralMask({ valid }), 0), "■·■ ■·■ ■·■");
  assert.equal(
    seen(lateralMask({ valid, allowLateral: past, allowLongitudinal: () => false }), 0),
    "■·· ■·· ■·■",
  );
  assert.deepEqual(
    [0, 1, 2].map((line) => seen(longitudinalMask({ valid }), line)),
    ["■■■ ■■■ ■■■", "··· ··· ···", "■■■ ■■■ ■■■"],
  );
  assert.deepEqual(
    [0, 1, 2].map((line) =>
      seen(longitudinalMask({ valid, allowLongitudinal: past, allowLateral: () => false }), line),
    ),
    ["■·· ■■· ■■■", "··· ··· ···", "■■■ ■■■ ■■■"],
  );
  checkGridMasks("spec", { valid, allowLateral: past });
  assert.throws(() => checkGridMasks("spec", { allowLongitudinal: 1 as never }), {
    name: "TypeError",
    message: "spec: allowLongitudinal must be a function, true for what counts; got number",
  });
});
