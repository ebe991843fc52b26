import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { assertSameBits, assertSameRows, at, normal, poison } from "../support/values.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, identity, matrix } from "../../lib/matrix.ts";
import { mix, mixRow, textbookMix } from "../../lib/kernels/mix.ts";

type Sees = (i: number, j: number) => boolean;
const PATTERNS: Record<string, Sees> = {
  "every key": () => true,
  "the past": (i, j) => j <= i,
  "the strict past, so the first row nothing": (i, j) => j < i,
  "a window": (i, j) => Math.abs(i - j) <= 1,
  "no key": () => false,
  "every second key": (i, j) => (i + j) % 2 === 0,
};

/** Weights of either sign, and 0 where a key is not seen. */
function weights(n: number, m: number, sees: Sees): Matrix {
  const A = normal(n, m, 10 * n + m);
  return fromFunction(n, m, (i, j) => (sees(i, j) ? at(A, i, j) : 0));
}

/** The definition: a sum in doubles over the keys with a weight, ascending, rounded once. */
function defined(A: Matrix, V: Matrix): Matrix {
  return fromFunction(A.rows, V.cols, (i, c) => {
    let sum = 0;
    for (let j = 0; j < A.cols; j++) if (at(A, i, j) !== 0) sum += at(A, i, j) * at(V, j, c);
    return sum;
  });
}

test("the definition to the bit, over patterns, few rows and many, and every remainder of eight " +
  "columns", () => {
  for (const [pattern, sees] of Object.entries(PATTERNS)) {
    for (const [n, m] of [
      [1, 1],
      [1, 6],
      [4, 3],
      [5, 4],
      [6, 7],
      [13, 11],
    ] as const) {
      for (const d of [1, 2, 7, 8, 9, 17]) {
        const A = weights(n, m, sees);
        const V = normal(m, d, d);
        const before = [A.data.slice(), V.data.slice()];
        const shape = `${pattern}, (${n}, ${m}) by (${m}, ${d})`;
        assertSameBits(mix(A, V), defined(A, V), shape);
        assertSameBits(textbookMix(A, V), defined(A, V), `the textbook's loop: ${shape}`);
        assert.deepEqual([A.data, V.data], before, "nothing is written to");
      }
    }
  }
});

test("no queries, no keys, no features", () => {
  assertSameBits(mix(matrix(0, 3), matrix(3, 2)), matrix(0, 2));
  assertSameBits(mix(matrix(6, 0), matrix(0, 2)), matrix(6, 2)); // zeros
  assertSameBits(mix(normal(6, 3, 1), matrix(3, 0)), matrix(6, 0));
});

test("blindness: a value reaches the queries that weigh it, and no other by one bit, whatever it is", () => {
  const n = 9;
  const V = normal(n, 10, 1);
  for (const [pattern, sees] of Object.entries(PATTERNS)) {
    const A = weights(n, n, sees);
    const clean = mix(A, V);
    for (let j = 0; j < n; j++) {
      for (const value of [NaN, Infinity, -Infinity]) {
        const got = mix(A, poison(V, j, value));
        const blind = Array.from({ length: n }, (_, i) => i).filter((i) => !sees(i, j));
        assertSameRows(got, clean, blind, `${pattern}, key ${j} is ${value}`);
        for (let i = 0; i < n; i++) {
          if (sees(i, j)) {
            for (let c = 0; c < 10; c++) {
              assert.ok(!Number.isFinite(at(got, i, c)), `${pattern}: query ${i} weighs key ${j}`);
            }
          }
        }
      }
    }
  }
});

test("−0 is a weight of 0; a NaN is a weight, and makes its own row NaN", () => {
  const V = fromRows([
    [NaN, NaN],
    [1, 2],
  ]);
  assertSameBits(
    mix(
      fromRows([
        [-0, 1],
        [0, 3],
      ]),
      V,
    ),
    fromRows([
      [1, 2],
      [3, 6],
    ]),
  );
  const A = normal(6, 2, 1);
  const W = normal(2, 3, 2);
  const got = mix(poison(A, 4, NaN), W);
  assertSameRows(got, mix(A, W), [0, 1, 2, 3, 5]);
  assertSameRows(got, fromRows(Array.from({ length: 6 }, () => [NaN, NaN, NaN])), [4]);
});

