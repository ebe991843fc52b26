import assert from "node:assert/strict";
import test from "node:test";
import { gatherRows } from "../../lib/kernels/gather-rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits } from "../support.ts";

const E = fromRows([[1, 2, 3], [4, 5, 6], [7, NaN, 9], [-0, 0, Infinity]]);

test("rows in the order asked for, as often as asked for", () => {
  const before = E.data.slice();
  assertSameBits(gatherRows(E, [1, 3, 1, 0]), fromRows([[4, 5, 6], [-0, 0, Infinity], [4, 5, 6], [1, 2, 3]]));
  assertSameBits(gatherRows(E, [2]), fromRows([[7, NaN, 9]]));
  assertSameBits(gatherRows(E, []), matrix(0, 3));
  assertSameBits(gatherRows(matrix(2, 0), [1, 1, 1]), matrix(3, 0));
  gatherRows(E, [0]).data.fill(9);
  assert.deepEqual(E.data, before, "a copy, not a view");
});

test("errors say who, what and why", () => {
  assert.throws(() => gatherRows(E, [0, 4]), { name: "RangeError", message: "gatherRows: places[1] must be an integer in [0, 3]; got 4" });
  assert.throws(() => gatherRows(E, [-1]), { name: "RangeError", message: "gatherRows: places[0] must be an integer in [0, 3]; got -1" });
  assert.throws(() => gatherRows(E, [0.5]), { name: "RangeError", message: "gatherRows: places[0] must be an integer in [0, 3]; got 0.5" });
  assert.throws(() => gatherRows(E, [, 1] as never), { name: "TypeError", message: "gatherRows: places[0] must be a number; got undefined" }); // a hole
  assert.throws(() => gatherRows(E, 1 as never), { name: "TypeError", message: "gatherRows: places must be an array of row numbers; got number" });
});
