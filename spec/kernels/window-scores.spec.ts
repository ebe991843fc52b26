import assert from "node:assert/strict";
import test from "node:test";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { firstSlot, windowScores } from "../../lib/kernels/window-scores.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { dot } from "../naive.ts";
import { assertClose, assertSameBits, assertSameRows, copyOf, normal, poison, rowsOf } from "../support.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, t) => t);

test("S[t, m] = q_t · k_(t−r+m); −∞ where there is no key, 0 where zeros stand for one: every remainder of four, every end", () => {
  for (const T of [0, 1, 2, 3, 7, 13]) {
    for (const radius of [0, 1, 2, 5, 20]) {
      for (const d of [0, 1, 4, 9]) {
        const [Q, K] = [normal(T, d, 1), normal(T, d, 2)];
        const [q, k] = [rowsOf(Q), rowsOf(K)];
        for (const edges of ["cut", "zero"] as const) {
          const missing = edges === "cut" ? -Infinity : 0;
          const expected = upTo(T).map((t) => upTo(2 * radius + 1).map((m) => (k[t - radius + m] === undefined ? missing : dot(q[t]!, k[t - radius + m]!))));
          const S = windowScores(Q, unfoldWindow(K, radius, { edges }), radius);
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
  assertSameBits(windowScores(Q, unfoldWindow(K, 1), 1), fromRows([[-Infinity, 10, 20], [20, 40, 60], [60, 90, -Infinity]]));
  assertSameBits(windowScores(Q, unfoldWindow(K, 1, { edges: "zero" }), 1), fromRows([[0, 10, 20], [20, 40, 60], [60, 90, 0]]));
});

test("a hidden key scores −∞ in each window that has it, NaN or not, and in no other slot", () => {
  const [Q, K] = [normal(11, 3, 1), normal(11, 3, 2)];
  for (const radius of [0, 2, 30]) {
    for (const edges of ["cut", "zero"] as const) {
      const plain = rowsOf(windowScores(Q, unfoldWindow(K, radius, { edges }), radius));
      const hidden = [10, 0, 4];
      const expected = plain.map((row, t) => row.map((s, m) => (hidden.includes(t - radius + m) ? -Infinity : s)));
      const sick = hidden.reduce((M, j) => poison(M, j, NaN), K);
      assertSameBits(windowScores(Q, unfoldWindow(sick, radius, { edges }), radius, hidden), fromRows(expected));
    }
  }
});

test("as many scores as the formula has pairs: T(2r + 1) − r(r + 1)", () => {
  const pairs = (T: number, radius: number): number => {
    const ones = fromFunction(T, 1, () => 1);
    return windowScores(ones, unfoldWindow(ones, radius), radius).data.reduce((n, s) => n + (s === 1 ? 1 : 0), 0);
  };
  assert.equal(pairs(41, 5), 41 * 11 - 5 * 6);
  assert.equal(pairs(4096, 256), 2_035_456);
});

test("a NaN key shows in its own windows alone, a NaN query in its own row; inputs stay as they were", () => {
  const [Q, K] = [normal(11, 5, 1), normal(11, 5, 2)];
  const before = [Q, K].map(copyOf);
  const clean = windowScores(Q, unfoldWindow(K, 2), 2);
  for (const j of upTo(11)) {
    assertSameRows(windowScores(Q, unfoldWindow(poison(K, j, NaN), 2), 2), clean, upTo(11).filter((t) => Math.abs(t - j) > 2), `key ${j}`);
    assertSameRows(windowScores(poison(Q, j, NaN), unfoldWindow(K, 2), 2), clean, upTo(11).filter((t) => t !== j), `query ${j}`);
  }
  [Q, K].forEach((M, e) => assertSameBits(M, before[e]!));
});

test("firstSlot: where a cut window begins", () => {
  const windows = unfoldWindow(matrix(7, 3), 2);
  assert.deepEqual(upTo(7).map((t) => firstSlot("here", windows, t, 2, 3)), [2, 1, 0, 0, 0, 0, 0]);
  assert.deepEqual(upTo(7).map((t) => firstSlot("here", unfoldWindow(matrix(7, 3), 2, { edges: "zero" }), t, 2, 3)), [0, 0, 0, 0, 0, 0, 0]);
});

test("errors name the argument and what was got", () => {
  const windows = unfoldWindow(matrix(7, 3), 2);
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void => assert.throws(run, { name, message });
  raises(() => windowScores(matrix(6, 3), windows, 2), "RangeError", "windowScores: Q must be (7, any); got (6, 3)");
  raises(() => windowScores(matrix(7, 4), windows, 2), "RangeError", "windowScores: windows[0] must be (any, 4); got (3, 3)");
  raises(() => windowScores(matrix(7, 3), windows, 1), "RangeError", "windowScores: windows[1] must be (3, 3); got (4, 3)");
  raises(() => windowScores(matrix(7, 3), windows, 3), "RangeError", "windowScores: windows[0] must be (4, 3); got (3, 3)");
  raises(() => windowScores(matrix(7, 3), windows, -1), "RangeError", "windowScores: radius must be an integer ≥ 0; got -1");
  raises(() => windowScores(matrix(7, 3), windows, 2, [7]), "RangeError", "windowScores: a hidden key must be an integer in [0, 6]; got 7");
  raises(() => windowScores(matrix(1, 3), [null as never], 2), "TypeError", "windowScores: windows[0] must be a Matrix { rows, cols, data }; got null");
});
