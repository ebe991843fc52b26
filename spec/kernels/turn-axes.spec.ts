import assert from "node:assert/strict";
import test from "node:test";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { turnAxes } from "../../lib/kernels/turn-axes.ts";
import { assertSameBits, at, normal, rowsOf } from "../support.ts";

test("Z_c[t, s] = X_t[s, c], and three turns are none", () => {
  for (const [n, m, C] of [[2, 3, 5], [1, 4, 2], [7, 1, 1]] as const) {
    const parts = Array.from({ length: n }, (_, t) => normal(m, C, t));
    const turned = turnAxes(parts);
    assert.equal(turned.length, C);
    turned.forEach((Z, c) => {
      assert.deepEqual([Z.rows, Z.cols], [n, m]);
      parts.forEach((X, t) => Array.from({ length: m }, (_, s) => assert.equal(at(Z, t, s), at(X, s, c))));
    });
    turnAxes(turnAxes(turned)).forEach((X, t) => assertSameBits(X, parts[t]!));
  }
});

test("by hand: two matrices of one row", () => {
  assert.deepEqual(turnAxes([fromRows([[1, 2]]), fromRows([[3, 4]])]).map(rowsOf), [[[1], [3]], [[2], [4]]]);
});

test("errors say who, what and why", () => {
  assert.throws(() => turnAxes([]), { name: "RangeError", message: "turnAxes: parts.length must be an integer ≥ 1; got 0" });
  assert.throws(() => turnAxes([matrix(1, 2), matrix(2, 1)]), { name: "RangeError", message: "turnAxes: parts[1] must be (1, 2); got (2, 1)" });
});
