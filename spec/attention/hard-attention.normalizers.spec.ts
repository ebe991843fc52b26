import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { Attention } from "../../lib/attention/attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { assertClose, assertRowSums, assertSameBits, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAttention, naiveSoftmax } from "../oracle/naive.ts";
import { refuses } from "../support/mechanism.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { softmaxAt } from "../../lib/attention/hard-attention.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";

const dotScore = new DotProductAttention().score;
const inputs = () => [normal(7, 5, 1), normal(11, 5, 2), normal(11, 3, 3)] as const;

test("temperature τ equals the definition, softmax(S / τ), from 0.01 to 100", () => {
  const [Q, K, V] = inputs();
  for (const tau of [0.01, 0.1, 0.5, 1, 2, 10, 100]) {
    for (const allow of [undefined, (i: number, j: number) => j <= i]) {
      const got = new Attention({ score: dotScore, normalize: softmaxAt(tau) }).forward(Q, K, V, { allow });
      const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
        scale: 1 / tau,
        ...(allow && { allow }),
      });
      assertClose(got.weights, expected.weights, tolerance(expected.largestScore), `τ = ${tau}`);
      assertClose(got.output, expected.output, tolerance(expected.largestScore), `τ = ${tau}`);
      assertRowSums(got.weights);
    }
  }
});

test("temperature 1 is softmax", () => {
  const S = scale(normal(7, 11, 1), 3);
  // scores up to 10, measured from the row's largest: up to 20
  assertClose(softmaxAt(1)(S), softmaxRows(S), tolerance(20));
});

test("towards τ = 0 it is argmax where the best key is unique, and tied keys share", () => {
  const S = normal(7, 11, 1);
  for (const tau of [1e-4, 1e-30, 1e-300]) assertSameBits(softmaxAt(tau)(S), argmaxRows(S), `τ = ${tau}`);
  const ties = fromRows([
    [2, 5, 5, 1],
    [7, 7, 7, 0],
    [4, 4, 4, 4],
  ]);
  const shares = fromRows([
    [0, 1 / 2, 1 / 2, 0],
    [1 / 3, 1 / 3, 1 / 3, 0],
    [1 / 4, 1 / 4, 1 / 4, 1 / 4],
  ]);
  for (const tau of [1e-2, 1e-30]) assertSameBits(softmaxAt(tau)(ties), shares);
});

test("towards τ = ∞ it is uniform over what may be seen", () => {
  const S = normal(3, 7, 1);
  const uniform = fromFunction(3, 7, () => 1 / 7);
  for (const [tau, limit] of [
    [1e3, 2e-3],
    [1e6, 2e-6],
    [1e300, 0],
  ] as const)
    assertClose(softmaxAt(tau)(S), uniform, limit, `τ = ${tau}`);
  assertSameBits(
    softmaxAt(1e300)(
      fromRows([
        [-3, -Infinity, 8],
        [-Infinity, -Infinity, -Infinity],
      ]),
    ),
    fromRows([
      [0.5, 0, 0.5],
      [0, 0, 0],
    ]),
  );
});

test("no temperature overflows: the largest float32 scores", () => {
  const S = fromRows([
    [3.4e38, 3.3e38, -3.4e38],
    [-3.4e38, -3.4e38, -3.3e38],
  ]);
  for (const tau of [1e-300, 1, 1e30]) {
    assertSameBits(
      softmaxAt(tau)(S),
      fromRows([
        [1, 0, 0],
        [0, 0, 1],
      ]),
    );
  }
  assertClose(
    softmaxAt(1e38)(S),
    [
      [3.4, 3.3, -3.4],
      [-3.4, -3.4, -3.3],
    ].map(naiveSoftmax),
    2e-6,
  );
});

test("a colder row is never less certain: its largest weight grows as τ falls", () => {
  const S = normal(5, 7, 1);
  const largest = (tau: number): number[] => rowsOf(softmaxAt(tau)(S)).map((row) => Math.max(...row));
  const taus = [10, 3, 1, 0.3, 0.1, 0.03];
  taus
    .slice(1)
    .forEach((tau, n) =>
      largest(tau).forEach((x, i) => assert.ok(x >= largest(taus[n]!)[i]!, `τ = ${tau}, row ${i}: ${x}`)),
    );
});

