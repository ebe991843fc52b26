import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { ScoreFunction } from "./score-functions.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal, poison } from "./values.ts";
import { rowsOf, tolerance } from "./values.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";

/** Numbers of queries and keys, and the width of a value: nothing, one, primes, and no width at all. */
export const EDGES: readonly (readonly [n_q: number, n_k: number, d_v: number])[] = [
  [0, 0, 2],
  [0, 3, 2],
  [3, 0, 2],
  [1, 1, 1],
  [1, 7, 2],
  [5, 1, 3],
  [2, 3, 0],
  [7, 11, 4],
  [13, 17, 9],
  [3, 37, 8],
];

/** Throws the error of this kind with this message. */
export function refuses(
  kind: "RangeError" | "TypeError",
  run: () => unknown,
  message: string | RegExp,
): void {
  assert.throws(run, { name: kind, message });
}

/**
 * What the specs of `DotProductAttention`, `BilinearAttention`, `AdditiveAttention` and `ConcatAttention`
 * have in common.
 */
export function specifyMechanism(kinds: readonly ScoreFunction[]): void {
  for (const [number, { name, d_q, d_k, attention, f }] of kinds.entries()) {
    const title = `${name} ${d_q} × ${d_k}`;
    const inputs = (n_q: number, n_k: number, d_v: number): [Q: Matrix, K: Matrix, V: Matrix] => [
      normal(n_q, d_q, 10 + number),
      normal(n_k, d_k, 20 + number),
      normal(n_k, d_v, 30 + number),
    ];

    test(`${title}: equals the definition over the grid, with and without allow and bias`, () => {
      for (const [n_q, n_k, d_v] of EDGES) {
        const [Q, K, V] = inputs(n_q, n_k, d_v);
        const bias = normal(n_q, n_k, 40);
        for (const allow of [
          undefined,
          (i: number, j: number) => j <= i,
          (i: number, j: number) => (i + 2 * j) % 3 === 1,
          () => false,
        ]) {
          for (const b of [undefined, bias]) {
            const got = attention.forward(Q, K, V, { allow, bias: b });
            const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
              score: f,
              ...(allow && { allow }),
              ...(b && { bias: rowsOf(b) }),
            });
            const limit = tolerance(expected.largestScore);
            if (n_k > 0) assertClose(got.output, expected.output, limit, `${n_q} × ${n_k}: output`);
            else assertSameBits(got.output, matrix(n_q, d_v), "no keys: zeros");
            assert.deepEqual(
              [got.output.rows, got.output.cols, got.weights.rows, got.weights.cols],
              [n_q, d_v, n_q, n_k],
            );
            assertClose(got.weights, expected.weights, limit, `${n_q} × ${n_k}: weights`);
            assertRowSums(
              got.weights,
              expected.weights.flatMap((row, i) => (row.some((a) => a > 0) ? [] : [i])),
            );
          }
        }
      }
    });

    test(`${title}: score is F, before any normalising`, () => {
      const [Q, K] = inputs(7, 11, 4);
      const expected = rowsOf(Q).map((q) => rowsOf(K).map((k) => f(q, k)));
      assertClose(attention.score(Q, K), expected, tolerance(1), "scores");
    });

    test(`${title}: is blind to what it may not see, and to other queries`, () => {
      const [Q, K, V] = inputs(7, 11, 4);
      const allow = (i: number, j: number): boolean => j !== 3 && (i !== 2 || j === 5);
      const clean = attention.forward(Q, K, V, { allow });
      const hidden = attention.forward(Q, poison(K, 3, NaN), poison(V, 3, NaN), { allow });
      assertSameBits(hidden.output, clean.output, "a hidden key and value of NaN");
      assertSameBits(hidden.weights, clean.weights, "weights");
      const bias = poison(normal(7, 11, 40), 2, NaN);
      const others = [0, 1, 3, 4, 5, 6];
      assertSameRows(
        attention.forward(poison(Q, 2, NaN), K, V, { allow }).output,
        clean.output,
        others,
        "a query of NaN",
      );
      const biased = attention.forward(Q, K, V, { bias });
      assertSameRows(
        biased.output,
        attention.forward(Q, K, V, { bias: poison(bias, 2, 0) }).output,
        others,
        "a bias of NaN",
      );
      assert.ok(rowsOf(biased.output)[2]!.every(Number.isNaN), "an allowed NaN shows in its own row");
      const row2 = attention.forward(Q, poison(K, 0, NaN), poison(V, 0, NaN), { allow });
      assertSameRows(row2.output, clean.output, [2], "row 2 sees key 5 only");
      assert.ok(rowsOf(row2.output)[0]!.every(Number.isNaN), "row 0 sees the NaN of key 0");
    });

    test(`${title}: leaves its inputs alone`, () => {
      const [Q, K, V] = inputs(5, 7, 3);
      const before = [Q, K, V].map((M) => M.data.slice());
      attention.forward(Q, K, V, { allow: (i, j) => j <= i });
      assert.deepEqual(
        [Q, K, V].map((M) => M.data),
        before,
      );
    });
  }
}