test("many rows without a 0 give what each gives alone, and what they give beside a hidden key, to the " +
  "bit", () => {
  const [A, V] = [normal(7, 5, 1), normal(5, 9, 2)];
  const whole = mix(A, V);
  assertSameBits(
    concatRows(Array.from({ length: 7 }, (_, i) => mix(sliceRows(A, i, i + 1), V))),
    whole,
  );
  assertSameBits(
    mix(concatColumns([A, matrix(7, 1)]), concatRows([V, poison(matrix(1, 9), 0, NaN)])),
    whole,
  );
});

test("by hand, and a one-hot row takes its value whole", () => {
  // ¼·(4, 8) + ¾·(8, 0) = (7, 2)
  assertSameBits(
    mix(
      fromRows([[0.25, 0.75]]),
      fromRows([
        [4, 8],
        [8, 0],
      ]),
    ),
    fromRows([[7, 2]]),
  );
  // 2²⁴ + 1 + 1: float32 sums would lose the ones
  assertSameBits(
    mix(fromRows([[1, 1, 1]]), fromRows([[16777216], [1], [1]])),
    fromRows([[16777218]]),
  );
  const V = normal(6, 10, 1);
  assertSameBits(mix(identity(6), V), V);
});

test("errors say who, what and why", () => {
  assert.throws(() => mix(matrix(2, 3), matrix(4, 5)), {
    name: "RangeError",
    message: "mix: V must be (3, any); got (4, 5)",
  });
  assert.throws(() => mix([[1]] as never, matrix(1, 1)), {
    name: "TypeError",
    message: "mix: A must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  });
});

test("one row: the weighted sum to the bit, every remainder of eight columns, from any place, and nothing " +
  "else is touched", () => {
  for (const n of [0, 1, 2, 5]) {
    for (const d of [0, 1, 2, 7, 8, 9, 17]) {
      for (const [o, start] of [
        [0, 0],
        [d, 3],
        [2 * d, 1],
      ] as const) {
        const [a, v] = [normal(1, 11, n + 1).data, normal(n, d, d + 1).data];
        if (n > 1) a[start + 1] = 0;
        const out = normal(4, d, 3).data;
        const before = [a.slice(), v.slice()];
        const expected = out.slice();
        expected.set(textbookMix(matrix(1, n, a.slice(start, start + n)), matrix(n, d, v)).data, o);
        mixRow(out, o, d, a, start, n, v, new Int32Array(n));
        assertSameBits(
          matrix(4, d, out),
          matrix(4, d, expected),
          `${n} weights from ${start} on, ${d} columns from ${o} on`,
        );
        assert.deepEqual([a, v], before, "nothing else is written to");
      }
    }
  }
});

test("by hand: 2·10 + 3·30 in place of what was there, and a row of weight 0 is not read", () => {
  const out = Float32Array.of(1);
  mixRow(out, 0, 1, Float32Array.of(2, 0, 3), 0, 3, Float32Array.of(10, NaN, 30), new Int32Array(3));
  assert.deepEqual(out, Float32Array.of(110));
  // −0 is no weight either, NaN is one, whatever it meets
  const sick = new Float32Array(2);
  mixRow(sick, 0, 1, Float32Array.of(-0), 0, 1, Float32Array.of(Infinity), new Int32Array(1));
  mixRow(sick, 1, 1, Float32Array.of(NaN), 0, 1, Float32Array.of(0), new Int32Array(1));
  assertSameBits(matrix(1, 2, sick), fromRows([[0, NaN]]));
});

test("the textbook's loop: nothing to mix, NaN as a weight, NaN behind a weight of 0, and its errors", () => {
  assertSameBits(textbookMix(matrix(0, 3), matrix(3, 2)), matrix(0, 2));
  assertSameBits(textbookMix(matrix(6, 0), matrix(0, 2)), matrix(6, 2)); // zeros
  assertSameBits(textbookMix(fromRows([[-0, 1]]), fromRows([[NaN], [3]])), fromRows([[3]]));
  assertSameBits(textbookMix(fromRows([[NaN, 1]]), fromRows([[0], [3]])), fromRows([[NaN]]));
  assert.throws(() => textbookMix(matrix(2, 3), matrix(4, 5)), {
    name: "RangeError",
    message: "textbookMix: V must be (3, any); got (4, 5)",
  });
});
