import assert from "node:assert/strict";
import test from "node:test";
import type { Allow } from "../../lib/kernels/mask-scores.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, at, copyOf } from "../support/values.ts";
import { normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { Attention } from "../../lib/attention/attention.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";

const attention = new ScaledDotProductAttention();

/** Some arbitrary pattern with empty rows in it: i = 0, 5, 10 … see nothing. */
const scattered: Allow = (i, j) => i % 5 !== 0 && (3 * i + 2 * j) % 4 !== 1;

test("equals the definition over a grid of sizes, masks, biases and scales", () => {
  // [n_q, n_k, d_k, d_v], pairwise distinct wherever the edge allows it
  const small = [
    [0, 3, 4, 5],
    [1, 1, 1, 1],
    [1, 7, 3, 2],
    [7, 1, 2, 3],
    [2, 3, 5, 7],
  ] as const;
  const sizes = [
    ...small,
    [5, 4, 3, 9],
    [4, 9, 8, 1],
    [6, 5, 1, 16],
    [11, 13, 17, 3],
    [23, 19, 64, 10],
  ] as const;
  const masks: [string, (n_q: number, n_k: number) => Allow | undefined][] = [
    ["no mask", () => undefined],
    ["causal", () => causal()],
    ["strictly causal", () => causal(-1)],
    ["causal, ends aligned", (n_q, n_k) => causal(n_k - n_q)],
    ["scattered", () => scattered],
    ["nothing allowed", () => () => false],
  ];
  for (const [n_q, n_k, d_k, d_v] of sizes) {
    const [Q, K, V] = [normal(n_q, d_k, 1), normal(n_k, d_k, 2), normal(n_k, d_v, 3)];
    for (const [name, makeMask] of masks) {
      for (const bias of [undefined, normal(n_q, n_k, 4)]) {
        for (const scale of [undefined, 0.3, 0, -2]) {
          const allow = makeMask(n_q, n_k);
          const where = `n_q ${n_q}, n_k ${n_k}, d_k ${d_k}, d_v ${d_v}, ${name}, ` +
            `${bias ? "bias" : "no bias"}, scale ${scale}`;
          const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
            scale: scale ?? 1 / Math.sqrt(d_k),
            ...(bias && { bias: rowsOf(bias) }),
            ...(allow && { allow: (i: number, j: number) => allow(i, j, 0) }),
          });
          const { output, weights } = new ScaledDotProductAttention({ scale }).forward(Q, K, V, {
            allow,
            bias,
          });
          assertClose(
            output,
            expected.output,
            tolerance(expected.largestScore),
            `output of ${where}`,
          );
          assertClose(
            weights,
            expected.weights,
            tolerance(expected.largestScore),
            `weights of ${where}`,
          );
        }
      }
    }
  }
});

test("no keys, or no queries: zeros of the right shape", () => {
  const none = attention.forward(normal(3, 4, 1), matrix(0, 4), matrix(0, 5));
  assertSameBits(none.output, matrix(3, 5));
  assertSameBits(none.weights, matrix(3, 0));
  const unasked = attention.forward(matrix(0, 4), normal(6, 4, 1), normal(6, 5, 2));
  assertSameBits(unasked.output, matrix(0, 5));
  assertSameBits(unasked.weights, matrix(0, 6));
});

test("blindness: NaN and ∞ in keys and values that nobody may see change no bit", () => {
  const [Q, K, V] = [normal(5, 3, 1), normal(7, 3, 2), normal(7, 4, 3)];
  const allow: Allow = (i, j) => j !== 2 && j !== 6 && i !== 4;
  const clean = attention.forward(Q, K, V, { allow });
  for (const poisonous of [NaN, Infinity, -Infinity]) {
    const [badK, badV] = [K, V].map((M) => poison(poison(M, 2, poisonous), 6, poisonous));
    const dirty = attention.forward(Q, badK!, badV!, { allow });
    assertSameBits(dirty.output, clean.output);
    assertSameBits(dirty.weights, clean.weights);
  }
  rowsOf(clean.weights).forEach((row) => assert.deepEqual([row[2], row[6]], [0, 0]));
  assert.deepEqual(rowsOf(clean.output)[4], [0, 0, 0, 0]);
});

