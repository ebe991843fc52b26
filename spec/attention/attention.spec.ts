import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { Attention, pairwise } from "../../lib/attention/attention.ts";
import { EDGES, refuses } from "../support/mechanism.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { fromFunction, fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { matmul, matmulTransposed } from "../../lib/kernels/matmul.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { scoreFunctions } from "../support/score-functions.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";
import { tanh } from "../../lib/kernels/activations.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

test("any f, lifted by pairwise, equals the definition over the grid", () => {
  // Minus the squared distance, a score that is none of the classes'.
  const f = (q: number[], k: number[]): number => -q.reduce((sum, x, c) => sum + (x - k[c]!) ** 2, 0);
  const attention = new Attention({ score: pairwise((q, k) => f([...q.data], [...k.data])) });
  for (const [n_q, n_k, d_v] of EDGES) {
    const [Q, K, V, bias] = [normal(n_q, 3, 1), normal(n_k, 3, 2), normal(n_k, d_v, 3), normal(n_q, n_k, 4)];
    for (const allow of [undefined, (i: number, j: number) => j <= i, () => false]) {
      const got = attention.forward(Q, K, V, { allow, bias });
      const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
        score: f,
        bias: rowsOf(bias),
        ...(allow && { allow }),
      });
      assertClose(
        got.output,
        n_k === 0 ? matrix(n_q, d_v) : expected.output,
        tolerance(expected.largestScore),
        `${n_q} × ${n_k}`,
      );
      assertClose(got.weights, expected.weights, tolerance(expected.largestScore));
      assertRowSums(
        got.weights,
        expected.weights.flatMap((row, i) => (row.some((a) => a > 0) ? [] : [i])),
      );
    }
  }
});

test("with each score it is the class of that score, to the bit", () => {
  for (const { name, d_q, d_k, attention } of scoreFunctions()) {
    const [Q, K, V, bias] = [normal(7, d_q, 1), normal(11, d_k, 2), normal(11, 4, 3), normal(7, 11, 4)];
    const options = { allow: (i: number, j: number): boolean => (i + j) % 3 !== 0, bias };
    const general = new Attention({ score: attention.score }).forward(Q, K, V, options);
    const own = attention.forward(Q, K, V, options);
    assertSameBits(general.output, own.output, name);
    assertSameBits(general.weights, own.weights, name);
  }
});

test("pairwise(f) makes the class from its f alone, one query and one key at a time", () => {
  for (const { name, d_q, d_k, attention } of scoreFunctions()) {
    const [Q, K, V] = [normal(7, d_q, 1), normal(11, d_k, 2), normal(11, 4, 3)];
    const f = (q: Matrix, k: Matrix): number => {
      assert.deepEqual([q.rows, q.cols, k.rows, k.cols], [1, d_q, 1, d_k]);
      return attention.score(q, k).data[0]!;
    };
    assertSameBits(
      new Attention({ score: pairwise(f) }).forward(Q, K, V).output,
      attention.forward(Q, K, V).output,
      name,
    );
  }
});

test("scaled dot-product attention is the same form with F = Q Kᵀ / √d_k", () => {
  const [Q, K, V] = [normal(5, 3, 1), normal(7, 3, 2), normal(7, 2, 3)];
  const F = (A: Matrix, B: Matrix): Matrix => scale(matmulTransposed(A, B), 1 / Math.sqrt(3));
  assertSameBits(
    new Attention({ score: F }).forward(Q, K, V).output,
    new ScaledDotProductAttention().forward(Q, K, V).output,
  );
});

test("structured self-attention is the same form: fixed queries, and H for both keys and values", () => {
  const structured = StructuredSelfAttention.random({ d_hidden: 4, d_a: 3, r: 2 }, randomGenerator(1));
  const H = normal(7, 4, 2);
  const F = (Q: Matrix, K: Matrix): Matrix => matmulTransposed(Q, tanh(matmul(K, structured.W_s1)));
  const queries = transpose(structured.W_s2);
  assertClose(
    new Attention({ score: F }).forward(queries, H, H).output,
    structured.forward(H).output,
    tolerance(1),
  );
});

test("by hand: the nearest key, weighed by half-lives", () => {
  // f = −ln 2 · |q − k|: each step away halves the weight. q = 0 and keys 0, 1, −2: 1, ½ and ¼ of 7/4, so
  // 4/7, 2/7, 1/7. Values 7, 14, 28: 4 + 4 + 4 = 12.
  const attention = new Attention({
    score: pairwise((q, k) => -Math.LN2 * Math.abs(q.data[0]! - k.data[0]!)),
  });
  const { output, weights } = attention.forward(
    fromRows([[0]]),
    fromRows([[0], [1], [-2]]),
    fromRows([[7], [14], [28]]),
  );
  assertClose(weights, [[4 / 7, 2 / 7, 1 / 7]], 1e-7);
  assertClose(output, [[12]], 1e-7);
});

