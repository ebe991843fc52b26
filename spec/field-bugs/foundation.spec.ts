import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { CrossAttention } from "../../lib/attention/cross-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { StructuredSelfAttention } from "../../lib/attention/structured-self-attention.ts";
import { causal, maskScores } from "../../lib/kernels/mask-scores.ts";
import { dot, naiveAttention, naiveMatmul, naiveSoftmax, naiveTranspose } from "../oracle/naive.ts";
import { fromFunction, gaussian, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { fuseHeads, splitHeads } from "../../lib/attention/heads.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { normal, poison, rowsOf } from "../support/values.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

/**
 * Bugs that were found in the field, again and again: each is written down here as people wrote it, shown to
 * fail, and ours beside it shown to pass. The numbers W1 … stay with a bug wherever it is spoken of.
 */
const attention = new ScaledDotProductAttention();
const rowSums = (A: Rows): number[] => A.map((row) => row.reduce((sum, a) => sum + a, 0));
const close = (actual: number[], expected: number[], limit: number = 1e-6): boolean =>
  actual.every((x, e) => Math.abs(x - expected[e]!) <= limit);
const scoresOf = (Q: Rows, K: Rows): Rows => Q.map((q) => K.map((k) => dot(q, k) / Math.sqrt(q.length)));

test("W1 softmax over the wrong axis: the shape is right, the columns sum to 1 and the rows do not", () => {
  const [Q, K, V] = [normal(4, 3, 1), normal(6, 3, 2), normal(6, 2, 3)];
  const buggy = naiveTranspose(naiveTranspose(scoresOf(rowsOf(Q), rowsOf(K))).map(naiveSoftmax));
  const ours = rowsOf(attention.forward(Q, K, V).weights);
  assert.deepEqual([buggy.length, buggy[0]!.length], [ours.length, ours[0]!.length]);
  assert.ok(
    close(rowSums(ours), [1, 1, 1, 1]) && !close(rowSums(naiveTranspose(ours)), [1, 1, 1, 1, 1, 1], 0.01),
    "ours: rows",
  );
  assert.ok(
    !close(rowSums(buggy), [1, 1, 1, 1], 0.01) && close(rowSums(naiveTranspose(buggy)), [1, 1, 1, 1, 1, 1]),
    "buggy: columns",
  );
  const structured = new StructuredSelfAttention({ W_s1: normal(3, 4, 4), W_s2: normal(4, 2, 5) });
  assert.ok(close(rowSums(rowsOf(structured.forward(K).weights)), [1, 1]), "ours, where S is a transpose");
});

test("W2 a mask read the other way round: true = forbidden hides the past and shows the future", () => {
  const [Q, K, V] = [normal(5, 3, 1), normal(5, 3, 2), normal(5, 2, 3)];
  const sees = causal();
  const buggy = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), { allow: (i, j) => !sees(i, j, 0) }).weights;
  const { weights } = attention.forward(Q, K, V, { allow: sees });
  const future = (A: Rows): number =>
    A.reduce((sum, row, i) => sum + row.slice(i + 1).reduce((a, b) => a + b, 0), 0);
  assert.equal(future(rowsOf(weights)), 0);
  assert.ok(
    Math.abs(future(buggy) - 4) < 1e-6,
    "every row but the last spends all its weight on the future",
  );
  // a boolean mask whose true means "ignore" is turned round where it is read, and nowhere else
  const ignore = rowsOf(fromFunction(5, 5, (i, j) => Number(j > i)));
  assert.deepEqual(
    attention.forward(Q, K, V, { allow: (i, j) => ignore[i]![j] === 0 }).weights,
    weights,
  );
});

