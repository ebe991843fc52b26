import assert from "node:assert/strict";
import test from "node:test";
import { allKeys, keysFromLists, slidingWindow } from "../../lib/graph/patterns.ts";
import { assertClose, assertSameBits, normal, tolerance } from "../support/values.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { softmaxPairs } from "../../lib/graph/softmax-at.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { toDense } from "../../lib/graph/maps.ts";

test("softmax of each query's own scores, for any number of keys", () => {
  for (const [n, radius] of [
    [0, 1],
    [1, 0],
    [2, 5],
    [13, 0],
    [13, 3],
    [31, 40],
  ] as const) {
    const graph = slidingWindow(n, radius);
    const S = normal(1, graph.key.length, 7).data;
    const expected = Array.from({ length: n }, (_, i) =>
      naiveSoftmax(Array.from(S.subarray(graph.start[i], graph.start[i + 1]))),
    ).flat();
    assertClose(matrix(1, S.length, softmaxPairs(S, graph)), [expected], tolerance());
  }
});

test("by hand: scores 0 and ln 3 give 1/4 and 3/4, a single key 1, no key nothing", () => {
  const A = softmaxPairs(Float32Array.of(0, Math.log(3), -50), keysFromLists([[0, 2], [], [1]], 3));
  assertClose(matrix(1, 3, A), [[0.25, 0.75, 1]], 1e-6);
});

test("the same bits as softmaxRows with the other pairs at −∞", () => {
  const graph = slidingWindow(13, 3, { keys: 17 });
  const S = normal(1, graph.key.length, 3).data;
  const dense = matrix(13, 17, new Float32Array(13 * 17).fill(-Infinity));
  for (let i = 0; i < 13; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) dense.data[i * 17 + graph.key[e]!] = S[e]!;
  }
  assertSameBits(toDense({ graph, values: softmaxPairs(S, graph) }), softmaxRows(dense));
});

test("ends: huge scores, −∞ alone, and a NaN or +∞ that stays in its own query", () => {
  const graph = allKeys(5, 2);
  const A = softmaxPairs(
    Float32Array.of(3e38, -3e38, -Infinity, -Infinity, NaN, 1, 1, Infinity, 2, 2),
    graph,
  );
  assert.deepEqual(Array.from(A), [1, 0, 0, 0, NaN, NaN, NaN, NaN, 0.5, 0.5]);
});

test("one number added to all of a query's scores changes nothing, and the scores are left alone", () => {
  const graph = slidingWindow(7, 2);
  const S = Float32Array.from({ length: graph.key.length }, (_, e) => e % 5);
  const before = S.slice();
  assert.deepEqual(
    softmaxPairs(
      S.map((x) => x + 1024),
      graph,
    ),
    softmaxPairs(S, graph),
  );
  assert.deepEqual(S, before);
});

test("errors name the argument and what was got", () => {
  assert.throws(() => softmaxPairs(new Float32Array(3), allKeys(2, 2)), {
    name: "RangeError",
    message: "softmaxPairs: S must hold one number for each of the graph's 4 pairs; got 3",
  });
  assert.throws(() => softmaxPairs([1, 2] as never, allKeys(1, 2)), {
    name: "TypeError",
    message: "softmaxPairs: S must be a Float32Array; got Array",
  });
  assert.throws(() => softmaxPairs(new Float32Array(2), null as never), {
    name: "TypeError",
    message: /^softmaxPairs: graph must be Neighbours/,
  });
});

test("scores far below −10,000 keep their differences, as in softmaxRows", () => {
  const S = matrix(2, 3, [-20000, -20001, -20002, -3e38, -3e38, -Infinity]);
  const along = toDense({ graph: allKeys(2, 3), values: softmaxPairs(S.data, allKeys(2, 3)) });
  assertSameBits(along, softmaxRows(S));
  assertClose(along, [[0.66524096, 0.24472847, 0.09003057], [0.5, 0.5, 0]], 1e-6);
});
