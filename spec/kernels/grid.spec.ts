import assert from "node:assert/strict";
import test from "node:test";
import { REASON } from "../../lib/graph/neighbours.ts";
import { ALONG_COLUMN, ALONG_ROW, axisMap, gridFromLines, gridLayout } from "../../lib/kernels/grid.ts";
import { gridLine, gridReasons } from "../../lib/kernels/grid.ts";
import { assertClose, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { matmul } from "../../lib/kernels/matmul.ts";

const GRIDS = [[1], [5], [1, 1], [3, 4], [1, 7], [7, 1], [2, 3, 5], [3, 1, 2], [2, 3, 1, 5]];

/** Every cell's coordinates, the last axis fastest, counted up like an odometer. */
function coordinates(grid: number[]): number[][] {
  return grid.reduce<number[][]>(
    (cells, length) => cells.flatMap((cell) => Array.from({ length }, (_, t) => [...cell, t])),
    [[]],
  );
}

test("a line is the cells that differ in one coordinate only, in that coordinate's order", () => {
  for (const grid of GRIDS) {
    const cells = coordinates(grid);
    const X = fromRows(cells.map((cell, row) => [row, ...cell]));
    for (let axis = 0; axis < grid.length; axis++) {
      const others = (cell: number[]): string => cell.filter((_, a) => a !== axis).join();
      // in the order of the other coordinates, as the cells are
      const names = [...new Set(cells.map(others))];
      assert.equal(gridLayout("spec", grid, axis).lines, names.length);
      names.forEach((name, line) => {
        const expected = cells
          .map((cell, row) => [row, ...cell])
          .filter(([, ...cell]) => others(cell) === name);
        assertSameBits(
          gridLine(X, grid, axis, line),
          fromRows(expected),
          `${grid}, axis ${axis}, line ${line}`,
        );
      });
    }
  }
});

test("by hand: a row and a column of 2 × 3", () => {
  const X = fromRows([[0], [1], [2], [10], [11], [12]]);
  assert.deepEqual(rowsOf(gridLine(X, [2, 3], 1, 1)), [[10], [11], [12]]);
  assert.deepEqual(rowsOf(gridLine(X, [2, 3], 0, 1)), [[1], [11]]);
  assert.equal(gridLine(X, [2, 3], 1, 1).data.buffer, X.data.buffer, "a row is a view");
});

test("gridFromLines undoes it, along every axis and for any width", () => {
  for (const grid of GRIDS) {
    const cells = grid.reduce((a, b) => a * b, 1);
    for (const d of [0, 1, 3]) {
      const X = fromFunction(cells, d, (i, j) => 10 * i + j);
      grid.forEach((_, axis) => {
        const { lines, length } = gridLayout("spec", grid, axis);
        assert.equal(lines * length, cells);
        assertSameBits(
          gridFromLines(
            Array.from({ length: lines }, (_, line) => gridLine(X, grid, axis, line)),
            grid,
            axis,
          ),
          X,
        );
      });
    }
  }
});

test("an axis of length 0 has lines without cells, and the other axes no lines", () => {
  const X = matrix(0, 2);
  assert.deepEqual(
    [gridLayout("spec", [0, 3], 0).lines, gridLayout("spec", [0, 3], 1).lines],
    [3, 0],
  );
  assert.deepEqual(gridLine(X, [0, 3], 0, 2), matrix(0, 2));
  assert.deepEqual(gridFromLines([X, X, X], [0, 3], 0), matrix(0, 2));
});

test("errors say who, what and why", () => {
  const X = matrix(6, 2);
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(() => gridLine(X, [2, 4], 0, 0), "gridLine: X must be (8, any); got (6, 2)");
  says(() => gridLine(X, [2, 3], 2, 0), "gridLine: axis must be an integer in [0, 1]; got 2");
  says(() => gridLine(X, [2, 3], 0, 3), "gridLine: line must be an integer in [0, 2]; got 3");
  says(() => gridLine(X, [2, -3], 0, 0), "gridLine: grid[1] must be an integer ≥ 0; got -3");
  says(
    () => gridFromLines([matrix(2, 1)], [2, 3], 0),
    "gridFromLines: lines must hold as many lines as (2, 3) has along axis 0, 3, and at least 1; got 1",
  );
  says(
    () => gridFromLines([], [0, 3], 1),
    "gridFromLines: lines must hold as many lines as (0, 3) has along axis 1, 0, and at least 1; got 0",
  );
  says(
    () => gridFromLines([matrix(3, 1), matrix(3, 2)], [2, 3], 1),
    "gridFromLines: lines[1] must be (3, 1); got (3, 2)",
  );
});

test("by hand: 2 × 2", () => {
  // Cells (0,0), (0,1), (1,0), (1,1) are 0 … 3. Columns {0, 2} and {1, 3} along axis 0, rows {0, 1} and {2,
  // 3} along axis 1.
  const [A, B] = [
    fromRows([
      [1, 2],
      [3, 4],
    ]),
    fromRows([
      [5, 6],
      [7, 8],
    ]),
  ];
  assertSameBits(
    axisMap([A, B], [2, 2], 0),
    fromRows([
      [1, 0, 2, 0],
      [0, 5, 0, 6],
      [3, 0, 4, 0],
      [0, 7, 0, 8],
    ]),
  );
  assertSameBits(
    axisMap([A, B], [2, 2], 1),
    fromRows([
      [1, 2, 0, 0],
      [3, 4, 0, 0],
      [0, 0, 5, 6],
      [0, 0, 7, 8],
    ]),
  );
});

test("the map times the grid is each line's map times its line, for any number of axes", () => {
  for (const grid of [[1], [5], [3, 4], [7, 1], [2, 3, 5]]) {
    grid.forEach((length, axis) => {
      const { cells, lines } = gridLayout("spec", grid, axis);
      const X = normal(cells, 3, 1);
      const weights = Array.from({ length: lines }, (_, line) => normal(length, length, 2 + line));
      const each = weights.map((A, line) => matmul(A, gridLine(X, grid, axis, line)));
      assertClose(
        matmul(axisMap(weights, grid, axis), X),
        gridFromLines(each, grid, axis),
        tolerance(),
      );
    });
  }
  assert.deepEqual(axisMap([], [0, 3], 1), matrix(0, 0));
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => axisMap([matrix(2, 2)], [2, 3], 0),
    "axisMap: weights.length must be an integer in [3, 3]; got 1",
  );
  says(
    () => axisMap([matrix(2, 2), matrix(2, 2)], [2, 3], 1),
    "axisMap: weights[0] must be (3, 3); got (2, 2)",
  );
});