test("W3 a row with nothing allowed: a finite stand-in for −∞ averages, a bare −∞ gives NaN", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(5, 4, 2), normal(5, 2, 3)];
  const sentinel = scoresOf(rowsOf(Q), rowsOf(K)).map((row, i) =>
    naiveSoftmax(row.map((s) => (i === 1 ? -1e9 : s))),
  );
  assert.ok(close(sentinel[1]!, [0.2, 0.2, 0.2, 0.2, 0.2]), "uniform over the forbidden");
  // softmax does not feel a constant
  const added = naiveSoftmax(scoresOf(rowsOf(Q), rowsOf(K))[1]!.map((s) => s - 10000));
  assert.ok(close(added, naiveSoftmax(scoresOf(rowsOf(Q), rowsOf(K))[1]!)), "as if unmasked");
  const bare = (row: number[]): number[] =>
    row.map(
      (s) => Math.exp(s - Math.max(...row)) / row.reduce((sum, x) => sum + Math.exp(x - Math.max(...row)), 0),
    );
  assert.ok(bare([-Infinity, -Infinity]).every(Number.isNaN), "NaN");
  const { output, weights } = attention.forward(Q, K, V, { allow: (i) => i !== 1 });
  assert.deepEqual(
    [rowsOf(weights)[1], rowsOf(output)[1]],
    [
      [0, 0, 0, 0, 0],
      [0, 0],
    ],
  );
});

test("W4 masked after the softmax the weights do not sum to 1; by a tiny number hidden keys stay", () => {
  const [Q, K, V] = [normal(4, 3, 1), normal(4, 3, 2), normal(4, 2, 3)];
  const S = scoresOf(rowsOf(Q), rowsOf(K));
  const late = S.map((row, i) => naiveSoftmax(row).map((a, j) => (j <= i ? a : 0)));
  assert.ok(rowSums(late)[0]! < 0.9, "late: some weight is missing");
  const tiny = S.map((row, i) => naiveSoftmax(row.map((s, j) => (j <= i ? s : 1e-9)))); // meant to be −1e9
  assert.ok(
    tiny[0]!.slice(1).every((a) => a > 0.01),
    "tiny: the future keeps weight",
  );
  const ours = rowsOf(attention.forward(Q, K, V, { allow: causal() }).weights);
  assert.ok(close(rowSums(ours), [1, 1, 1, 1]), "ours");
  ours.forEach((row, i) => row.forEach((a, j) => assert.equal(a === 0, j > i)));
});

test("W5 a NaN behind the mask: adding −∞ to NaN keeps it, and a weight of 0 times NaN is NaN", () => {
  const [Q, K, V] = [normal(3, 4, 1), poison(normal(5, 4, 2), 4, NaN), poison(normal(5, 2, 3), 4, NaN)];
  const added = scoresOf(rowsOf(Q), rowsOf(K)).map((row) =>
    naiveSoftmax(row.map((s, j) => s + (j === 4 ? -Infinity : 0))),
  );
  assert.ok(added.flat().every(Number.isNaN), "all NaN");
  const A = rowsOf(
    softmaxRows(
      maskScores(
        fromFunction(3, 5, (i, j) => i + j),
        { allow: (_i, j) => j !== 4 },
      ),
    ),
  );
  assert.ok(
    naiveMatmul(A, rowsOf(V)).flat().every(Number.isNaN),
    "sound weights, but a plain product with V",
  );
  const { output } = attention.forward(Q, K, V, { allow: (_i, j) => j !== 4 });
  assert.ok(output.data.every(Number.isFinite), "ours: finite");
  assert.deepEqual(
    output,
    attention.forward(Q, normal(5, 4, 2), normal(5, 2, 3), { allow: (_i, j) => j !== 4 }).output,
  );
});

