import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";

const GRID = [
  [1, 0],
  [1, 3],
  [2, 1],
  [5, 0],
  [7, 2],
  [7, 6],
  [7, 7],
  [4, 9],
  [13, 3],
] as const;

test("cut: the rows t − r … t + r that exist; zero: all 2r + 1 of them, 0 where there is none", () => {
  for (const [T, radius] of GRID) {
    const X = normal(T, 3, T);
    const rows = rowsOf(X);
    const [cut, zero] = [unfoldWindow(X, radius), unfoldWindow(X, radius, { edges: "zero" })];
    assert.deepEqual([cut.length, zero.length], [T, T]);
    for (let t = 0; t < T; t++) {
      const slots = Array.from({ length: 2 * radius + 1 }, (_, slot) => t - radius + slot);
      assertSameBits(
        cut[t]!,
        fromRows(slots.filter((s) => s >= 0 && s < T).map((s) => rows[s]!)),
        `cut, T ${T}, radius ${radius}, t ${t}`,
      );
      assertSameBits(
        zero[t]!,
        fromRows(slots.map((s) => rows[s] ?? [0, 0, 0])),
        `zero, T ${T}, radius ${radius}, t ${t}`,
      );
    }
  }
});

test("an inner window has exactly 2r + 1 rows, the first has r + 1 (W15)", () => {
  const heights = unfoldWindow(normal(9, 2, 1), 2).map((window) => window.rows);
  assert.deepEqual(heights, [3, 4, 5, 5, 5, 5, 5, 4, 3]);
  // T(2r + 1) − r(r + 1) pairs: 9·5 − 2·3 = 39
  assert.equal(
    heights.reduce((a, b) => a + b, 0),
    39,
  );
});

test("no positions, no features", () => {
  assert.deepEqual(unfoldWindow(matrix(0, 3), 2), []);
  assert.deepEqual(unfoldWindow(matrix(0, 3), 2, { edges: "zero" }), []);
  assertSameBits(unfoldWindow(matrix(2, 0), 1)[1]!, matrix(2, 0));
  assertSameBits(unfoldWindow(matrix(2, 0), 1, { edges: "zero" })[1]!, matrix(3, 0));
});

test("blindness: a row is in the windows of its neighbourhood and in no other", () => {
  const X = normal(11, 2, 1);
  for (const edges of ["cut", "zero"] as const) {
    for (let bad = 0; bad < 11; bad++) {
      unfoldWindow(poison(X, bad, NaN), 3, { edges }).forEach((window, t) => {
        if (Math.abs(t - bad) > 3) {
          assertSameBits(window, unfoldWindow(X, 3, { edges })[t]!, `window ${t}, row ${bad} is NaN`);
        } else {
          assert.ok(
            window.data.some((x) => x !== x),
            `window ${t} must hold row ${bad}`,
          );
        }
      });
    }
  }
});

test("no number is copied: cut windows view X itself, zero windows one padded copy", () => {
  const X = normal(5, 2, 1);
  const [cut, zero] = [unfoldWindow(X, 1), unfoldWindow(X, 1, { edges: "zero" })];
  for (const window of cut) assert.equal(window.data.buffer, X.data.buffer);
  for (const window of zero) assert.equal(window.data.buffer, zero[0]!.data.buffer);
  assert.equal(zero[0]!.data.buffer.byteLength, (5 + 2) * 2 * 4);
  assert.notEqual(zero[0]!.data.buffer, X.data.buffer);
  X.data[2 * 2] = 99; // row 2, seen by its neighbours as slot 2, 1 and 0
  assert.deepEqual([at(cut[1]!, 2, 0), at(cut[2]!, 1, 0), at(cut[3]!, 0, 0)], [99, 99, 99]);
});

test("by hand: three positions, radius 1", () => {
  const X = fromRows([[1], [2], [3]]);
  assert.deepEqual(unfoldWindow(X, 1).map(rowsOf), [
    [[1], [2]],
    [[1], [2], [3]],
    [[2], [3]],
  ]);
  assert.deepEqual(unfoldWindow(X, 1, { edges: "zero" }).map(rowsOf), [
    [[0], [1], [2]],
    [[1], [2], [3]],
    [[2], [3], [0]],
  ]);
});

test("errors say who, what and why", () => {
  const refuses = (radius: unknown, message: string): void =>
    assert.throws(
      () => unfoldWindow(matrix(2, 2), radius as never),
      { message: `unfoldWindow: ${message}` },
    );
  refuses(-1, "radius must be an integer ≥ 0; got -1");
  refuses(0.5, "radius must be an integer ≥ 0; got 0.5");
  refuses(NaN, "radius must be an integer ≥ 0; got NaN");
  refuses("1", 'radius must be a number; got "1"');
  assert.throws(() => unfoldWindow(matrix(2, 2), 1, { edges: "wrap" as never }), {
    name: "RangeError",
    message: 'unfoldWindow: edges must be "cut" or "zero"; got wrap',
  });
});
