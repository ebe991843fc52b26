import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, normal, poison } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { gatherGlobal, globalIndices } from "../../lib/kernels/gather-global.ts";

const X = fromRows([
  [0, 1],
  [10, 11],
  [20, 21],
  [30, 31],
  [40, 41],
]);

test("the rows named, in the order named", () => {
  assertSameBits(
    gatherGlobal(X, [3, 0, 4]),
    fromRows([
      [30, 31],
      [0, 1],
      [40, 41],
    ]),
  );
  assertSameBits(gatherGlobal(X, []), matrix(0, 2));
  assertSameBits(gatherGlobal(X, [0, 1, 2, 3, 4]), X);
});

test("a mask names the rows where it is true, ascending", () => {
  assertSameBits(
    gatherGlobal(X, [true, false, false, true, true]),
    fromRows([
      [0, 1],
      [30, 31],
      [40, 41],
    ]),
  );
  assertSameBits(gatherGlobal(X, [false, false, false, false, false]), matrix(0, 2));
  assertSameBits(gatherGlobal(matrix(0, 3), []), matrix(0, 3));
});

test("rows that are not named are not read", () => {
  const Y = normal(7, 3, 1);
  assertSameBits(gatherGlobal(poison(Y, 2, NaN), [1, 6]), gatherGlobal(Y, [1, 6]));
});

test("errors say who, what and why", () => {
  const refuses = (globals: unknown, name: string, message: string): void =>
    assert.throws(
      () => gatherGlobal(X, globals as never),
      { name, message: `gatherGlobal: ${message}` },
    );
  refuses([0, 5], "RangeError", "globals[1] must be an integer in [0, 4]; got 5");
  refuses([-1], "RangeError", "globals[0] must be an integer in [0, 4]; got -1");
  refuses([1.5], "RangeError", "globals[0] must be an integer in [0, 4]; got 1.5");
  refuses([NaN], "RangeError", "globals[0] must be an integer in [0, 4]; got NaN");
  refuses([2, 0, 2], "RangeError", "globals must name each token once; got 2 twice");
  refuses(
    [true, false],
    "RangeError",
    "globals as a mask must hold 5 booleans, one for each row; got 2",
  );
  refuses(3, "TypeError", "globals must be an array of indices or of booleans; got 3");
  refuses([0, , 2], "TypeError", "globals must be all indices or all booleans; got undefined at 1");
  refuses([0, true], "TypeError", "globals must be all indices or all booleans; got true at 1");
  refuses(
    [true, true, 2, true, true],
    "TypeError",
    "globals must be all indices or all booleans; got 2 at 2",
  );
  assert.throws(() => globalIndices("someone", [9], 3), {
    name: "RangeError",
    message: "someone: globals[0] must be an integer in [0, 2]; got 9",
  });
});