test("W7 heads merged by reshape without moving the head axis: head and position change places", () => {
  const [n, h, d] = [3, 2, 2];
  const heads = Array.from({ length: h }, (_, m) => ({
    W_Q: matrix(4, 1),
    W_K: matrix(4, 1),
    W_V: matrix(4, d),
    b_V: matrix(1, d, [m + 1, m + 1]),
  }));
  const X = normal(n, 4, 1);
  // (h, n, d) read off in memory order as if it were (n, h·d)
  const flat = Array.from({ length: h }, (_, m) => Array.from({ length: n }, () => [m + 1, m + 1])).flat(2);
  const buggy = Array.from({ length: n }, (_, i) => flat.slice(i * h * d, (i + 1) * h * d));
  assert.deepEqual(buggy, [
    [1, 1, 1, 1],
    [1, 1, 2, 2],
    [2, 2, 2, 2],
  ]);
  assert.deepEqual(rowsOf(new MultiHeadAttention({ heads, W_O: identity(4) }).forward(X, X, X).output), [
    [1, 1, 2, 2],
    [1, 1, 2, 2],
    [1, 1, 2, 2],
  ]);
});

test("W8 scaled by d_model, d_k² or not at all: only 1/√d_k leaves scores of variance 1 at every d_k", () => {
  const heads = 4;
  for (const d_k of [4, 64, 1024]) {
    const draw = gaussian(randomGenerator(d_k));
    const [Q, K] = [fromFunction(64, d_k, draw), fromFunction(64, d_k, draw)];
    const dots = rowsOf(Q).flatMap((q) => rowsOf(K).map((k) => dot(q, k)));
    const variance = (scale: number): number =>
      dots.reduce((sum, s) => sum + (s * scale) ** 2, 0) / dots.length;
    // log A[i,j] is the score up to a constant of the row, so that its variance within rows is the score's
    const logs = rowsOf(attention.forward(Q, K, matrix(64, 1)).weights).map((row) => row.map(Math.log));
    const within =
      logs
        .flatMap((row) => row.map((x) => (x - row.reduce((a, b) => a + b, 0) / 64) ** 2))
        .reduce((a, b) => a + b, 0) /
      (64 * 63);
    assert.ok(Math.abs(within - 1) < 0.15, `d_k ${d_k}: variance ${within}`);
    assert.ok(variance(1) > 3, "not at all");
    assert.ok(variance(1 / Math.sqrt(heads * d_k)) < 0.35, "by √d_model");
    assert.ok(variance(1 / (heads * d_k)) < 0.05, "by d_model");
    assert.ok(variance(1 / d_k ** 2) < 0.05, "by d_k²");
  }
});

test("W9 the input cut into pieces and a small matrix for each: no head sees more than its own features", () => {
  const [n, d, h] = [4, 6, 3];
  const width = d / h;
  const [X, fused] = [normal(n, d, 1), normal(d, d, 2)];
  const whole = rowsOf(matmul(X, fused)); // all heads at once
  const columns = (m: number): Rows => whole.map((row) => row.slice(m * width, (m + 1) * width));
  const head = { W_Q: fused, W_K: fused, W_V: fused };
  const ours = splitHeads(head, h).map(({ W_V }) => rowsOf(matmul(X, W_V)));
  ours.forEach((V, m) => assert.ok(V.every((row, i) => close(row, columns(m)[i]!)), `ours: head ${m}`));

  const part = (M: Matrix, m: number): Matrix => sliceColumns(M, m * width, (m + 1) * width);
  const buggy = (m: number): Rows => rowsOf(matmul(part(X, m), sliceRows(part(fused, m), 0, width)));
  const strided = (m: number): Rows => whole.map((row) => row.filter((_, c) => c % h === m));
  for (const wrong of [buggy, strided]) {
    const shapes = [0, 1, 2].map((m) => [wrong(m).length, wrong(m)[0]!.length]);
    assert.deepEqual(shapes, [[n, width], [n, width], [n, width]], "the shape is right");
    const differs = [0, 1, 2].map((m) => wrong(m).some((row, i) => !close(row, columns(m)[i]!, 0.01)));
    assert.deepEqual(differs, [true, true, true], "and no head is");
  }
  const changed = poison(normal(d, n, 1), d - 1, 9); // the last feature of every row of X
  const Y = rowsOf(matmul(fromFunction(n, d, (i, c) => changed.data[c * n + i]!), part(fused, 0)));
  const Z = rowsOf(matmul(fromFunction(n, d, (i, c) => normal(d, n, 1).data[c * n + i]!), part(fused, 0)));
  assert.ok(!Y.every((row, i) => close(row, Z[i]!, 0.01)), "head 0 of ours reads the last feature");
});

