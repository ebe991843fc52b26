import assert from "node:assert/strict";
import test from "node:test";
import { gatherGlobal } from "../../lib/kernels/gather-global.ts";
import { replaceRows } from "../../lib/kernels/replace-rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, poison } from "../support.ts";

test("the rows named, in the order named; the others stay; a copy", () => {
  const X = fromRows([[1, 2], [3, 4], [5, 6], [7, 8]]);
  assertSameBits(replaceRows(X, [3, 1], fromRows([[10, 20], [30, 40]])), fromRows([[1, 2], [30, 40], [5, 6], [10, 20]]));
  assertSameBits(replaceRows(X, [], matrix(0, 2)), X);
  assert.notEqual(replaceRows(X, [], matrix(0, 2)).data, X.data);
  assertSameBits(X, fromRows([[1, 2], [3, 4], [5, 6], [7, 8]]));
  assertSameBits(replaceRows(matrix(0, 3), [], matrix(0, 3)), matrix(0, 3));
  assertSameBits(replaceRows(matrix(2, 0), [1], matrix(1, 0)), matrix(2, 0));
});

test("what was gathered goes back where it was, and a NaN that is replaced is gone", () => {
  const X = normal(7, 5, 1);
  assertSameBits(replaceRows(poison(poison(X, 2, NaN), 6, NaN), [6, 2], gatherGlobal(X, [6, 2])), X);
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void => assert.throws(run, { name: "RangeError", message });
  raises(() => replaceRows(matrix(4, 2), [4], matrix(1, 2)), "replaceRows: places[0] must be an integer in [0, 3]; got 4");
  assert.throws(() => replaceRows(matrix(4, 2), [, 1] as never, matrix(2, 2)), { name: "TypeError", message: "replaceRows: places[0] must be a number; got undefined" });
  raises(() => replaceRows(matrix(4, 2), [1], matrix(2, 2)), "replaceRows: R must be (1, 2); got (2, 2)");
  raises(() => replaceRows(matrix(4, 2), [1], matrix(1, 3)), "replaceRows: R must be (1, 2); got (1, 3)");
});
