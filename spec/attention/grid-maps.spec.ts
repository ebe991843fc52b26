import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, at, normal, rowsOf, tolerance } from "../support/values.ts";
import { cellsOfLines, naiveAlong } from "../oracle/naive-grid.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { ALONG_COLUMN, ALONG_ROW } from "../../lib/kernels/grid.ts";
import { gridMaps } from "../../lib/attention/grid-maps.ts";
import { naiveMatmul } from "../oracle/naive.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

const weightsFor = (n: number, m: number): { columns: Matrix[]; rows: Matrix[] } => ({
  columns: Array.from({ length: m }, (_, j) => softmaxRows(normal(n, n, 10 + j))),
  rows: Array.from({ length: n }, (_, i) => softmaxRows(normal(m, m, 50 + i))),
});

test("equals one pass after the other, and both added, over a grid of sizes", () => {
  for (const [n, m] of [
    [1, 1],
    [1, 5],
    [5, 1],
    [2, 3],
    [7, 4],
  ] as const) {
    const { columns, rows } = weightsFor(n, m);
    const V = rowsOf(normal(n * m, 3, 1));
    const pass = (axis: number, maps: Matrix[], X: number[][]): number[][] =>
      naiveAlong([n, m], axis, (line, number) =>
        naiveMatmul(
          rowsOf(maps[number]!),
          line.map((row) => X[row]!),
        ),
      );
    const downThenAcross = pass(1, rows, pass(0, columns, V));
    const acrossThenDown = pass(0, columns, pass(1, rows, V));
    const both = pass(0, columns, V).map((row, cell) => row.map((x, c) => x + pass(1, rows, V)[cell]![c]!));
    for (const [combine, expected, sum] of [
      ["columns then rows", downThenAcross, 1],
      ["rows then columns", acrossThenDown, 1],
      ["sum", both, 2],
    ] as const) {
      const { composed } = gridMaps({ columns, rows }, { rows: n, columns: m }, combine);
      assertClose(
        fromRows(naiveMatmul(rowsOf(composed), V)),
        expected,
        tolerance(),
        `${combine} of ${n} × ${m}`,
      );
      for (const row of rowsOf(composed)) {
        assert.ok(
          Math.abs(row.reduce((a, b) => a + b, 0) - sum) < 1e-6,
          `rows of ${combine} sum to ${sum}`,
        );
      }
    }
  }
});

