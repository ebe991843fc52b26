import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import * as plain from "../../lib/kernels/windows.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, assertSameRows, copyOf, normal, poison } from "../support/values.ts";
import { matrix } from "../../lib/matrix.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { windowBands, windowMix, windowScores } from "../../lib/simd/windows.ts";

const SIZES = [[0, 0, 3], [1, 0, 4], [1, 3, 2], [7, 2, 5], [33, 0, 3], [65, 4, 7], [70, 100, 6], [100, 13, 0]] as const;

test("the plain kernels within 1e-6: no text, one token, a radius past both ends, bands that end early", () => {
  for (const [T, radius, d] of SIZES) {
    const [Q, K, V] = [normal(T, d, 1), normal(T, d, 2), normal(T, d, 3)];
    for (const edges of ["cut", "zero"] as const) {
      const title = `T ${T}, radius ${radius}, d ${d}, ${edges}`;
      const [K_w, V_w] = [unfoldWindow(K, radius, { edges }), unfoldWindow(V, radius, { edges })];
      const hidden = T > 5 ? [0, 5] : [];
      const S = windowScores(Q, K_w, radius, hidden);
      const expected = plain.windowScores(Q, K_w, radius, hidden);
      assertNear(S.data, expected.data, title, 10);
      const A = softmaxRows(expected);
      assertNear(windowMix(A, V_w, d).data, plain.windowMix(A, V_w, d).data, title);
    }
  }
});

test("windows that do not view one array are bands of their own, with the same results", () => {
  const [Q, K] = [normal(40, 3, 1), normal(40, 3, 2)];
  const views = unfoldWindow(K, 2);
  const apart = views.map((window, t) => (t % 7 === 3 ? copyOf(window) : window));
  assert.deepEqual(windowBands("x", views, 2, 3).map(({ from }) => from), [0, 32]);
  const bands = windowBands("x", apart, 2, 3).map(({ from }) => from);
  assert.deepEqual(bands, [0, 3, 4, 10, 11, 17, 18, 24, 25, 31, 32, 38, 39]);
  assertNear(windowScores(Q, apart, 2).data, windowScores(Q, views, 2).data, "scores");
  const A = softmaxRows(windowScores(Q, views, 2));
  assertNear(windowMix(A, apart, 3).data, windowMix(A, views, 3).data, "mix");
});

test("a NaN shows where it is seen, and changes no bit elsewhere: in a key, in a value of weight 0", () => {
  const [T, radius, j] = [50, 3, 20];
  const [Q, K, V] = [normal(T, 5, 1), normal(T, 5, 2), normal(T, 5, 3)];
  const blind = Array.from({ length: T }, (_, t) => t).filter((t) => Math.abs(t - j) > radius);
  const scores = (keys: Matrix, hidden: number[] = []) => windowScores(Q, unfoldWindow(keys, radius), radius, hidden);
  const S = scores(K, [j]);
  for (const value of [NaN, Infinity, -Infinity]) {
    assertSameRows(scores(poison(K, j, value)), scores(K), blind, "a key");
    assertSameBits(scores(poison(K, j, value), [j]), S, "a hidden key");
    const A = softmaxRows(S);
    const mixed = (values: Matrix): Matrix => windowMix(A, unfoldWindow(values, radius), 5);
    assertSameBits(mixed(poison(V, j, value)), mixed(V), "a value of weight 0");
    const sick = mixed(poison(V, 30, value));
    assert.ok(sick.data.subarray(30 * 5, 31 * 5).every((x) => !Number.isFinite(x)), "query 30 sees its value");
  }
});

test("the plain kernels' errors", () => {
  const windows = unfoldWindow(matrix(4, 3), 1);
  assert.throws(() => windowScores(matrix(5, 3), windows, 1), { name: "RangeError" });
  assert.throws(() => windowScores(matrix(4, 3), windows, 2), {
    name: "RangeError",
    message: /^windowScores: windows\[/,
  });
  assert.throws(() => windowMix(matrix(4, 2), windows, 3), {
    name: "RangeError",
    message: "windowMix: (A.cols − 1) / 2 must be an integer ≥ 0; got 0.5",
  });
});