test("blindness: a row of V that only some queries see reaches those alone, and a NaN in one query its " +
  "own row alone", () => {
  const [Q, K, V] = [normal(6, 3, 1), normal(6, 3, 2), normal(6, 5, 3)];
  const clean = attention.forward(Q, K, V, { allow: causal() });
  const dirty = attention.forward(Q, K, poison(V, 3, NaN), { allow: causal() });
  assertSameRows(dirty.output, clean.output, [0, 1, 2]);
  assertSameBits(dirty.weights, clean.weights);
  for (const i of [3, 4, 5]) assert.ok(rowsOf(dirty.output)[i]!.every(Number.isNaN), `row ${i} sees key 3`);
  const asked = attention.forward(poison(Q, 3, NaN), K, V, { allow: causal() });
  assertSameRows(asked.output, clean.output, [0, 1, 2, 4, 5]);
  assert.ok(rowsOf(asked.output)[3]!.every(Number.isNaN), "the poisoned query's own row");
});

test("causal offsets: 0 is the top-left corner, −1 strictly before, n_k − n_q the last query on the last " +
  "key", () => {
  const [n_q, n_k] = [4, 6];
  const [Q, K, V] = [normal(n_q, 3, 1), normal(n_k, 3, 2), normal(n_k, 2, 3)];
  const seen = (offset?: number): number[] =>
    rowsOf(attention.forward(Q, K, V, { allow: causal(offset) }).weights).map(
      (row) => row.filter((a) => a > 0).length,
    );
  assert.deepEqual(seen(), [1, 2, 3, 4]);
  assert.deepEqual(seen(0), [1, 2, 3, 4]);
  assert.deepEqual(seen(-1), [0, 1, 2, 3]);
  assert.deepEqual(seen(n_k - n_q), [3, 4, 5, 6]);
  assert.deepEqual(seen(-n_q), [0, 0, 0, 0]);
});

test("rows sum to 1, columns do not; the empty rows sum to 0", () => {
  const [Q, K, V] = [normal(11, 8, 1), normal(7, 8, 2), normal(7, 3, 3)];
  assertRowSums(attention.forward(Q, K, V).weights);
  const { weights } = attention.forward(Q, K, V, { allow: scattered });
  assertRowSums(weights, [0, 5, 10]);
  for (let j = 0; j < 7; j++) {
    assert.ok(
      Math.abs(rowsOf(weights).reduce((sum, row) => sum + row[j]!, 0) - 1) > 0.01,
      `column ${j}`,
    );
  }
});

test("by hand: two queries, three keys of two features, values of four", () => {
  // S  = Q Kᵀ = √2 · [[ln 3, 0, 0], [0, ln 3, 0]];   S / √d_k = S / √2 = [[ln 3, 0, 0], [0, ln 3, 0]]
  // exp = [[3, 1, 1], [1, 3, 1]], each row sums to 5: A = [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2]]
  // O[0] = 0.6 · [10, 0, 5, 1] + 0.2 · [0, 5, 5, 1] + 0.2 · [5, 5, 5, 1] = [7, 2, 5, 1]; O[1] exchanges the
  // first two weights
  const x = Math.SQRT2 * Math.log(3);
  const [Q, K, V] = [
    fromRows([
      [x, 0],
      [0, x],
    ]),
    fromRows([
      [1, 0],
      [0, 1],
      [0, 0],
    ]),
    fromRows([
      [10, 0, 5, 1],
      [0, 5, 5, 1],
      [5, 5, 5, 1],
    ]),
  ];
  const { output, weights } = attention.forward(Q, K, V);
  assertClose(
    weights,
    [
      [0.6, 0.2, 0.2],
      [0.2, 0.6, 0.2],
    ],
    1e-6,
  );
  assertClose(
    output,
    [
      [7, 2, 5, 1],
      [3, 4, 5, 1],
    ],
    1e-6,
  );
});