test("by hand: 2 × 2, and the order matters", () => {
  // Columns: column 0 swaps its two cells, column 1 stays. Rows: both cells of a row take the left one.
  // Down then across: cell (0,·) takes (0,0) after the swap, which is X(1,0). Across then down: (0,0) takes
  // row 1's left one, X(1,0), but (0,1), whose column stays, X(0,0).
  const [swap, stay, left] = [
    fromRows([
      [0, 1],
      [1, 0],
    ]),
    identity(2),
    fromRows([
      [1, 0],
      [1, 0],
    ]),
  ];
  const weights = { columns: [swap, stay], rows: [left, left] };
  const size = { rows: 2, columns: 2 };
  assertSameBits(
    gridMaps(weights, size, "columns then rows").composed,
    fromRows([
      [0, 0, 1, 0],
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ]),
  );
  assertSameBits(
    gridMaps(weights, size, "rows then columns").composed,
    fromRows([
      [0, 0, 1, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
      [0, 0, 1, 0],
    ]),
  );
  assertSameBits(
    gridMaps(weights, size, "sum").composed,
    fromRows([
      [1, 0, 1, 0],
      [1, 1, 0, 0],
      [1, 0, 1, 0],
      [0, 0, 1, 1],
    ]),
  );
});

test("per-axis maps hold each line's weights and nothing else; one cell of the product is one " +
  "product", () => {
  const [n, m] = [3, 4];
  const { columns, rows } = weightsFor(n, m);
  const maps = gridMaps({ columns, rows }, { rows: n, columns: m }, "columns then rows");
  for (const [axis, whole, parts] of [
    [0, maps.columns, columns],
    [1, maps.rows, rows],
  ] as const) {
    assert.equal(whole.data.filter((w) => w !== 0).length, n * m * [n, m][axis]!);
    cellsOfLines([n, m], axis).forEach((line, number) =>
      line.forEach((q, t) => line.forEach((k, u) => assert.equal(at(whole, q, k), at(parts[number]!, t, u)))),
    );
  }
  // From (2, 3) to (0, 1): along row 2 from j = 3 to 1, then up column 1 from i = 2 to 0.
  assert.ok(
    Math.abs(at(maps.composed, 2 * m + 3, 0 * m + 1) - at(rows[2]!, 3, 1) * at(columns[1]!, 2, 0)) < 1e-7,
    "one product",
  );
});

test("two steps light everything, the sum the cross: n·m·(n + m − 1) cells, each with its reason", () => {
  const [n, m] = [3, 5];
  const count = (reason: Uint8Array): number[] =>
    [0, ALONG_ROW, ALONG_COLUMN, ALONG_ROW | ALONG_COLUMN].map(
      (bits) => reason.filter((x) => x === bits).length,
    );
  const reasons = (combine: "sum" | "rows then columns"): number[] =>
    count(gridMaps(weightsFor(n, m), { rows: n, columns: m }, combine).reason);
  assert.deepEqual(reasons("sum"), [225 - 15 * 7, 15 * 4, 15 * 2, 15]);
  assert.deepEqual(reasons("rows then columns"), [0, 15 * 4, 15 * 2, 15 * (1 + 8)]);
});

test("several heads are averaged: the mean of the maps of all pairs", () => {
  const [a, b] = [weightsFor(2, 3), weightsFor(2, 3)];
  b.columns = b.columns.map((_, j) => softmaxRows(normal(2, 2, 90 + j)));
  b.rows = b.rows.map((_, i) => softmaxRows(normal(3, 3, 95 + i)));
  const size = { rows: 2, columns: 3 };
  const heads = {
    columns: a.columns.map((A, j) => [A, b.columns[j]!]),
    rows: a.rows.map((A, i) => [A, b.rows[i]!]),
  };
  const pairs = [a, b].flatMap((x) =>
    [a, b].map((y) =>
      rowsOf(gridMaps({ columns: x.columns, rows: y.rows }, size, "columns then rows").composed),
    ),
  );
  const mean = pairs[0]!.map((row, q) => row.map((_, k) => pairs.reduce((sum, P) => sum + P[q]![k]! / 4, 0)));
  assertClose(gridMaps(heads, size, "columns then rows").composed, mean, tolerance());
});

test("a line of zeros stays zeros, and a NaN reaches no cell that gives its line no weight", () => {
  const weights = weightsFor(2, 2);
  weights.columns[1] = fromRows([
    [NaN, NaN],
    [0.5, 0.5],
  ]);
  weights.rows[0] = matrix(2, 2);
  const { composed, reason } = gridMaps(weights, { rows: 2, columns: 2 }, "columns then rows");
  assertSameBits(fromRows(rowsOf(composed).slice(0, 2)), matrix(2, 4));
  assert.deepEqual([...reason.slice(0, 8)], [0, 0, 0, 0, 0, 0, 0, 0]);
  assert.ok(
    rowsOf(composed)
      .slice(2)
      .flat()
      .every((w) => w > 0),
    "the other line is all there",
  );
});

test("errors say who, what and why", () => {
  const run = (rows: number, columns: number, combine: string) => () =>
    gridMaps(weightsFor(2, 3), { rows, columns }, combine as "sum");
  assert.throws(run(2, 3, "both"), {
    name: "RangeError",
    message: 'gridMaps: combine must be "columns then rows", "rows then columns" or "sum"; got both',
  });
  assert.throws(run(3, 2, "sum"), {
    name: "RangeError",
    message: "axisMap: weights.length must be an integer in [2, 2]; got 3",
  });
});
