import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { Normalize, Score } from "../../lib/attention/attention.ts";
import { Attention } from "../../lib/attention/attention.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { assertClose, assertRowSums, assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { concatColumns, sliceColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { matmul, matmulTransposed } from "../../lib/kernels/matmul.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { refuses } from "../support/mechanism.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { scoreFunctions } from "../support/score-functions.ts";
import { softmaxAt } from "../../lib/attention/hard-attention.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";
import { tanh } from "../../lib/kernels/activations.ts";

// What the study note (docs/attention.md) says of any attention, for every score function and normaliser.
const scaledDot: Score = (Q, K) => scale(matmulTransposed(Q, K), 1 / Math.sqrt(K.cols));
const SCORES: readonly { name: string; d_q: number; d_k: number; score: Score }[] = [
  ...scoreFunctions().map(({ name, d_q, d_k, attention }) => ({ name, d_q, d_k, score: attention.score })),
  { name: "scaled dot", d_q: 5, d_k: 5, score: scaledDot },
];
const NORMALIZERS: readonly { how: string; normalize: Normalize }[] = [
  { how: "softmax", normalize: softmaxRows },
  { how: "sparsemax", normalize: sparsemaxRows },
  { how: "argmax", normalize: argmaxRows },
  { how: "softmax at 0.5", normalize: softmaxAt(0.5) },
];

function forEveryKind(
  check: (attention: Attention, Q: Matrix, K: Matrix, V: Matrix, kind: string) => void,
): void {
  for (const { name, d_q, d_k, score } of SCORES) {
    const [Q, K, V] = [normal(7, d_q, 1), normal(11, d_k, 2), normal(11, 4, 3)];
    for (const { how, normalize } of NORMALIZERS) {
      check(new Attention({ score, normalize }), Q, K, V, `${name}, ${how}`);
    }
  }
}

/**
 * Luong's `location`: a_t = softmax(W_a h_t). The width of W_a (d_q, n) is the number of keys, and no key is
 * looked at.
 */
const location =
  (W_a: Matrix): Score =>
  (Q) =>
    matmul(Q, W_a);

/** The same, made to run with fewer keys by using as many columns of W_a as there are keys. */
const cutLocation =
  (W_a: Matrix): Score =>
  (Q, K) =>
    sliceColumns(matmul(Q, W_a), 0, K.rows);

/** F of joined Keys against joined F, to the bit, wherever the keys are cut in two. */
function assertKnowsNoCount(score: Score, Q: Matrix, K: Matrix, name: string): void {
  const whole = score(Q, K);
  for (let cut = 0; cut <= K.rows; cut++) {
    const parts = [sliceRows(K, 0, cut), sliceRows(K, cut, K.rows)];
    assertSameBits(
      concatColumns(parts.map((part) => score(Q, part))),
      whole,
      `${name}, cut at ${cut}`,
    );
  }
}

test("F never knows the number of keys: F(q, [K_1; K_2]) = [F(q, K_1) ‖ F(q, K_2)] for every score " +
  "function", () => {
  for (const { name, d_q, d_k, score } of SCORES) {
    assertKnowsNoCount(score, normal(7, d_q, 1), normal(11, d_k, 2), name);
    const [Q, K] = [normal(7, d_q, 1), normal(11, d_k, 2)];
    assertSameBits(
      concatRows([score(sliceRows(Q, 0, 3), K), score(sliceRows(Q, 3, 7), K)]),
      score(Q, K),
      `${name}, queries`,
    );
  }
});

test("Luong's location score does know it: it fails where the others pass", () => {
  const [Q, K, V, W_a] = [normal(7, 5, 1), normal(11, 3, 2), normal(11, 4, 3), normal(5, 11, 4)];
  assertRowSums(new Attention({ score: location(W_a) }).forward(Q, K, V).weights);
  const shorter = (): unknown =>
    new Attention({ score: location(W_a) }).forward(Q, sliceRows(K, 0, 10), sliceRows(V, 0, 10));
  refuses("RangeError", shorter, "Attention.forward: score(Q, K) must be (7, 10); got (7, 11)");
  assert.throws(() => assertKnowsNoCount(location(W_a), Q, K, "location"), /shape/);
  assert.throws(
    () => assertKnowsNoCount(cutLocation(W_a), Q, K, "location"),
    /location, cut at 1: entry 1/,
  );
});