test("softmaxAt says what is wrong with a temperature", () => {
  for (const tau of [0, -1, NaN, Infinity]) {
    refuses(
      "RangeError",
      () => softmaxAt(tau),
      `softmaxAt: temperature must be a finite number > 0; got ${tau}`,
    );
  }
  refuses(
    "TypeError",
    () => softmaxAt("1" as never),
    'softmaxAt: temperature must be a number; got "1"',
  );
});

/** Sparsemax solved another way: halve the interval that holds τ until Σ max(0, s − τ) = 1. */
function projectedByBisection(scores: number[]): number[] {
  const seen = scores.filter((s) => s !== -Infinity);
  if (seen.length === 0) return scores.map(() => 0);
  let [low, high] = [Math.max(...seen) - 1, Math.max(...seen)];
  for (let step = 0; step < 60; step++) {
    const tau = (low + high) / 2;
    if (seen.reduce((sum, s) => sum + Math.max(0, s - tau), 0) > 1) low = tau;
    else high = tau;
  }
  return scores.map((s) => Math.max(0, s - high));
}

test("sparsemax attention: rows sum to 1, hold exact zeros, and are the nearest such rows to the " +
  "scores", () => {
  const [Q, K, V] = inputs();
  // close enough for several keys to share a row
  const score = (A: Matrix, B: Matrix): Matrix => scale(dotScore(A, B), 0.3);
  for (const allow of [undefined, (i: number, j: number) => j < i]) {
    const got = new Attention({ score, normalize: sparsemaxRows }).forward(Q, K, V, { allow });
    const scores = rowsOf(Q).map((_, i) =>
      rowsOf(K).map((_, j) => (allow === undefined || allow(i, j) ? rowsOf(score(Q, K))[i]![j]! : -Infinity)),
    );
    assertClose(got.weights, scores.map(projectedByBisection), tolerance(1), "bisection");
    assertRowSums(got.weights, allow === undefined ? [] : [0]);
    assert.ok(
      got.weights.data.some((a) => a === 0) &&
        rowsOf(got.weights).some((row) => row.filter((a) => a > 0).length > 1),
      "zeros, and a row of several keys",
    );
    // Nearest: no other weights are closer to the scores, here the corners, the middle, and softmax's.
    const distance = (p: number[], s: number[]): number => p.reduce((sum, x, j) => sum + (x - s[j]!) ** 2, 0);
    if (allow === undefined) {
      scores.forEach((s, i) => {
        const nearest = distance(rowsOf(got.weights)[i]!, s);
        const corners = s.map((_, j) => s.map((_, k) => (j === k ? 1 : 0)));
        for (const p of [...corners, s.map(() => 1 / 11), naiveSoftmax(s)]) {
          assert.ok(
            nearest <= distance(p, s) + 1e-6,
            `row ${i}: ${nearest} from the scores, [${p}] ${distance(p, s)}`,
          );
        }
      });
    }
  }
});

test("sparsemax by hand, and hard attention once the best key leads by 1", () => {
  // 1.0 and 0.6: τ = (1.6 − 1)/2 = 0.3, and −0.2 is below it: weights 0.7, 0.3, 0.
  // Values 10, 20, NaN: 7 + 6 = 13; the third is not read.
  const one = fromRows([[1]]);
  const sparse = new Attention({ score: dotScore, normalize: sparsemaxRows });
  const { output, weights } = sparse.forward(
    one,
    fromRows([[1], [0.6], [-0.2]]),
    fromRows([[10], [20], [NaN]]),
  );
  assertClose(weights, [[0.7, 0.3, 0]], 1e-7);
  assertClose(output, [[13]], 1e-7);
  const apart = fromRows([
    [2, 3, 1],
    [-4, -5, -8],
    [1e30, 0, -1e30],
    [0.5, -0.5, -0.5],
  ]);
  assertSameBits(sparsemaxRows(apart), argmaxRows(apart));
  assert.ok(sparsemaxRows(fromRows([[0.5, -0.4375]])).data[1]! > 0, "a lead of 0.9375 is not enough");
  assertSameBits(
    sparsemaxRows(matrix(2, 3)),
    fromFunction(2, 3, () => 1 / 3),
    "equal scores share",
  );
});
