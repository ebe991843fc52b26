import assert from "node:assert/strict";
import test from "node:test";
import type { Neighbours } from "../../lib/graph/neighbours.ts";
import { allKeys, globalKeys, keysFromLists, randomKeys, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { dot } from "../oracle/naive.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { listsOf } from "../support/graphs.ts";
import { upTo } from "../oracle/patterns.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";
import { scoresAt, textbookScoresAt } from "../../lib/graph/scores-at.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";

/** Zero to eleven keys a query: every remainder after groups of four. */
const staircase = (queries: number, keys: number): Neighbours =>
  keysFromLists(
    upTo(queries).map((i) => upTo(Math.min(i, keys)).map((m) => (3 * m) % keys)),
    keys,
  );

test("one dot product for each pair of the graph, in the graph's order", () => {
  for (const [n_q, n_k, d] of [
    [0, 3, 2],
    [3, 0, 2],
    [1, 1, 1],
    [13, 11, 5],
    [12, 37, 64],
    [5, 7, 0],
  ] as const) {
    const [Q, K] = [normal(n_q, d, 1), normal(n_k, d, 2)];
    for (const graph of [
      allKeys(n_q, n_k),
      slidingWindow(n_q, 2, { keys: n_k }),
      n_k > 0 ? staircase(n_q, n_k) : allKeys(n_q, 0),
    ]) {
      const [q, k] = [rowsOf(Q), rowsOf(K)];
      const expected = listsOf(graph).flatMap((keys, i) => keys.map((j) => dot(q[i]!, k[j]!)));
      const S = scoresAt(Q, K, graph);
      assertClose(matrix(1, S.length, S), [expected], tolerance());
      assert.deepEqual(S, textbookScoresAt(Q, K, graph), "the textbook's loop");
    }
  }
});

test("by hand: query 0 against keys 0 and 2, query 1 against key 1", () => {
  // [1, 2]·[3, 4] = 11, [1, 2]·[7, 8] = 23, [0, 10]·[5, 6] = 60
  const S = scoresAt(
    fromRows([
      [1, 2],
      [0, 10],
    ]),
    fromRows([
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
    keysFromLists([[0, 2], [1]], 3),
  );
  assert.deepEqual(Array.from(S), [11, 23, 60]);
});

test("the same bits as the dense product, for every pair", () => {
  const [Q, K] = [normal(13, 19, 1), normal(17, 19, 2)];
  const graph = allKeys(13, 17);
  assertSameBits(toDense({ graph, values: scoresAt(Q, K, graph) }), matmulTransposed(Q, K));
});

test("the textbook's loop gives the same bits: every pattern, NaN in what is seen", () => {
  for (const n of [1, 2, 7, 17]) {
    const Q = normal(n, 6, 1);
    const K = poison(normal(n, 6, 2), n >> 1, NaN);
    for (const [name, graph] of everyPattern(n)) {
      assert.deepEqual(scoresAt(Q, K, graph), textbookScoresAt(Q, K, graph), `${name}, n ${n}`);
    }
  }
});

test("keys that a query does not see are not read, and inputs are left alone", () => {
  const [Q, K] = [normal(13, 5, 1), normal(13, 5, 2)];
  const window = union(slidingWindow(13, 1), globalKeys(13, 13, [12]));
  const graph = union(window, randomKeys(window, 2, randomGenerator(3)));
  const clean = scoresAt(Q, K, graph);
  listsOf(graph).forEach((keys, i) => {
    const hidden = upTo(13)
      .filter((j) => !keys.includes(j))
      .reduce((P, j) => poison(P, j, NaN), K);
    assert.deepEqual(
      scoresAt(Q, hidden, graph).subarray(graph.start[i], graph.start[i + 1]),
      clean.subarray(graph.start[i], graph.start[i + 1]),
    );
  });
  assertSameBits(Q, normal(13, 5, 1));
  assertSameBits(K, normal(13, 5, 2));
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(
    () => scoresAt(matrix(2, 3), matrix(4, 2), allKeys(2, 4)),
    "scoresAt: K must be (any, 3); got (4, 2)",
  );
  raises(
    () => scoresAt(matrix(2, 3), matrix(4, 3), allKeys(4, 2)),
    "scoresAt: graph must have 2 queries and 4 keys; got 4 and 2",
  );
  raises(
    () => scoresAt(matrix(1, 3), matrix(2, 3), { ...allKeys(1, 2), key: Int32Array.of(0, 2) }),
    "scoresAt: graph's keys of query 0 must ascend in [0, 1]; got 2 after 0",
  );
  raises(
    () => textbookScoresAt(matrix(2, 3), matrix(4, 2), allKeys(2, 4)),
    "textbookScoresAt: K must be (any, 3); got (4, 2)",
  );
});
