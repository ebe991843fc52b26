import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertSameBits, assertSameRows, copyOf, normal, poison } from "../support/values.ts";
import { rowsOf } from "../support/values.ts";
import { dot } from "../oracle/naive.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { mix } from "../../lib/kernels/mix.ts";
import { textbookWindowMix, textbookWindowScores } from "../../lib/kernels/windows.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { windowMix, windowScores } from "../../lib/kernels/windows.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, t) => t);

test("S[t, m] = q_t · k_(t−r+m); −∞ where there is no key, 0 where zeros stand for one: every remainder " +
  "of four, every end", () => {
  for (const T of [0, 1, 2, 3, 7, 13]) {
    for (const radius of [0, 1, 2, 5, 20]) {
      for (const d of [0, 1, 4, 9]) {
        const [Q, K] = [normal(T, d, 1), normal(T, d, 2)];
        const [q, k] = [rowsOf(Q), rowsOf(K)];
        for (const edges of ["cut", "zero"] as const) {
          const missing = edges === "cut" ? -Infinity : 0;
          const expected = upTo(T).map((t) =>
            upTo(2 * radius + 1).map((m) =>
              k[t - radius + m] === undefined ? missing : dot(q[t]!, k[t - radius + m]!),
            ),
          );
          const windows = unfoldWindow(K, radius, { edges });
          const S = windowScores(Q, windows, radius);
          assertSameBits(S, textbookWindowScores(Q, windows, radius), "the textbook's loop");
          if (T > 0) assertClose(S, expected, 1e-6, `T ${T}, radius ${radius}, d ${d}, ${edges}`);
          assert.deepEqual([S.rows, S.cols], [T, 2 * radius + 1]);
        }
      }
    }
  }
});

test("by hand: radius 1, three keys", () => {
  // Q = [1, 2, 3], K = [10, 20, 30]: [none, 1·10, 1·20], [2·10, 2·20, 2·30], [3·20, 3·30, none]
  const [Q, K] = [fromRows([[1], [2], [3]]), fromRows([[10], [20], [30]])];
  assertSameBits(
    windowScores(Q, unfoldWindow(K, 1), 1),
    fromRows([
      [-Infinity, 10, 20],
      [20, 40, 60],
      [60, 90, -Infinity],
    ]),
  );
  assertSameBits(
    windowScores(Q, unfoldWindow(K, 1, { edges: "zero" }), 1),
    fromRows([
      [0, 10, 20],
      [20, 40, 60],
      [60, 90, 0],
    ]),
  );
});

test("a hidden key scores −∞ in each window that has it, NaN or not, and in no other slot", () => {
  const [Q, K] = [normal(11, 3, 1), normal(11, 3, 2)];
  for (const radius of [0, 2, 30]) {
    for (const edges of ["cut", "zero"] as const) {
      const plain = rowsOf(windowScores(Q, unfoldWindow(K, radius, { edges }), radius));
      const hidden = [10, 0, 4];
      const expected = plain.map((row, t) =>
        row.map((s, m) => (hidden.includes(t - radius + m) ? -Infinity : s)),
      );
      const sick = hidden.reduce((M, j) => poison(M, j, NaN), K);
      const windows = unfoldWindow(sick, radius, { edges });
      assertSameBits(windowScores(Q, windows, radius, hidden), fromRows(expected));
      assertSameBits(textbookWindowScores(Q, windows, radius, hidden), fromRows(expected));
    }
  }
});

test("as many scores as the formula has pairs: T(2r + 1) − r(r + 1)", () => {
  const pairs = (T: number, radius: number): number => {
    const ones = fromFunction(T, 1, () => 1);
    return windowScores(ones, unfoldWindow(ones, radius), radius).data.reduce(
      (n, s) => n + (s === 1 ? 1 : 0),
      0,
    );
  };
  assert.equal(pairs(41, 5), 41 * 11 - 5 * 6);
  assert.equal(pairs(4096, 256), 2_035_456);
});

