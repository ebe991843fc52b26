import assert from "node:assert/strict";
import test from "node:test";
import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { assertClose, assertRowSums, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { concatColumns, sliceColumns } from "../../lib/kernels/columns.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveLinear, naiveSoftmax } from "../oracle/naive.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { Attention } from "../../lib/attention/attention.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { matmul, matmulTransposed } from "../../lib/kernels/matmul.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { multiHeadGradient } from "../../lib/gradients/multi-head-gradient.ts";
import { writeTorchAttention } from "../../lib/checkpoints/torch-attention.ts";

interface Fused {
  readonly wide: AttentionHead;
  readonly h: number;
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
  readonly allow: Allow;
  readonly bias: Rows[] | undefined;
}

/**
 * The fused form, in doubles: one wide projection each for Q, K and V; head m reads features m·d_k … and
 * writes m·d_v … of the joined rows.
 */
function fusedMultiHead(
  [Q, K, V]: [Rows, Rows, Rows],
  { wide, h, W_O, b_O, allow, bias }: Fused,
): { output: Rows; weights: Rows[]; largestScore: number } {
  const project = (X: Rows, W: Matrix, b: Matrix | undefined): Rows =>
    naiveLinear(X, rowsOf(W), b && rowsOf(b));
  const [q, k, v] = [
    project(Q, wide.W_Q, wide.b_Q),
    project(K, wide.W_K, wide.b_K),
    project(V, wide.W_V, wide.b_V),
  ];
  const [d_k, d_v] = [wide.W_Q.cols / h, wide.W_V.cols / h];
  const joined = Q.map(() => new Array<number>(h * d_v).fill(0));
  let largestScore = 0;
  const weights = Array.from({ length: h }, (_, m) =>
    Q.map((_, i) => {
      const scores = K.map((_, j) => {
        let s = 0;
        for (let c = m * d_k; c < (m + 1) * d_k; c++) s += q[i]![c]! * k[j]![c]!;
        s = s / Math.sqrt(d_k) + (bias ? bias[m]![i]![j]! : 0);
        largestScore = Math.max(largestScore, Math.abs(s));
        return allow(i, j, m) ? s : -Infinity;
      });
      const row = naiveSoftmax(scores);
      row.forEach((a, j) => {
        if (a !== 0) for (let c = m * d_v; c < (m + 1) * d_v; c++) joined[i]![c]! += a * v[j]![c]!;
      });
      return row;
    }),
  );
  return { output: project(joined, W_O, b_O), weights, largestScore };
}

function wideHead(
  {
    h,
    d_query,
    d_key,
    d_value,
    d_k,
    d_v,
  }: Record<"h" | "d_query" | "d_key" | "d_value" | "d_k" | "d_v", number>,
  bias: boolean,
): AttentionHead {
  const [W_Q, W_K, W_V] = [
    normal(d_query, h * d_k, 1),
    normal(d_key, h * d_k, 2),
    normal(d_value, h * d_v, 3),
  ];
  return bias
    ? { W_Q, W_K, W_V, b_Q: normal(1, h * d_k, 4), b_K: normal(1, h * d_k, 5), b_V: normal(1, h * d_v, 6) }
    : { W_Q, W_K, W_V };
}

const masks: [string, Allow | undefined][] = [
  ["no mask", undefined],
  ["causal", causal()],
  ["another mask for each head, with empty rows", (i, j, m) => i % 3 !== m && (i + 2 * j + m) % 4 !== 1],
];

test("one head at a time equals the fused form: h·d_v ≠ d_out, all widths different, and all alike; " +
  "masks and biases for each head", () => {
  const sizes = [
    { h: 1, n_q: 2, n_k: 3, d_query: 4, d_key: 5, d_value: 6, d_k: 7, d_v: 8, d_out: 9 },
    { h: 2, n_q: 7, n_k: 5, d_query: 3, d_key: 4, d_value: 6, d_k: 8, d_v: 1, d_out: 9 },
    { h: 3, n_q: 5, n_k: 11, d_query: 4, d_key: 6, d_value: 2, d_k: 1, d_v: 7, d_out: 10 },
    // square W: a transposed one would fit
    { h: 4, n_q: 6, n_k: 6, d_query: 8, d_key: 8, d_value: 8, d_k: 2, d_v: 2, d_out: 8 },
    { h: 5, n_q: 1, n_k: 1, d_query: 2, d_key: 3, d_value: 4, d_k: 6, d_v: 7, d_out: 1 },
    { h: 2, n_q: 0, n_k: 4, d_query: 3, d_key: 5, d_value: 6, d_k: 7, d_v: 8, d_out: 9 },
    { h: 3, n_q: 4, n_k: 0, d_query: 2, d_key: 5, d_value: 6, d_k: 7, d_v: 8, d_out: 9 },
  ];
  for (const size of sizes) {
    const { h, n_q, n_k, d_query, d_key, d_value, d_v, d_out } = size;
    const [Q, K, V, W_O] = [
      normal(n_q, d_query, 11),
      normal(n_k, d_key, 12),
      normal(n_k, d_value, 13),
      normal(h * d_v, d_out, 14),
    ];
    for (const projectionBias of [false, true]) {
      const wide = wideHead(size, projectionBias);
      const b_O = projectionBias ? normal(1, d_out, 15) : undefined;
      const multiHead = new MultiHeadAttention({ heads: splitHeads(wide, h), W_O, b_O });
      for (const [name, allow] of masks) {
        for (const bias of [undefined, Array.from({ length: h }, (_, m) => normal(n_q, n_k, 20 + m))]) {
          const where = `${JSON.stringify(size)}, ${name}, biases of projections ${projectionBias}, of ` +
            `scores ${bias !== undefined}`;
          const { output, weights } = multiHead.forward(Q, K, V, { allow, bias });
          const fused = { wide, h, W_O, b_O, allow: allow ?? ((): boolean => true), bias: bias?.map(rowsOf) };
          const expected = fusedMultiHead([rowsOf(Q), rowsOf(K), rowsOf(V)], fused);
          assert.equal(weights.length, h);
          weights.forEach((A, m) =>
            assertClose(
              A,
              expected.weights[m]!,
              tolerance(expected.largestScore),
              `weights of head ${m}, ${where}`,
            ),
          );
          assertClose(output, expected.output, tolerance(expected.largestScore), `output, ${where}`);
        }
      }
    }
  }
});

test("head markers land in head order: head m writes m + 1, and W_O = I shows the joined rows", () => {
  const marker = (m: number): Matrix => matrix(1, 2, [m + 1, 10 * (m + 1)]);
  const heads = [0, 1, 2].map((m) => ({
    W_Q: normal(4, 5, m),
    W_K: normal(4, 5, m + 3),
    W_V: matrix(4, 2),
    b_V: marker(m),
  }));
  const X = normal(2, 4, 9);
  const { output } = new MultiHeadAttention({ heads, W_O: identity(6) }).forward(X, X, X);
  assertClose(
    output,
    [
      [1, 10, 2, 20, 3, 30],
      [1, 10, 2, 20, 3, 30],
    ],
    1e-6,
  );
});

test("blindness: what is hidden from every head changes no bit, NaN included; what is hidden from head " +
  "0, no bit of head 0", () => {
  const heads = splitHeads(wideHead({ h: 2, d_query: 3, d_key: 4, d_value: 5, d_k: 6, d_v: 2 }, true), 2);
  const multiHead = new MultiHeadAttention({ heads, W_O: identity(4) });
  const [Q, K, V] = [normal(3, 3, 1), normal(7, 4, 2), normal(7, 5, 3)];
  const forward = (allow: Allow, value: number): { output: Matrix; weights: Matrix[] } =>
    multiHead.forward(Q, poison(K, 5, value), poison(V, 5, value), { allow });
  const hidden: Allow = (_i, j) => j !== 5;
  for (const value of [NaN, Infinity]) {
    assertSameBits(forward(hidden, value).output, forward(hidden, 0).output);
  }
  const half: Allow = (_i, j, m) => m === 1 || j !== 5;
  assertSameBits(forward(half, NaN).weights[0]!, forward(half, 0).weights[0]!);
  // finite, since W_O mixes the heads, and 0 · NaN is NaN there
  const [one, other] = [forward(half, 1), forward(half, 7)];
  assertSameBits(sliceColumns(other.output, 0, 2), sliceColumns(one.output, 0, 2));
  assert.notDeepEqual(sliceColumns(other.output, 2, 4), sliceColumns(one.output, 2, 4));
});

test("a row that may see nothing becomes b_O, or zeros without it, and weighs nothing in any head", () => {
  const heads = splitHeads(wideHead({ h: 2, d_query: 3, d_key: 4, d_value: 5, d_k: 6, d_v: 7 }, true), 2);
  const [Q, K, V, W_O, b_O] = [
    normal(3, 3, 1),
    normal(8, 4, 2),
    normal(8, 5, 3),
    normal(14, 9, 4),
    normal(1, 9, 5),
  ];
  const allow: Allow = (i) => i !== 1;
  const { output, weights } = new MultiHeadAttention({ heads, W_O, b_O }).forward(Q, K, V, { allow });
  assert.deepEqual(rowsOf(output)[1], rowsOf(b_O)[0]);
  weights.forEach((A) => assertRowSums(A, [1]));
  assert.deepEqual(
    rowsOf(new MultiHeadAttention({ heads, W_O }).forward(Q, K, V, { allow }).output)[1],
    new Array(9).fill(0),
  );
  assertClose(
    new MultiHeadAttention({ heads, W_O, b_O }).forward(Q, matrix(0, 4), matrix(0, 5)).output,
    [0, 1, 2].map(() => rowsOf(b_O)[0]!),
    0,
  );
});

test("identities: one head of identity matrices is scaled dot-product attention; W_O sums what each head " +
  "says; heads may change places", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(5, 4, 2), normal(5, 6, 3)];
  const plain = new MultiHeadAttention({
    heads: [{ W_Q: identity(4), W_K: identity(4), W_V: identity(6) }],
    W_O: identity(6),
  }).forward(Q, K, V);
  const direct = new ScaledDotProductAttention().forward(Q, K, V);
  assertSameBits(plain.output, direct.output);
  assertSameBits(plain.weights[0]!, direct.weights);

  const heads = splitHeads(wideHead({ h: 3, d_query: 4, d_key: 4, d_value: 6, d_k: 2, d_v: 5 }, true), 3);
  const blocks = [7, 8, 9].map((seed) => normal(5, 2, seed));
  const whole = new MultiHeadAttention({ heads, W_O: concatRows(blocks) }).forward(Q, K, V).output;
  const alone = heads.map((head, m) =>
    rowsOf(new MultiHeadAttention({ heads: [head], W_O: blocks[m]! }).forward(Q, K, V).output),
  );
  assertClose(
    whole,
    rowsOf(whole).map((row, i) => row.map((_, c) => alone.reduce((sum, part) => sum + part[i]![c]!, 0))),
    1e-6,
  );
  const turned = new MultiHeadAttention({
    heads: [2, 0, 1].map((m) => heads[m]!),
    W_O: concatRows([2, 0, 1].map((m) => blocks[m]!)),
  });
  assertClose(turned.forward(Q, K, V).output, whole, 1e-6);
  const shown = new MultiHeadAttention({ heads, W_O: identity(15) }).forward(Q, K, V).output;
  assertSameBits(
    shown,
    concatColumns(
      heads.map(
        (head) => new MultiHeadAttention({ heads: [head], W_O: identity(5) }).forward(Q, K, V).output,
      ),
    ),
  );
});

