import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../../lib/matrix.ts";
import { assertClose, at, normal, rowsOf } from "../../support/values.ts";
import { digitOf, shrink, square } from "../../../scripts/images/fit.ts";
import { fromFunction, fromRows } from "../../../lib/matrix.ts";

test("shrinking counts every pixel, keeps a constant and the mean, and stays from 0 to 1", () => {
  assertClose(
    shrink(
      fromFunction(17, 5, () => 0.3),
      4,
      7,
    ),
    Array.from({ length: 4 }, () => new Array<number>(7).fill(0.3)),
    1e-6,
  );
  const half = shrink(
    fromFunction(40, 40, (y, x) => (y + x) % 2),
    5,
    5,
  ); // a chessboard of single pixels becomes grey
  for (const row of rowsOf(half)) for (const x of row) assert.ok(Math.abs(x - 0.5) < 0.02, String(x));
  for (const row of rowsOf(
    shrink(
      fromFunction(9, 9, (y) => (y < 4 ? 1 : 0)),
      14,
      14,
    ),
  ))
    for (const x of row) assert.ok(x >= 0 && x <= 1, String(x));
  const plane = fromFunction(6, 6, (y, x) => (y * 6 + x) / 36);
  assertClose(shrink(plane, 6, 6), plane, 1e-6); // the same size changes nothing
});

test("the square in the middle", () => {
  const wide = fromFunction(4, 10, (_, x) => (x >= 3 && x < 7 ? 1 : 0));
  assertClose(
    square([wide], 4)[0]!,
    Array.from({ length: 4 }, () => [1, 1, 1, 1]),
    1e-6,
  );
  assert.deepEqual(
    square([normal(5, 9, 1), normal(5, 9, 2)], 3).map((M) => [M.rows, M.cols]),
    [
      [3, 3],
      [3, 3],
    ],
  );
});

/** A vertical bar of ink on paper, off the middle. */
const bar = (ink: number, paper: number): Matrix =>
  fromFunction(60, 80, (y, x) => (y >= 10 && y < 50 && x >= 50 && x < 60 ? ink : paper));

test("a digit is light on dark, 20 high, in the middle, whichever way it was drawn", () => {
  const [light, dark] = [digitOf(bar(0.9, 0.1)), digitOf(bar(0.2, 0.8))];
  assert.deepEqual([light.ink, dark.ink], ["light", "dark"]);
  assertClose(light.digit, dark.digit, 1e-6);
  const { digit } = light;
  assert.deepEqual([digit.rows, digit.cols], [28, 28]);
  for (let y = 0; y < 28; y++) {
    for (let x = 0; x < 28; x++) {
      const inside = y >= 4 && y < 24 && Math.abs(x - 13.5) < 3.5;
      assert.ok(inside || at(digit, y, x) === 0, `ink at ${y}, ${x}`);
    }
  }
  assert.ok(at(digit, 13, 14) > 0.9, `ink ${at(digit, 13, 14)} in the middle`);
});

test("the centre of mass goes to the middle; faint dirt is paper; an empty picture has no ink", () => {
  const heavy = fromFunction(40, 40, (y, x) =>
    x >= 10 && x < 30 && y >= 10 && y < (x < 14 ? 30 : 12) ? 1 : 0,
  ); // an L on its head: more on the left
  const { digit } = digitOf(heavy);
  let [mass, mx] = [0, 0];
  rowsOf(digit).forEach((row) => row.forEach((v, x) => ([mass, mx] = [mass + v, mx + v * x])));
  assert.ok(Math.abs(mx / mass - 13.5) <= 2, `${mx / mass}`); // as near as 20 of 28 columns can go
  const dirty = bar(0, 1);
  dirty.data[5] = 0.9;
  assertClose(digitOf(dirty).digit, digitOf(bar(0, 1)).digit, 1e-6);
  assert.deepEqual(
    [digitOf(fromFunction(9, 9, () => 0.4)).ink, digitOf(fromRows([[0.5]])).ink],
    ["none", "none"],
  );
});