test("normalize: softmax unless given; any other function from scores to weights", () => {
  const [Q, K, V] = [normal(5, 3, 1), normal(7, 3, 2), normal(7, 2, 3)];
  const S = matmulTransposed(Q, K);
  assertSameBits(new Attention({ score: matmulTransposed }).forward(Q, K, V).weights, softmaxRows(S));
  assertSameBits(
    new Attention({ score: matmulTransposed, normalize: sparsemaxRows }).forward(Q, K, V).weights,
    sparsemaxRows(S),
  );
  // Uniform averaging sums to 1 as well: the mean of the values.
  const mean = new Attention({
    score: matmulTransposed,
    normalize: (S) => fromFunction(S.rows, S.cols, () => 1 / S.cols),
  });
  assertClose(
    mean.forward(fromRows([[1]]), fromRows([[2], [3]]), fromRows([[10], [20]])).output,
    [[15]],
    0,
  );
});

test("is blind to what it may not see; an allowed NaN or +∞ spoils its own row only", () => {
  const [Q, K, V] = [normal(5, 3, 1), normal(7, 3, 2), normal(7, 2, 3)];
  const attention = new Attention({ score: matmulTransposed });
  const allow = (i: number, j: number): boolean => j !== 6 && i !== 4;
  const clean = attention.forward(Q, K, V, { allow });
  for (const value of [NaN, Infinity, -Infinity, 3e38]) {
    assertSameBits(
      attention.forward(Q, poison(K, 6, value), poison(V, 6, value), { allow }).output,
      clean.output,
    );
  }
  assertSameBits(fromRows([rowsOf(clean.output)[4]!]), matrix(1, 2), "nothing allowed: zeros");
  for (const value of [NaN, Infinity]) {
    const spoilt = attention.forward(Q, K, V, {
      bias: fromFunction(5, 7, (i, j) => (i === 1 && j === 2 ? value : 0)),
    });
    assertSameRows(spoilt.output, attention.forward(Q, K, V).output, [0, 2, 3, 4]);
    assert.ok(
      rowsOf(spoilt.output)[1]!.every(Number.isNaN),
      `a bias of ${value} shows in its own row`,
    );
  }
});

test("errors say who, what and why", () => {
  const [Q, K, V] = [matrix(2, 3), matrix(5, 3), matrix(5, 4)];
  const attention = new Attention({ score: matmulTransposed });
  refuses(
    "TypeError",
    () => new Attention({ score: undefined as never }),
    "Attention: score must be a function (Q, K) => Matrix; got undefined",
  );
  refuses(
    "TypeError",
    () => new Attention({ score: matmulTransposed, normalize: "max" as never }),
    "Attention: normalize must be a function (S) => Matrix; got string",
  );
  refuses(
    "TypeError",
    () => pairwise(identity(3) as never),
    "pairwise: f must be a function (q, k) => number; got object",
  );
  refuses(
    "TypeError",
    () => attention.forward(Q, K, undefined as never),
    "Attention.forward: V must be a Matrix { rows, cols, data }; got undefined",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, matrix(3, 4)),
    "Attention.forward: V must be (5, any); got (3, 4)",
  );
  refuses(
    "RangeError",
    () => new Attention({ score: () => matrix(5, 2) }).forward(Q, K, V),
    "Attention.forward: score(Q, K) must be (2, 5); got (5, 2)",
  );
  const narrow = new Attention({ score: matmulTransposed, normalize: () => matrix(2, 4) });
  refuses(
    "RangeError",
    () => narrow.forward(Q, K, V),
    "Attention.forward: normalize(S) must be (2, 5); got (2, 4)",
  );
  refuses(
    "TypeError",
    () => new Attention({ score: (() => [[1]]) as never }).forward(Q, K, V),
    "Attention.forward: score(Q, K) must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  );
  refuses(
    "RangeError",
    () => attention.forward(Q, K, V, { bias: matrix(1, 5) }),
    "maskScores: bias must be (2, 5); got (1, 5)",
  );
  refuses(
    "TypeError",
    () => attention.forward(Q, K, V, { allow: true as never }),
    "maskScores: allow must be a function (i, j, head) => boolean; got boolean",
  );
});
