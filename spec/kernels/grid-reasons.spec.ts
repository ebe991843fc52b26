import assert from "node:assert/strict";
import test from "node:test";
import { ALONG_COLUMN, ALONG_ROW, gridReasons } from "../../lib/kernels/grid-reasons.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";

/** The query's row of `why` as the grid's picture: `─` row, `│` column, `┼` both, `·` unlit. */
function picture(why: Uint8Array, query: number, n: number, m: number): string {
  const glyphs = ["·", "─", "│", "┼"];
  return Array.from({ length: n }, (_, i) => Array.from({ length: m }, (_, j) => glyphs[why[query * n * m + i * m + j]!]).join("")).join(" ");
}

test("by hand: what cell (1, 2) of 3 × 4 sees, in two steps or in its cross", () => {
  assert.deepEqual([ALONG_ROW, ALONG_COLUMN], [1, 2]);
  const everything = gridReasons(fromFunction(12, 12, () => 0.1), 3, 4);
  assert.equal(picture(everything, 6, 3, 4), "┼┼│┼ ──┼─ ┼┼│┼");
  const cross = gridReasons(fromFunction(12, 12, (q, k) => (q % 4 === k % 4 || q >> 2 === k >> 2 ? 0.1 : 0)), 3, 4);
  assert.equal(picture(cross, 6, 3, 4), "··│· ──┼─ ··│·");
});

test("what has no weight has no reason; a NaN has one", () => {
  assert.ok(gridReasons(matrix(6, 6), 2, 3).every((bits) => bits === 0), "no weight, no reason");
  assert.ok(gridReasons(fromFunction(6, 6, () => NaN), 2, 3).every((bits) => bits !== 0), "a NaN is lit");
  assert.equal(gridReasons(matrix(0, 0), 0, 3).length, 0);
});

test("errors say who, what and why", () => {
  assert.throws(() => gridReasons(matrix(6, 6), 2, 4), { name: "RangeError", message: "gridReasons: M must be (8, 8); got (6, 6)" });
  assert.throws(() => gridReasons(matrix(6, 6), 2.5, 4), { name: "RangeError", message: "gridReasons: n must be an integer ≥ 0; got 2.5" });
});
