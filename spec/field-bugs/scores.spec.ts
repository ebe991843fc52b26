import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Score } from "../../lib/attention/attention.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { Attention, pairwise } from "../../lib/attention/attention.ts";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { HardAttention, SampledAttention, softmaxAt } from "../../lib/attention/hard-attention.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { assertClose, assertRowSums, assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { matmul, matmulTransposed } from "../../lib/kernels/matmul.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

// Score functions and hard attention as the field got them wrong: each variant is written out and shown to
// fail the check that ours passes.

const same = (actual: Matrix, expected: Matrix): number => assertClose(actual, expected, 4 * tolerance(1));

test("W13: additive attention is the document's FFN(concat(q, k)), in the split form too", () => {
  const [Q, K, W_a, U_a, v_a] = [
    normal(3, 5, 1),
    normal(7, 5, 2),
    normal(5, 4, 3),
    normal(5, 4, 4),
    normal(4, 1, 5),
  ];
  const document = new ConcatAttention({ W_a: concatRows([W_a, U_a]), v_a }).score(Q, K);
  same(new AdditiveAttention({ W_a, U_a, v_a }).score(Q, K), document);
  const keyFirst = new ConcatAttention({ W_a: concatRows([U_a, W_a]), v_a }).score(Q, K);
  assert.throws(
    () => same(keyFirst, document),
    "[k ‖ q] against weights for [q ‖ k] runs when d_q = d_k, and is wrong",
  );
});

test("W13: without W_a and U_a it is another function, which cannot take d_q ≠ d_k", () => {
  const bare = (v: Matrix): Score =>
    pairwise((q, k) => q.data.reduce((sum, x, c) => sum + v.data[c]! * Math.tanh(x + k.data[c]!), 0));
  const [Q, K, v_a] = [normal(3, 4, 1), normal(7, 4, 2), normal(4, 1, 5)];
  same(new AdditiveAttention({ W_a: identity(4), U_a: identity(4), v_a }).score(Q, K), bare(v_a)(Q, K));
  const learned = new AdditiveAttention({ W_a: normal(4, 4, 3), U_a: normal(4, 4, 4), v_a }).score(Q, K);
  assert.throws(() => same(bare(v_a)(Q, K), learned));
  assert.ok(
    bare(v_a)(Q, normal(7, 2, 6)).data.some(Number.isNaN),
    "narrower keys: NaN, and nobody says why",
  );
  const wide = new AdditiveAttention({ W_a: normal(4, 3, 3), U_a: normal(2, 3, 4), v_a: normal(3, 1, 5) });
  assert.deepEqual(wide.score(Q, normal(7, 2, 6)).data.filter(Number.isNaN).length, 0);
});

test("W13: without tanh the query cancels in the softmax: every query attends alike", () => {
  const [Q, K, W_a, U_a, v_a] = [
    normal(3, 5, 1),
    normal(7, 2, 2),
    normal(5, 4, 3),
    normal(2, 4, 4),
    normal(4, 1, 5),
  ];
  const linear: Score = pairwise(
    (q, k) => at(matmul(matmul(q, W_a), v_a), 0, 0) + at(matmul(matmul(k, U_a), v_a), 0, 0),
  );
  const queriesDiffer = (score: Score): void => {
    const A = rowsOf(new Attention({ score }).forward(Q, K, matrix(7, 1)).weights);
    assert.ok(
      A[0]!.some((a, j) => Math.abs(a - A[1]![j]!) > 1e-3),
      "queries 0 and 1 attend differently",
    );
  };
  queriesDiffer(new AdditiveAttention({ W_a, U_a, v_a }).score);
  assert.throws(() => queriesDiffer(linear));
});

test("W49: dot, general and concat are one option, the score; with W_a = I general is dot", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(7, 4, 2), normal(7, 2, 3)];
  const general = new BilinearAttention({ W_a: identity(4) });
  assertSameBits(
    new Attention({ score: general.score }).forward(Q, K, V).output,
    new DotProductAttention().forward(Q, K, V).output,
  );
  for (const score of [
    new DotProductAttention().score,
    general.score,
    new ConcatAttention({ W_a: normal(8, 3, 4), v_a: normal(3, 1, 5) }).score,
  ]) {
    assertRowSums(new Attention({ score }).forward(Q, K, V).weights);
  }
});

