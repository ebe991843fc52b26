import assert from "node:assert/strict";
import test from "node:test";
import { additiveScores } from "../../lib/kernels/additive-scores.ts";
import { assertClose, assertSameRows, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("equals the definition", () => {
  for (const [n, m, d] of [
    [1, 1, 1],
    [3, 5, 7],
    [7, 2, 4],
    [0, 3, 2],
    [3, 0, 2],
    [2, 3, 0],
  ] as const) {
    const P = normal(n, d, 1);
    const R = normal(m, d, 2);
    const v = normal(d, 1, 3);
    const expected = rowsOf(P).map((p) =>
      rowsOf(R).map((r) => p.reduce((sum, x, c) => sum + v.data[c]! * Math.tanh(x + r[c]!), 0)),
    );
    const S = additiveScores(P, R, v);
    assert.deepEqual([S.rows, S.cols], [n, m]);
    assertClose(S, expected, tolerance());
  }
});

test("by hand", () => {
  // 2 · tanh(0) − 1 · tanh(∞) = −1, and 2 · tanh(∞) − 1 · tanh(0) = 2.
  assert.deepEqual(
    rowsOf(
      additiveScores(
        fromRows([
          [0, 1e9],
          [1e9, 0],
        ]),
        fromRows([[0, 0]]),
        fromRows([[2], [-1]]),
      ),
    ),
    [[-1], [2]],
  );
});

test("a NaN key touches its own column only", () => {
  const [P, R, v] = [normal(3, 4, 1), normal(5, 4, 2), normal(4, 1, 3)];
  const S = additiveScores(P, R, v);
  const poisoned = additiveScores(P, poison(R, 2, NaN), v);
  S.data.forEach((x, e) =>
    assert.ok(
      e % 5 === 2 ? Number.isNaN(poisoned.data[e]) : Object.is(x, poisoned.data[e]),
      `entry ${e}: ${poisoned.data[e]}, was ${x}`,
    ),
  );
  assertSameRows(additiveScores(poison(P, 1, NaN), R, v), S, [0, 2]);
});

test("errors say who, what and why", () => {
  assert.throws(() => additiveScores(matrix(2, 3), matrix(2, 4), matrix(3, 1)), {
    name: "RangeError",
    message: "additiveScores: R must be (any, 3); got (2, 4)",
  });
  assert.throws(() => additiveScores(matrix(2, 3), matrix(2, 3), matrix(1, 3)), {
    name: "RangeError",
    message: "additiveScores: v must be (3, 1); got (1, 3)",
  });
});
