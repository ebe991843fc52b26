import assert from "node:assert/strict";
import test from "node:test";
import { axisMap } from "../../lib/kernels/axis-map.ts";
import { gridFromLines, gridLayout, gridLine } from "../../lib/kernels/grid-lines.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, normal, tolerance } from "../support.ts";

test("by hand: 2 × 2", () => {
  // Cells (0,0), (0,1), (1,0), (1,1) are 0 … 3. Columns {0, 2} and {1, 3} along axis 0, rows {0, 1} and {2, 3} along axis 1.
  const [A, B] = [fromRows([[1, 2], [3, 4]]), fromRows([[5, 6], [7, 8]])];
  assertSameBits(axisMap([A, B], [2, 2], 0), fromRows([[1, 0, 2, 0], [0, 5, 0, 6], [3, 0, 4, 0], [0, 7, 0, 8]]));
  assertSameBits(axisMap([A, B], [2, 2], 1), fromRows([[1, 2, 0, 0], [3, 4, 0, 0], [0, 0, 5, 6], [0, 0, 7, 8]]));
});

test("the map times the grid is each line's map times its line, for any number of axes", () => {
  for (const grid of [[1], [5], [3, 4], [7, 1], [2, 3, 5]]) {
    grid.forEach((length, axis) => {
      const { cells, lines } = gridLayout("spec", grid, axis);
      const X = normal(cells, 3, 1);
      const weights = Array.from({ length: lines }, (_, line) => normal(length, length, 2 + line));
      const each = weights.map((A, line) => matmul(A, gridLine(X, grid, axis, line)));
      assertClose(matmul(axisMap(weights, grid, axis), X), gridFromLines(each, grid, axis), tolerance());
    });
  }
  assert.deepEqual(axisMap([], [0, 3], 1), matrix(0, 0));
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void => assert.throws(run, { name: "RangeError", message });
  says(() => axisMap([matrix(2, 2)], [2, 3], 0), "axisMap: weights.length must be an integer in [3, 3]; got 1");
  says(() => axisMap([matrix(2, 2), matrix(2, 2)], [2, 3], 1), "axisMap: weights[0] must be (3, 3); got (2, 2)");
});
