import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { assertClose, assertRowSums, at, normal, rowsOf, tolerance } from "../support/values.ts";
import { dot, naiveAttention, naiveSoftmax } from "../oracle/naive.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { union } from "../../lib/graph/algebra.ts";

/**
 * Bugs of windows and global tokens that were found in the field, again and again: each is written down here
 * as people wrote it, shown to fail, and ours beside it shown to pass. The numbers W6 and W22 stay with a bug
 * wherever it is spoken of.
 */
const hybridOf = (radius: number): HybridSparseAttention => {
  const I = identity(1);
  return new HybridSparseAttention({ heads: [{ W_Q: I, W_K: I, W_V: I }], W_O: I, radius });
};
const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);
const close = (actual: number, expected: number, limit: number): void =>
  assert.ok(Math.abs(actual - expected) <= limit, `${actual}, expected ${expected} ± ${limit}`);

/**
 * As it is written again and again: pad keys and values with rows of zeros, slice 2r + 1 of them for each
 * query, softmax.
 */
function zeroPadded(Q: Rows, K: Rows, V: Rows, radius: number): { output: Rows; padding: number[] } {
  const zeros = (like: Rows): Rows => Array.from({ length: radius }, () => like[0]!.map(() => 0));
  const [k, v] = [
    [...zeros(K), ...K, ...zeros(K)],
    [...zeros(V), ...V, ...zeros(V)],
  ];
  const weights = Q.map((q, t) =>
    naiveSoftmax(k.slice(t, t + 2 * radius + 1).map((key) => dot(q, key) / Math.sqrt(q.length))),
  );
  const outside = (t: number, m: number): boolean => t - radius + m < 0 || t - radius + m >= K.length;
  return {
    output: weights.map((row, t) => V[0]!.map((_, c) => row.reduce((o, a, m) => o + a * v[t + m]![c]!, 0))),
    padding: weights.map((row, t) => sum(row.filter((_, m) => outside(t, m)))),
  };
}

test("W6 zero padding is not neutral: where true scores are −3, two padded keys take 93 % of the row", () => {
  // radius 2, query 0: keys 0, 1, 2 score −3 and two zeros score 0. The zeros' share is 2 / (2 + 3 e^−3) = 2
  // / 2.149361 = 0.930509
  const [Q, K, V] = [
    Array.from({ length: 5 }, () => [1]),
    Array.from({ length: 5 }, () => [-3]),
    Array.from({ length: 5 }, (_, t) => [10 * (t + 1)]),
  ];
  const buggy = zeroPadded(Q, K, V, 2);
  close(buggy.padding[0]!, 0.930509, 1e-6);
  close(buggy.output[0]![0]!, 20 * (1 - 0.930509), 1e-4); // the mean of 10, 20 and 30 is 20; this is 1.39
  assert.equal(buggy.padding[2], 0, "in the middle nothing is padded, and the bug does not show");
  const { output, weights } = hybridOf(2).attend(fromRows(Q), fromRows(K), fromRows(V));
  close(at(output, 0, 0), 20, 1e-5);
  assertRowSums(hybridOf(2).fullAttention(weights));
});

test("W6 the first and the last rows equal dense attention with an allow, and padded ones do not", () => {
  const [Q, K, V] = [normal(11, 3, 1), normal(11, 3, 2), normal(11, 5, 3)];
  const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
    scale: 1 / Math.sqrt(3),
    allow: (i, j) => Math.abs(i - j) <= 2,
  });
  assertClose(hybridOf(2).attend(Q, K, V).output, expected.output, tolerance(expected.largestScore));
  const buggy = zeroPadded(rowsOf(Q), rowsOf(K), rowsOf(V), 2);
  const wrong = buggy.output.map((row, t) =>
    row.some((x, c) => Math.abs(x - expected.output[t]![c]!) > 0.01),
  );
  assert.deepEqual(
    wrong,
    Array.from({ length: 11 }, (_, t) => t < 2 || t > 8),
  );
  const windows = unfoldWindow(K, 2).map(({ rows }) => rows);
  assert.deepEqual(windows, [3, 4, 5, 5, 5, 5, 5, 5, 5, 4, 3], "ours: cut at the ends");
});

test("W22 a key that is local and global is counted once; in two joined lists 0.155 becomes 0.269", () => {
  // scores 0, 1 and 1: key 0 has 1 / (1 + 2e) = 0.155. It is global too: listed twice it has 2 / (2 + 2e) = 1
  // / (1 + e) = 0.269
  const scores = [0, 1, 1];
  const listed = naiveSoftmax([...scores, scores[0]!]);
  close(listed[0]! + listed[3]!, 1 / (1 + Math.E), 1e-12);
  close(listed[0]! + listed[3]!, 0.269, 0.0005);
  const K = fromRows(scores.map((s) => [s]));
  const ones = fromRows([[1], [1], [1]]);
  for (const globals of [[], [0]]) {
    const { weights } = hybridOf(2).attend(ones, K, matrix(3, 1), globals);
    for (const row of rowsOf(hybridOf(2).fullAttention(weights))) close(row[0]!, 0.1554, 0.00005);
  }
  const graph = union(slidingWindow(3, 2), globalTokens(3, [0]));
  const { weights } = attendNeighbours(ones, K, matrix(3, 1), graph);
  for (const row of rowsOf(toDense(weights))) close(row[0]!, 0.1554, 0.00005);
  assert.equal(graph.key.length, 9, "along a graph too: three keys for each of three queries");
});

test("W22 two lists of weights laid on one map by assigning: a key in both loses one weight", () => {
  const [Q, K, V] = [normal(8, 3, 1), normal(8, 3, 2), normal(8, 2, 3)];
  const I = identity(1);
  const twice = new HybridSparseAttention({
    heads: [{ W_Q: I, W_K: I, W_V: I }],
    W_O: I,
    radius: 1,
    reading: { repeated: "twice", globalRows: "window" },
  });
  const { output, weights } = twice.attend(Q, K, V, [4]);
  const assigned = rowsOf(weights.w_local).map((slots, t) => {
    const row = new Array<number>(8).fill(0);
    slots.forEach((w, m) => {
      if (row[t - 1 + m] !== undefined) row[t - 1 + m] = w;
    });
    row[4] = rowsOf(weights.w_global)[t]![0]!;
    return row;
  });
  assert.deepEqual(
    assigned.map((row) => sum(row) < 0.999),
    [3, 4, 5].reduce((less, t) => {
      less[t] = true;
      return less;
    }, new Array<boolean>(8).fill(false)),
  );
  const added = rowsOf(twice.fullAttention(weights));
  assertRowSums(twice.fullAttention(weights));
  assertClose(
    output,
    added.map((row) => [0, 1].map((c) => row.reduce((o, a, j) => o + a * at(V, j, c), 0))),
    1e-6,
    "the map that adds is the one that made the output",
  );
});