test("a scale and a normaliser of one's own serve in every head", () => {
  const { heads, W_O } = MultiHeadAttention.random({ d_model: 6, heads: 2 }, randomGenerator(1));
  const X = normal(5, 6, 2);
  const one = new MultiHeadAttention({ heads, W_O }).forward(X, X, X);
  const same = new MultiHeadAttention({ heads, W_O, scale: 1 / Math.sqrt(3), normalize: softmaxRows });
  assertSameBits(same.forward(X, X, X).output, one.output);
  for (const normalize of [sparsemaxRows, argmaxRows]) {
    const own = new MultiHeadAttention({ heads, W_O, scale: 2, normalize });
    own.forward(X, X, X, { allow: causal() }).weights.forEach((A, m) => {
      const { W_Q, W_K, W_V } = heads[m]!;
      const parts = [matmul(X, W_Q), matmul(X, W_K), matmul(X, W_V)] as const;
      const score = (Q: Matrix, K: Matrix): Matrix => scale(matmulTransposed(Q, K), 2);
      assertSameBits(A, new Attention({ score, normalize }).forward(...parts, { allow: causal() }).weights);
    });
  }
  const narrow = new MultiHeadAttention({ heads, W_O, normalize: () => matrix(1, 1) });
  assert.throws(() => narrow.forward(X, X, X), { name: "RangeError", message: /normalize\(S'\) must be \(5, 5\)/ });
  assert.throws(() => new MultiHeadAttention({ heads, W_O, scale: NaN }), { name: "RangeError" });
  assert.throws(() => new MultiHeadAttention({ heads, W_O, normalize: "softmax" as never }), { name: "TypeError" });
  const own = new MultiHeadAttention({ heads, W_O, normalize: sparsemaxRows });
  assert.throws(() => multiHeadGradient(own, { Q: X, K: X, V: X }, X), { name: "TypeError", message: /softmax/ });
  assert.throws(() => writeTorchAttention(own), { name: "RangeError", message: /normalize of its own/ });
  const sharp = new MultiHeadAttention({ heads, W_O, scale: 2 });
  assert.throws(() => writeTorchAttention(sharp), { name: "RangeError", message: /scale 2/ });
  const dX = multiHeadGradient(sharp, { Q: X, K: X, V: X }, X).dQ;
  const halved = heads.map((head) => ({ ...head, W_Q: scale(head.W_Q, 2 * Math.sqrt(3)) }));
  assertClose(multiHeadGradient(new MultiHeadAttention({ heads: halved, W_O }), { Q: X, K: X, V: X }, X).dQ, dX, 1e-5);
});