test("a NaN key shows in its own windows alone, a NaN query in its own row; inputs stay as they were", () => {
  const [Q, K] = [normal(11, 5, 1), normal(11, 5, 2)];
  const before = [Q, K].map(copyOf);
  const clean = windowScores(Q, unfoldWindow(K, 2), 2);
  for (const j of upTo(11)) {
    assertSameRows(
      windowScores(Q, unfoldWindow(poison(K, j, NaN), 2), 2),
      clean,
      upTo(11).filter((t) => Math.abs(t - j) > 2),
      `key ${j}`,
    );
    assertSameRows(
      windowScores(poison(Q, j, NaN), unfoldWindow(K, 2), 2),
      clean,
      upTo(11).filter((t) => t !== j),
      `query ${j}`,
    );
  }
  [Q, K].forEach((M, e) => assertSameBits(M, before[e]!));
});

test("a cut window's first key stands in slot r − t, a whole window's in slot 0", () => {
  const ones = fromFunction(7, 1, () => 1);
  const firstKey = (edges: "cut" | "zero"): number[] => {
    const S = windowScores(ones, unfoldWindow(ones, 2, { edges }), 2);
    return rowsOf(S).map((row) => row.findIndex(Number.isFinite));
  };
  assert.deepEqual(firstKey("cut"), [2, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual(firstKey("zero"), [0, 0, 0, 0, 0, 0, 0]);
});

test("errors name the argument and what was got", () => {
  const windows = unfoldWindow(matrix(7, 3), 2);
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
    assert.throws(run, { name, message });
  raises(
    () => windowScores(matrix(6, 3), windows, 2),
    "RangeError",
    "windowScores: Q must be (7, any); got (6, 3)",
  );
  raises(
    () => windowScores(matrix(7, 4), windows, 2),
    "RangeError",
    "windowScores: windows[0] must be (any, 4); got (3, 3)",
  );
  raises(
    () => windowScores(matrix(7, 3), windows, 1),
    "RangeError",
    "windowScores: windows[1] must be (3, 3); got (4, 3)",
  );
  raises(
    () => windowScores(matrix(7, 3), windows, 3),
    "RangeError",
    "windowScores: windows[0] must be (4, 3); got (3, 3)",
  );
  raises(
    () => windowScores(matrix(7, 3), windows, -1),
    "RangeError",
    "windowScores: radius must be an integer ≥ 0; got -1",
  );
  raises(
    () => windowScores(matrix(7, 3), windows, 2, [7]),
    "RangeError",
    "windowScores: a hidden key must be an integer in [0, 6]; got 7",
  );
  raises(
    () => windowScores(matrix(1, 3), [null as never], 2),
    "TypeError",
    "windowScores: windows[0] must be a Matrix { rows, cols, data }; got null",
  );
});

test("O[t] = Σ_m A[t, m] v_(t−r+m) over the keys that exist: every remainder of eight columns, " +
  "every end", () => {
  for (const T of [0, 1, 2, 7, 13]) {
    for (const radius of [0, 1, 2, 20]) {
      for (const d of [0, 1, 3, 7, 8, 9, 17]) {
        const A = normal(T, 2 * radius + 1, 1);
        for (let e = 0; e < A.data.length; e += 3) A.data[e] = 0;
        const V = normal(T, d, 2);
        const [a, v] = [A, V].map(rowsOf) as [number[][], number[][]];
        const expected = upTo(T).map((t) =>
          upTo(d).map((c) => a[t]!.reduce((sum, w, m) => sum + w * (v[t - radius + m]?.[c] ?? 0), 0)),
        );
        for (const edges of ["cut", "zero"] as const) {
          const windows = unfoldWindow(V, radius, { edges });
          const O = windowMix(A, windows, d);
          assertSameBits(O, textbookWindowMix(A, windows, d), "the textbook's loop");
          if (T > 0) assertClose(O, expected, 1e-6, `T ${T}, radius ${radius}, d ${d}, ${edges}`);
          assert.deepEqual([O.rows, O.cols], [T, d]);
        }
      }
    }
  }
});

test("by hand: radius 1, three values; the same as mix of the band as a full matrix", () => {
  // slot m of query t is value t − 1 + m. Row 0: [5 (no value), 1, 2] · [–, 10, 20] = 50; row 1: [1, 0, 3] ·
  // [10, 20, 30] = 100; row 2: [4, 5] · [20, 30] = 230
  const A = fromRows([
    [5, 1, 2],
    [1, 0, 3],
    [4, 5, 7],
  ]);
  const windows = unfoldWindow(fromRows([[10], [20], [30]]), 1);
  assertSameBits(windowMix(A, windows, 1), fromRows([[50], [100], [230]]));
  const band = normal(13, 7, 1);
  const full = fromFunction(13, 13, (t, j) => (Math.abs(t - j) <= 3 ? rowsOf(band)[t]![j - t + 3]! : 0));
  assertClose(
    windowMix(band, unfoldWindow(normal(13, 5, 2), 3), 5),
    mix(full, normal(13, 5, 2)),
    1e-6,
  );
});

test("a value of weight 0 or outside the window is not read, nor is a weight without a value", () => {
  const V = normal(11, 6, 2);
  const before = copyOf(V);
  const A = fromFunction(11, 5, (_t, m) => (m === 1 ? 0 : 0.25));
  const clean = windowMix(A, unfoldWindow(V, 2), 6);
  for (const value of [NaN, Infinity]) {
    for (const j of upTo(11)) {
      // slot 1 of query t is key t − 1
      const blind = upTo(11).filter((t) => Math.abs(t - j) > 2 || t - 2 + 1 === j);
      const windows = unfoldWindow(poison(V, j, value), 2);
      assertSameRows(windowMix(A, windows, 6), clean, blind, `value ${j}`);
      assertSameBits(
        windowMix(A, windows, 6),
        textbookWindowMix(A, windows, 6),
        "the textbook's loop",
      );
    }
  }
  const outside = copyOf(A);
  // slots before key 0 and after key 10
  for (const e of [0, 1, 5, 54]) outside.data[e] = NaN;
  assertSameBits(windowMix(outside, unfoldWindow(V, 2), 6), clean);
  const sick = unfoldWindow(poison(V, 4, NaN), 2);
  assert.ok(rowsOf(windowMix(A, sick, 6))[4]!.every(Number.isNaN), "what has weight shows");
  assertSameBits(windowMix(matrix(11, 5), sick, 6), matrix(11, 6), "no weights: zeros");
  assertSameBits(V, before);
});

test("errors name the argument and what was got", () => {
  const windows = unfoldWindow(matrix(7, 3), 2);
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(() => windowMix(matrix(6, 5), windows, 3), "windowMix: A must be (7, any); got (6, 5)");
  raises(() => windowMix(matrix(7, 5), windows, -1), "windowMix: d must be an integer ≥ 0; got -1");
  raises(
    () => windowMix(matrix(7, 4), windows, 3),
    "windowMix: (A.cols − 1) / 2 must be an integer ≥ 0; got 1.5",
  );
  raises(
    () => windowMix(matrix(7, 0), windows, 3),
    "windowMix: (A.cols − 1) / 2 must be an integer ≥ 0; got -0.5",
  );
  raises(
    () => windowMix(matrix(7, 7), windows, 3),
    "windowMix: windows[0] must be (4, 3); got (3, 3)",
  );
  raises(
    () => windowMix(matrix(7, 5), windows, 4),
    "windowMix: windows[0] must be (any, 4); got (3, 3)",
  );
  raises(
    () => textbookWindowMix(matrix(7, 7), windows, 3),
    "textbookWindowMix: windows[0] must be (4, 3); got (3, 3)",
  );
  raises(
    () => textbookWindowScores(matrix(7, 3), windows, 1),
    "textbookWindowScores: windows[1] must be (3, 3); got (4, 3)",
  );
});
