import assert from "node:assert/strict";
import test from "node:test";
import { allKeys, keysFromLists, slidingWindow, stridedKeys } from "../../lib/graph/patterns.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { everyPattern } from "../support/sparse-patterns.ts";
import { listsOf } from "../support/graphs.ts";
import { tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { upTo } from "../oracle/patterns.ts";
import { mix } from "../../lib/kernels/mix.ts";
import { mixAt, textbookMixAt } from "../../lib/graph/mix-at.ts";
import { toDense } from "../../lib/graph/maps.ts";

test("the weighted sum of each query's own values, at every remainder of eight columns", () => {
  for (const d of [0, 1, 7, 8, 9, 16, 19]) {
    for (const [n, graph] of [
      [13, slidingWindow(13, 2)],
      [13, stridedKeys(13, 5)],
      [1, slidingWindow(1, 0)],
      [0, slidingWindow(0, 3)],
    ] as const) {
      const A = normal(1, graph.key.length, 1).data;
      const V = normal(n, d, 2);
      const v = rowsOf(V);
      const expected = listsOf(graph).map((keys, i) =>
        upTo(d).map((c) => keys.reduce((sum, j, m) => sum + A[graph.start[i]! + m]! * v[j]![c]!, 0)),
      );
      if (n > 0) assertClose(mixAt(A, V, graph), expected, tolerance(), `n ${n}, d ${d}`);
      else assertSameBits(mixAt(A, V, graph), matrix(0, d));
      assertSameBits(mixAt(A, V, graph), textbookMixAt(A, V, graph), "the textbook's loop");
    }
  }
});

test("by hand: half of v_0 and a quarter of v_2; nothing; twice v_1", () => {
  // 0.5·[4, 8] + 0.25·[20, 0] = [7, 4];  [0, 0];  2·[1, 3] = [2, 6]
  const O = mixAt(
    Float32Array.of(0.5, 0.25, 2),
    fromRows([
      [4, 8],
      [1, 3],
      [20, 0],
    ]),
    keysFromLists([[0, 2], [], [1]], 3),
  );
  assertSameBits(
    O,
    fromRows([
      [7, 4],
      [0, 0],
      [2, 6],
    ]),
  );
});

test("the same bits as mix of the full map", () => {
  const graph = slidingWindow(13, 3, { keys: 17 });
  const values = normal(1, graph.key.length, 3).data;
  assertSameBits(
    mixAt(values, normal(17, 11, 4), graph),
    mix(toDense({ graph, values }), normal(17, 11, 4)),
  );
});

test("the textbook's loop gives the same bits: every pattern, weights of 0, NaN in what is seen", () => {
  for (const n of [1, 2, 7, 17]) {
    const V = poison(normal(n, 11, 2), n >> 1, NaN);
    for (const [name, graph] of everyPattern(n)) {
      const A = normal(1, graph.key.length, 1).data;
      for (let e = 0; e < A.length; e += 3) A[e] = e % 2 === 0 ? 0 : -0;
      assertSameBits(mixAt(A, V, graph), textbookMixAt(A, V, graph), `${name}, n ${n}`);
    }
  }
});

test("values that a query does not see, or that weigh 0, are not read, and inputs are left alone", () => {
  const graph = slidingWindow(7, 1);
  const A = normal(1, graph.key.length, 3).data;
  const V = normal(7, 9, 4);
  const clean = mixAt(A, V, graph);
  for (const j of upTo(7)) {
    assertSameRows(
      mixAt(A, poison(V, j, NaN), graph),
      clean,
      upTo(7).filter((i) => Math.abs(i - j) > 1),
      `value ${j}`,
    );
  }
  const none = A.slice();
  none[graph.start[3]! + 1] = 0; // query 3, key 3
  assertSameRows(mixAt(none, poison(V, 3, Infinity), graph), mixAt(none, V, graph), [3], "weight 0");
  assert.ok(rowsOf(mixAt(A, poison(V, 3, NaN), graph))[4]!.every(Number.isNaN), "what is seen shows");
  assertSameBits(V, normal(7, 9, 4));
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(
    () => mixAt(new Float32Array(3), matrix(2, 3), allKeys(2, 2)),
    "mixAt: A must hold one number for each of the graph's 4 pairs; got 3",
  );
  raises(
    () => mixAt(new Float32Array(4), matrix(3, 3), allKeys(2, 2)),
    "mixAt: graph must have 2 queries and 3 keys; got 2 and 2",
  );
  raises(
    () => textbookMixAt(new Float32Array(3), matrix(2, 3), allKeys(2, 2)),
    "textbookMixAt: A must hold one number for each of the graph's 4 pairs; got 3",
  );
});