/** The query's row of `reason` as the grid's picture: `─` row, `│` column, `┼` both, `·` unlit. */
function picture(reason: Uint8Array, query: number, n: number, m: number): string {
  const glyphs: Record<number, string> = {
    0: "·",
    [ALONG_ROW]: "─",
    [ALONG_COLUMN]: "│",
    [ALONG_ROW | ALONG_COLUMN]: "┼",
  };
  return Array.from({ length: n }, (_, i) =>
    Array.from({ length: m }, (_, j) => glyphs[reason[query * n * m + i * m + j]!]).join(""),
  ).join(" ");
}

test("by hand: what cell (1, 2) of 3 × 4 sees, in two steps or in its cross", () => {
  assert.deepEqual(
    [ALONG_ROW, ALONG_COLUMN],
    [REASON.row, REASON.column],
    "the bits that graphs use too",
  );
  const everything = gridReasons(
    fromFunction(12, 12, () => 0.1),
    3,
    4,
  );
  assert.equal(picture(everything, 6, 3, 4), "┼┼│┼ ──┼─ ┼┼│┼");
  const cross = gridReasons(
    fromFunction(12, 12, (q, k) => (q % 4 === k % 4 || q >> 2 === k >> 2 ? 0.1 : 0)),
    3,
    4,
  );
  assert.equal(picture(cross, 6, 3, 4), "··│· ──┼─ ··│·");
});

test("what has no weight has no reason; a NaN has one", () => {
  assert.ok(
    gridReasons(matrix(6, 6), 2, 3).every((bits) => bits === 0),
    "no weight, no reason",
  );
  assert.ok(
    gridReasons(
      fromFunction(6, 6, () => NaN),
      2,
      3,
    ).every((bits) => bits !== 0),
    "a NaN is lit",
  );
  assert.equal(gridReasons(matrix(0, 0), 0, 3).length, 0);
});

test("errors say who, what and why", () => {
  assert.throws(() => gridReasons(matrix(6, 6), 2, 4), {
    name: "RangeError",
    message: "gridReasons: M must be (8, 8); got (6, 6)",
  });
  assert.throws(() => gridReasons(matrix(6, 6), 2.5, 4), {
    name: "RangeError",
    message: "gridReasons: n must be an integer ≥ 0; got 2.5",
  });
});