test("identities: one key gives its value, equal keys the mean, the order of the memory does not matter, " +
  "a huge score is a choice", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(5, 4, 2), normal(5, 2, 3)];
  const one = attention.forward(Q, normal(1, 4, 9), normal(1, 2, 8));
  for (let i = 0; i < 3; i++) assert.deepEqual(rowsOf(one.output)[i], rowsOf(normal(1, 2, 8))[0]);
  const mean = [0, 1].map((c) => rowsOf(V).reduce((sum, row) => sum + row[c]! / 5, 0));
  assertClose(attention.forward(Q, matrix(5, 4), V).output, [mean, mean, mean], 1e-6);
  const order = [3, 0, 4, 1, 2];
  const [shuffledK, shuffledV] = [K, V].map((M) => fromRows(order.map((j) => rowsOf(M)[j]!)));
  assertClose(
    attention.forward(Q, shuffledK!, shuffledV!).output,
    attention.forward(Q, K, V).output,
    1e-6,
  );
  const far = attention.forward(fromRows([[3e4]]), fromRows([[1], [-1], [2]]), fromRows([[7], [8], [9]]));
  assert.deepEqual(rowsOf(far.weights), [[0, 0, 1]]);
  assert.deepEqual(rowsOf(far.output), [[9]]);
});

test("inputs are left as they were, and every call gives fresh matrices", () => {
  const [Q, K, V, bias] = [normal(3, 4, 1), normal(5, 4, 2), normal(5, 2, 3), normal(3, 5, 4)];
  const before = [Q, K, V, bias].map(copyOf);
  attention.forward(Q, K, V, { allow: scattered, bias }).output.data.fill(0);
  [Q, K, V, bias].forEach((M, e) => assertSameBits(M, before[e]!));
  assert.notEqual(at(attention.forward(Q, K, V).output, 0, 0), 0);
});

test("errors name the argument and what was got", () => {
  const [Q, K, V] = [normal(2, 3, 1), normal(5, 3, 2), normal(5, 4, 3)];
  const name = "ScaledDotProductAttention";
  assert.throws(() => attention.forward(Q, normal(5, 4, 1), V), {
    name: "RangeError",
    message: `${name}.forward: K must be (any, 3); got (5, 4)`,
  });
  assert.throws(() => attention.forward(Q, K, normal(4, 4, 1)), {
    name: "RangeError",
    message: `${name}.forward: V must be (5, any); got (4, 4)`,
  });
  assert.throws(() => attention.forward(matrix(2, 0), matrix(5, 0), V), {
    name: "RangeError",
    message: `${name}.forward: Q.cols must be an integer ≥ 1; got 0`,
  });
  assert.throws(() => attention.forward([[1]] as never, K, V), {
    name: "TypeError",
    message: /forward: Q must be a Matrix .*; got Array/,
  });
  assert.throws(() => attention.forward(Q, null as never, V), {
    name: "TypeError",
    message: `${name}.forward: K must be a Matrix { rows, cols, data }; got null`,
  });
  const short = { ...V, data: new Float32Array(19) };
  assert.throws(() => attention.forward(Q, K, short), {
    name: "RangeError",
    message: /V\.data must hold rows × cols = 5 × 4 = 20 numbers; got 19/,
  });
  assert.throws(() => attention.forward(Q, K, V, { bias: normal(5, 2, 1) }), {
    name: "RangeError",
    message: /bias must be \(2, 5\); got \(5, 2\)/,
  });
  assert.throws(() => attention.forward(Q, K, V, { allow: true as never }), {
    name: "TypeError",
    message: /allow must be a function .*; got boolean/,
  });
  assert.throws(() => new ScaledDotProductAttention({ scale: NaN }), {
    name: "RangeError",
    message: `${name}: scale must be a finite number; got NaN`,
  });
  assert.throws(() => new ScaledDotProductAttention({ scale: "1" as never }), {
    name: "TypeError",
    message: `${name}: scale must be a number; got "1"`,
  });
});

test("its score is bound to it, and serves any attention", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(5, 4, 2), normal(5, 2, 3)];
  const scaled = new ScaledDotProductAttention({ scale: 0.3 });
  const { score } = scaled;
  assertSameBits(new Attention({ score }).forward(Q, K, V).output, scaled.forward(Q, K, V).output);
  assert.throws(() => score(Q, normal(5, 3, 1)), {
    message: "ScaledDotProductAttention.score: K must be (any, 4); got (5, 3)",
  });
  const sparse = new ScaledDotProductAttention({ scale: 0.3, normalize: sparsemaxRows });
  assertSameBits(sparse.forward(Q, K, V).weights, sparsemaxRows(score(Q, K)));
});
