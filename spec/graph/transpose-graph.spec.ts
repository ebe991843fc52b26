import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits } from "../support/values.ts";
import { checkNeighbours } from "../../lib/graph/neighbours.ts";
import { globalTokens, keysFromLists, slidingWindow } from "../../lib/graph/patterns.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { transpose } from "../../lib/kernels/transpose.ts";
import { transposeWeights } from "../../lib/graph/transpose-graph.ts";
import { union } from "../../lib/graph/algebra.ts";

test("its map is the transpose of the map; it is a sound graph with the same reasons; twice is the start", () => {
  for (const graph of [
    keysFromLists([[0, 2], [], [1, 2, 3]], 5),
    union(slidingWindow(7, 1), globalTokens(7, [2])),
    keysFromLists([], 3),
    keysFromLists([[], []], 0),
  ]) {
    const values = Float32Array.from(graph.key, (_, e) => e + 1);
    const turned = transposeWeights({ graph, values });
    checkNeighbours("spec", "transpose", turned.graph, { queries: graph.keys, keys: graph.queries });
    assertSameBits(toDense(turned), transpose(toDense({ graph, values })));
    const back = transposeWeights(turned);
    assert.deepEqual([back.graph, back.values], [graph, values]);
  }
});

test("errors say who, what and why", () => {
  assert.throws(() => transposeWeights({ graph: slidingWindow(3, 1), values: new Float32Array(2) }), {
    message: "transposeWeights: values must hold one number for each of the graph's 7 pairs; got 2",
  });
});
