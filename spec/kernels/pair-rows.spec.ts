import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, normal, rowsOf } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { pairRows, pairRowsGradient } from "../../lib/kernels/pair-rows.ts";

test("every query with every key, the query first, queries outermost", () => {
  assertSameBits(
    pairRows(
      fromRows([[1], [2]]),
      fromRows([
        [7, 8],
        [9, 0],
        [5, 6],
      ]),
    ),
    fromRows([
      [1, 7, 8],
      [1, 9, 0],
      [1, 5, 6],
      [2, 7, 8],
      [2, 9, 0],
      [2, 5, 6],
    ]),
  );
  const [Q, K] = [normal(3, 2, 1), normal(5, 4, 2)];
  assertSameBits(
    pairRows(Q, K),
    fromRows(rowsOf(Q).flatMap((q) => rowsOf(K).map((k) => [...q, ...k]))),
  );
});

test("empty sides", () => {
  assertSameBits(pairRows(matrix(0, 2), matrix(3, 4)), matrix(0, 6));
  assertSameBits(pairRows(matrix(3, 2), matrix(0, 4)), matrix(0, 6));
  assertSameBits(pairRows(matrix(2, 0), fromRows([[1], [2]])), fromRows([[1], [2], [1], [2]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => pairRows(matrix(1, 1), {} as never), {
    name: "TypeError",
    message: "pairRows: K.rows must be a number; got undefined",
  });
});

test("backwards, by hand: a query gets the sum over its keys, a key the sum over its queries", () => {
  const dC = fromRows([[1, 10, 100], [2, 20, 200], [3, 30, 300], [4, 40, 400], [5, 50, 500], [6, 60, 600]]);
  const { dQ, dK } = pairRowsGradient(dC, { n_q: 2, n_k: 3, d_q: 1 });
  assert.deepEqual(rowsOf(dQ), [[6], [15]]);
  assert.deepEqual(rowsOf(dK), [[50, 500], [70, 700], [90, 900]]);
});

test("backwards it is the transpose: Σ C ∘ dC = Σ Q ∘ dQ + Σ K ∘ dK; empty sides give zeros", () => {
  const total = (A: number[][], B: number[][]): number => A.flat().reduce((sum, x, e) => sum + x * B.flat()[e]!, 0);
  const [Q, K, dC] = [normal(3, 2, 1), normal(5, 4, 2), normal(15, 6, 3)];
  const { dQ, dK } = pairRowsGradient(dC, { n_q: 3, n_k: 5, d_q: 2 });
  const forward = total(rowsOf(pairRows(Q, K)), rowsOf(dC));
  assert.ok(
    Math.abs(forward - total(rowsOf(Q), rowsOf(dQ)) - total(rowsOf(K), rowsOf(dK))) < 1e-5,
    "transpose",
  );
  const none = pairRowsGradient(matrix(0, 5), { n_q: 2, n_k: 0, d_q: 2 });
  assertSameBits(none.dQ, matrix(2, 2));
  assertSameBits(none.dK, matrix(0, 3));
  assert.throws(() => pairRowsGradient(dC, { n_q: 4, n_k: 5, d_q: 2 }), {
    message: "pairRowsGradient: dC must be (20, any); got (15, 6)",
  });
  assert.throws(() => pairRowsGradient(dC, { n_q: 3, n_k: 5, d_q: 7 }), {
    message: "pairRowsGradient: d_q must be an integer in [0, 6]; got 7",
  });
});