test("the order of the memory does not matter: K and V turned together give the same output, and the " +
  "weights turn along", () => {
  const order = [4, 2, 10, 0, 6, 9, 1, 8, 5, 3, 7];
  const turn = (M: Matrix): Matrix => fromRows(order.map((j) => rowsOf(M)[j]!));
  forEveryKind((attention, Q, K, V, kind) => {
    const [straight, turned] = [attention.forward(Q, K, V), attention.forward(Q, turn(K), turn(V))];
    assertClose(turned.output, straight.output, tolerance(), kind);
    assertClose(
      turned.weights,
      rowsOf(straight.weights).map((row) => order.map((j) => row[j]!)),
      tolerance(),
      kind,
    );
    assert.throws(
      () => assertClose(attention.forward(Q, turn(K), V).output, straight.output, 1e-2),
      `${kind}: turning K alone must matter`,
    );
  });
  const [Q, K, V] = [normal(7, 5, 1), normal(11, 3, 2), normal(11, 4, 3)];
  const byPlace = new Attention({ score: location(normal(5, 11, 4)) });
  assert.throws(
    () => assertClose(byPlace.forward(Q, turn(K), turn(V)).output, byPlace.forward(Q, K, V).output, 1e-2),
    "to location it does matter",
  );
});

test("keys may be past hidden states while the values come from the output layer, of another width", () => {
  // A little RNN: h_t = tanh([x_t ‖ h_{t−1}] W), y_t = softmax(h_t C). Step 9 asks with its own state; keys
  // are h_0 … h_8, values y_0 … y_8.
  const [X, W, C] = [normal(10, 3, 1), normal(8, 5, 2), normal(5, 7, 3)];
  const states: Matrix[] = [];
  for (let t = 0; t < 10; t++) {
    states.push(tanh(matmul(concatColumns([sliceRows(X, t, t + 1), states[t - 1] ?? matrix(1, 5)]), W)));
  }
  const [H, Y] = [concatRows(states.slice(0, 9)), softmaxRows(matmul(concatRows(states.slice(0, 9)), C))];
  const attention = new Attention({ score: matmulTransposed });
  const { output, weights } = attention.forward(states[9]!, H, Y);
  assert.deepEqual([output.rows, output.cols, weights.cols], [1, 7, 9]);
  assertClose(output, naiveAttention(rowsOf(states[9]!), rowsOf(H), rowsOf(Y)).output, tolerance(5));
  assertRowSums(output); // a mixture of probabilities is one
  assertSameBits(
    weights,
    attention.forward(states[9]!, H, H).weights,
    "where the values come from does not move the attention",
  );
});

test("one key: its value, exactly, for any query", () => {
  forEveryKind((attention, Q, K, V, kind) => {
    const { output, weights } = attention.forward(Q, sliceRows(K, 5, 6), sliceRows(V, 5, 6));
    assertSameBits(
      weights,
      fromFunction(7, 1, () => 1),
      kind,
    );
    assertSameBits(
      output,
      fromFunction(7, 4, (_, c) => at(V, 5, c)),
      kind,
    );
  });
});

test("no keys: zeros", () => {
  forEveryKind((attention, Q, K, V, kind) =>
    assertSameBits(attention.forward(Q, sliceRows(K, 0, 0), sliceRows(V, 0, 0)).output, matrix(7, 4), kind),
  );
});

test("a key that may not be seen might as well not be there, wherever it stands", () => {
  forEveryKind((attention, Q, K, V, kind) => {
    const insert = (M: Matrix, j: number): Matrix =>
      concatRows([sliceRows(M, 0, j), fromFunction(1, M.cols, () => NaN), sliceRows(M, j, 11)]);
    for (const extra of [0, 6, 11]) {
      const { output } = attention.forward(Q, insert(K, extra), insert(V, extra), {
        allow: (_, j) => j !== extra,
      });
      assertSameBits(output, attention.forward(Q, K, V).output, `${kind}, at ${extra}`);
    }
  });
});

test("every output lies in the convex hull of the values it may see", () => {
  forEveryKind((attention, Q, K, V, kind) => {
    const allow = (i: number, j: number): boolean => j <= i + 1;
    const { output, weights } = attention.forward(Q, K, V, { allow });
    assertRowSums(weights);
    assert.ok(
      weights.data.every((a) => a >= 0),
      `${kind}: no weight is negative`,
    );
    // Along any direction an output lies between the extremes of those values.
    const directions = normal(4, 50, 4);
    const [seen, reached] = [matmul(V, directions), matmul(output, directions)];
    for (let i = 0; i < 7; i++) {
      for (let u = 0; u < 50; u++) {
        const ends = Array.from({ length: Math.min(11, i + 2) }, (_, j) => at(seen, j, u));
        assert.ok(
          at(reached, i, u) <= Math.max(...ends) + 1e-5 && at(reached, i, u) >= Math.min(...ends) - 1e-5,
          `${kind}: row ${i}, direction ${u}`,
        );
      }
    }
  });
});