test("W49: W_a on the wrong side, qᵀ W_aᵀ k, survives W_a = I and every symmetric W_a", () => {
  const wrongSide =
    (W_a: Matrix): Score =>
    (Q, K) =>
      matmulTransposed(matmul(Q, transpose(W_a)), K);
  const f = (q: number[], k: number[], W: Matrix): number =>
    q.reduce((sum, x, a) => sum + k.reduce((inner, y, b) => inner + x * at(W, a, b) * y, 0), 0);
  const byDefinition = (Q: Matrix, K: Matrix, W: Matrix): Matrix =>
    fromRows(rowsOf(Q).map((q) => rowsOf(K).map((k) => f(q, k, W))));
  const [Q, K, W_a] = [normal(3, 4, 1), normal(7, 4, 2), normal(4, 4, 3)];
  const symmetric = matmul(W_a, transpose(W_a));
  same(wrongSide(identity(4))(Q, K), byDefinition(Q, K, identity(4)));
  same(wrongSide(symmetric)(Q, K), byDefinition(Q, K, symmetric));
  same(new BilinearAttention({ W_a }).score(Q, K), byDefinition(Q, K, W_a));
  assert.throws(() => same(wrongSide(W_a)(Q, K), byDefinition(Q, K, W_a)));
  // A rectangular W_a is allowed, and refuses the wrong side by itself.
  const rectangular = new BilinearAttention({ W_a: normal(4, 6, 4) });
  same(rectangular.score(Q, normal(7, 6, 5)), byDefinition(Q, normal(7, 6, 5), normal(4, 6, 4)));
  assert.throws(() => rectangular.score(normal(7, 6, 5), Q), { name: "RangeError" });
});

test("W50: hard attention by S = max takes both of two tied keys; argmax takes the lowest", () => {
  const byMaximum = (S: Matrix): Matrix =>
    fromFunction(S.rows, S.cols, (i, j) => (at(S, i, j) === Math.max(...rowsOf(S)[i]!) ? 1 : 0));
  const tied = fromRows([
    [1, 5, 2, 5],
    [0, 0, 0, 0],
  ]);
  assertRowSums(argmaxRows(tied));
  assertSameBits(
    argmaxRows(tied),
    fromRows([
      [0, 1, 0, 0],
      [1, 0, 0, 0],
    ]),
  );
  assert.throws(() => assertRowSums(byMaximum(tied)), /row 0 sums to 2/);
});

test("W50: a hidden key scored 0 instead of −∞ wins against negative scores", () => {
  const dot = new DotProductAttention().score;
  // scores −3, −2, −0.5
  const [q, K, V] = [fromRows([[-1]]), fromRows([[3], [2], [0.5]]), fromRows([[10], [20], [30]])];
  const allow = (_: number, j: number): boolean => j !== 2;
  const zeroed: Score = (A, B) =>
    fromFunction(A.rows, B.rows, (i, j) => (allow(i, j) ? at(dot(A, B), i, j) : 0));
  assertSameBits(
    new HardAttention({ score: dot }).forward(q, K, V, { allow }).output,
    fromRows([[20]]),
  );
  assert.throws(
    () => assertSameBits(new HardAttention({ score: zeroed }).forward(q, K, V).output, fromRows([[20]])),
    /got 30/,
  );
});

test("W50: samples have softmax's probabilities: their mean is soft attention; uniform noise fails", () => {
  // 50 000 draws: a mean of zeros and ones strays further than √(ln(2·10⁹) / 100 000) = 0.0147 with
  // probability below 1e-9 (Hoeffding).
  const n = 50_000;
  const [Q, K] = [fromFunction(n, 1, () => 1), fromRows([[0], [1], [2]])];
  const dot = new DotProductAttention().score;
  const soft = softmaxRows(fromRows([[0, 1, 2]]));
  const mean = (A: Matrix): Matrix =>
    scale(
      matmul(
        fromFunction(1, n, () => 1),
        A,
      ),
      1 / n,
    );
  const { weights } = new SampledAttention({ score: dot, random: randomGenerator(1) }).forward(Q, K, K);
  assertClose(mean(weights), soft, 0.0147);
  const random = randomGenerator(2);
  const noisy = new HardAttention({ score: dot }).forward(Q, K, K, {
    bias: fromFunction(n, 3, () => 2 * random()),
  });
  assert.throws(() => assertClose(mean(noisy.weights), soft, 0.0147));
});

test("W50: temperature divides: S · τ has its limits the wrong way round", () => {
  const S = normal(5, 7, 1);
  const multiplied =
    (tau: number) =>
    (M: Matrix): Matrix =>
      softmaxRows(scale(M, tau));
  const hasHardLimit = (softmaxAtTau: (tau: number) => (M: Matrix) => Matrix): number =>
    assertClose(softmaxAtTau(1e-3)(S), argmaxRows(S), 1e-6);
  hasHardLimit(softmaxAt);
  assert.throws(() => hasHardLimit(multiplied));
});