test("W10 heads · d_v = d_model assumed: cut into d_model / heads features, later heads are lost", () => {
  const [n, d_model, h, d_v] = [4, 6, 3, 5];
  const [W_Q, W_K, W_V] = [normal(d_model, 2, 1), normal(d_model, 2, 2), matrix(d_model, d_v)];
  const heads = [1, 2, 3].map((marker) => ({
    W_Q,
    W_K,
    W_V,
    b_V: matrix(1, d_v, new Array(d_v).fill(marker)),
  }));
  const X = normal(n, d_model, 9);
  const joined = rowsOf(
    new MultiHeadAttention({ heads, W_O: identity(h * d_v) }).forward(X, X, X).output,
  )[0]!;
  assert.ok(close(joined, [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3]), "in head order");
  const buggy = [0, 1, 2].map((m) =>
    joined.slice((m * d_model) / h, ((m + 1) * d_model) / h).map(Math.round),
  );
  assert.deepEqual(buggy, [
    [1, 1],
    [1, 1],
    [1, 2],
  ]); // and no sign of head 3
  assert.deepEqual(
    splitHeads(fuseHeads(heads), h).map(({ W_V }) => W_V.cols),
    [5, 5, 5],
  );
  const square = { heads, W_O: normal(d_model, d_model, 10) };
  assert.throws(() => new MultiHeadAttention(square), {
    name: "RangeError",
    message: "MultiHeadAttention: W_O must be (15, any); got (6, 6)",
  });
  assert.equal(
    new MultiHeadAttention({ heads, W_O: normal(h * d_v, d_model, 10) }).forward(X, X, X).output.cols,
    d_model,
  );
  const fresh = MultiHeadAttention.random({ d_model, heads: h, d_v }, randomGenerator(1));
  assert.deepEqual([fresh.W_O.rows, fresh.W_O.cols], [15, d_model], "fresh ones too");
});

test("W34 which side asks: with the roles exchanged, the answer has the memory's length", () => {
  const cross = new CrossAttention({ W_Q: normal(4, 3, 1), W_K: normal(4, 3, 2), W_V: normal(4, 5, 3) });
  const [query, memory] = [normal(2, 4, 4), normal(7, 4, 5)];
  const [right, backwards] = [cross.forward(query, memory), cross.forward(memory, query)];
  assert.deepEqual([right.output.rows, right.weights.rows, right.weights.cols], [2, 2, 7]);
  assert.deepEqual(
    [backwards.output.rows, backwards.weights.rows, backwards.weights.cols],
    [7, 7, 2],
  );
});

test("W37 a mask of the memory's padding asked about the query: what is padding is seen all the same", () => {
  const [query, memory] = [normal(2, 4, 4), poison(normal(5, 4, 5), 4, 1e3)];
  const isReal = [true, true, true, true, false];
  const cross = new CrossAttention({ W_Q: normal(4, 3, 1), W_K: normal(4, 3, 2), W_V: normal(4, 5, 3) });
  const toPadding = (allow: (i: number, j: number) => boolean): number =>
    rowsOf(cross.forward(query, memory, { allow }).weights).reduce((sum, row) => sum + row[4]!, 0);
  const buggy = (i: number, _j: number): boolean => isReal[i]!;
  const ours = (_i: number, j: number): boolean => isReal[j]!;
  assert.ok(toPadding(buggy) > 0.9, "buggy: both queries are real, so nothing is hidden");
  assert.equal(toPadding(ours), 0);
  const heads = MultiHeadAttention.random({ d_model: 4, heads: 2 }, randomGenerator(1));
  const weights = heads.forward(query, memory, memory, { allow: ours }).weights;
  assert.deepEqual(weights.map((A) => rowsOf(A).map((row) => row[4])), [[0, 0], [0, 0]], "in every head");
});
