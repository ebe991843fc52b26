import assert from "node:assert/strict";
import test from "node:test";
import { addWeights, toDense } from "../../lib/graph/maps.ts";
import { allKeys, blockKeys, causalKeys, fixedKeys, globalKeys } from "../../lib/graph/patterns.ts";
import { globalQueries, globalTokens, keysFromLists, keysWhere } from "../../lib/graph/patterns.ts";
import { randomKeys, slidingWindow, stridedKeys } from "../../lib/graph/patterns.ts";
import { expandBlocks, intersect, restrict, prependTokens, withoutPadding } from "../../lib/graph/algebra.ts";
import { union } from "../../lib/graph/algebra.ts";

const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
  assert.throws(run, { name, message });

test("numbers that are not whole, negative, or out of range", () => {
  raises(() => slidingWindow(-1, 1), "RangeError", "slidingWindow: queries must be an integer ≥ 0; got -1");
  raises(() => slidingWindow(5, -1), "RangeError", "slidingWindow: radius must be an integer ≥ 0; got -1");
  raises(() => slidingWindow(5, 0.5), "RangeError", "slidingWindow: radius must be an integer ≥ 0; got 0.5");
  raises(() => slidingWindow(5, NaN), "RangeError", "slidingWindow: radius must be an integer ≥ 0; got NaN");
  raises(
    () => slidingWindow(5, "2" as never),
    "TypeError",
    'slidingWindow: radius must be a number; got "2"',
  );
  raises(
    () => slidingWindow(5, 1, { dilation: 0 }),
    "RangeError",
    "slidingWindow: dilation must be an integer ≥ 1; got 0",
  );
  raises(
    () => slidingWindow(5, 1, { keys: -2 }),
    "RangeError",
    "slidingWindow: keys must be an integer ≥ 0; got -2",
  );
  raises(() => causalKeys(3, 3, 0.5), "RangeError", "causalKeys: offset must be an integer; got 0.5");
  raises(() => stridedKeys(3, 0), "RangeError", "stridedKeys: stride must be an integer ≥ 1; got 0");
  raises(() => fixedKeys(3, 2, 3), "RangeError", "fixedKeys: summary must be an integer in [0, 2]; got 3");
  raises(() => blockKeys([2, -1]), "RangeError", "blockKeys: sizes[1] must be an integer ≥ 0; got -1");
  raises(() => allKeys(2, 1.5), "RangeError", "allKeys: keys must be an integer ≥ 0; got 1.5");
  raises(
    () => prependTokens(allKeys(2, 2), -1),
    "RangeError",
    "prependTokens: extra must be an integer ≥ 0; got -1",
  );
});

test("indices out of range or repeated", () => {
  raises(
    () => globalTokens(5, [5]),
    "RangeError",
    "globalTokens: globals[0] must be an integer in [0, 4]; got 5",
  );
  raises(
    () => globalKeys(9, 5, [1, -1]),
    "RangeError",
    "globalKeys: globals[1] must be an integer in [0, 4]; got -1",
  );
  raises(
    () => globalQueries(5, 9, [1, 3, 1]),
    "RangeError",
    "globalQueries: globals must name each token once; got 1, 3, 1",
  );
  const causes = "local, global, random, strided, block, row, column, other";
  raises(
    () => keysFromLists([[0]], 3, "far" as never),
    "RangeError",
    `keysFromLists: reason must be one of ${causes}; got far`,
  );
  raises(
    () => keysFromLists([[0], [2, 3]], 3),
    "RangeError",
    "keysFromLists: lists[1][1] must be an integer in [0, 2]; got 3",
  );
});

test("graphs that do not fit together", () => {
  raises(
    () => union(allKeys(2, 3), allKeys(2, 3), allKeys(3, 2)),
    "RangeError",
    "union: graphs[2] must have 2 queries and 3 keys; got 3 and 2",
  );
  raises(
    () => intersect(allKeys(2, 3), allKeys(2, 2)),
    "RangeError",
    "intersect: b must have 2 queries and 3 keys; got 2 and 2",
  );
  raises(
    () => expandBlocks(allKeys(2, 2), 3, 7),
    "RangeError",
    "expandBlocks: blocks.queries must be an integer in [3, 3]; got 2",
  );
  raises(
    () => expandBlocks(allKeys(3, 2), 3, 7),
    "RangeError",
    "expandBlocks: blocks.keys must be an integer in [3, 3]; got 2",
  );
  raises(
    () => expandBlocks(allKeys(3, 3), 0, 7),
    "RangeError",
    "expandBlocks: size must be an integer ≥ 1; got 0",
  );
});

test("predicates, flags and values of the wrong kind or number", () => {
  raises(
    () => keysWhere(2, 2, [[true]] as never),
    "TypeError",
    "keysWhere: allow must be a function (i, j, head) => boolean; got object",
  );
  raises(
    () => restrict(allKeys(2, 2), null as never),
    "TypeError",
    "restrict: allow must be a function (i, j, head) => boolean; got object",
  );
  raises(
    () => withoutPadding(allKeys(2, 3), [true, false]),
    "RangeError",
    "withoutPadding: keys.length must be an integer in [3, 3]; got 2",
  );
  raises(
    () => withoutPadding(allKeys(2, 2), [1, 0] as never),
    "TypeError",
    "withoutPadding: keys must hold booleans, true = real; got 1",
  );
  raises(
    () => withoutPadding(allKeys(2, 2), [true, true], [true]),
    "RangeError",
    "withoutPadding: queries.length must be an integer in [2, 2]; got 1",
  );
  const graph = slidingWindow(2, 0);
  raises(
    () => toDense({ graph, values: new Float32Array(3) }),
    "RangeError",
    "toDense: values must hold one number for each of the graph's 2 pairs; got 3",
  );
  raises(
    () => toDense({ graph, values: [1, 2] as never }),
    "TypeError",
    "toDense: values must be a Float32Array; got Array",
  );
  const weights = { graph, values: new Float32Array(2) };
  const short = { graph, values: new Float32Array(1) };
  raises(
    () => addWeights(weights, short),
    "RangeError",
    "addWeights: b.values must hold one number for each of the graph's 2 pairs; got 1",
  );
});

test("a hole in a list is no number, and a random that leaves [0, 1) draws nothing", () => {
  const holes = Array.from({ length: 3 }, (_, e) => e);
  delete holes[1];
  const hole = (name: string): string => `${name}[1] must be a number; got undefined`;
  raises(() => keysFromLists([holes], 3), "TypeError", `keysFromLists: ${hole("lists[0]")}`);
  raises(() => globalTokens(3, holes), "TypeError", `globalTokens: ${hole("globals")}`);
  raises(() => blockKeys(holes), "TypeError", `blockKeys: ${hole("sizes")}`);
  raises(
    () => keysFromLists([[0]], 1, "toString" as never),
    "RangeError",
    "keysFromLists: reason must be one of local, global, random, strided, block, row, column, other; got " +
      "toString",
  );
  for (const u of [1, 1.5, -0.1, NaN]) {
    raises(
      () => randomKeys(slidingWindow(3, 0), 1, () => u),
      "RangeError",
      `randomKeys: random must give numbers in [0, 1); got ${u}`,
    );
  }
  raises(
    () => globalKeys(1, 2 ** 33, [2 ** 32 + 1]),
    "RangeError",
    "a graph: its number of keys must be an integer in [0, 2147483648]; got 8589934592",
  );
  const far = keysFromLists([[2 ** 31 - 1]], 2 ** 31);
  assert.deepEqual([...far.key], [2 ** 31 - 1]);
  raises(
    () => expandBlocks(far, 4, 1, 2 ** 33),
    "RangeError",
    "expandBlocks: keys must be an integer in [0, 2147483648]; got 8589934592",
  );
  raises(
    () => causalKeys(3, 3, "2" as never),
    "TypeError",
    "causalKeys: offset must be a number; got string",
  );
});

test("a graph of more pairs than can be held is refused at once, by our name", () => {
  const many = /at most 2147483647 pairs|do not fit into one array|at most 2³⁶/;
  const n = 65536;
  const all = allKeys(1, 1);
  const huge: Record<string, () => unknown> = {
    allKeys: () => allKeys(n, n),
    causalKeys: () => causalKeys(1e5, 1e5),
    "causalKeys, ends aligned": () => causalKeys(1e5, 1e6, 9e5),
    slidingWindow: () => slidingWindow(1e5, 5e4),
    "slidingWindow, dilated": () => slidingWindow(1e6, 5e4, { dilation: 3 }),
    stridedKeys: () => stridedKeys(1e5, 2),
    fixedKeys: () => fixedKeys(1e5, 4, 2),
    blockKeys: () => blockKeys([10, n]),
    globalKeys: () => globalKeys(1e9, 10, [1, 2, 3]),
    globalQueries: () => globalQueries(10, 1e9, [1, 2, 3]),
    globalTokens: () => globalTokens(1.2e9, [0, 1]),
    expandBlocks: () => expandBlocks(all, n, n),
    "expandBlocks, 50000": () => expandBlocks(all, 50000, 50000),
    randomKeys: () => randomKeys(slidingWindow(70000, 0), 69000, Math.random),
    keysWhere: () => keysWhere(1e6, 1e6, () => true),
    "many queries": () => slidingWindow(1e13, 0),
    toDense: () => {
      const graph = { ...globalKeys(1e5, 1e6, []), start: new Int32Array(1e5 + 1) };
      return toDense({ graph, values: new Float32Array(0) });
    },
  };
  for (const name of Object.keys(huge)) {
    const from = Date.now();
    assert.throws(huge[name]!, { name: "RangeError", message: many }, name);
    assert.ok(Date.now() - from < 3000, `${name} took ${Date.now() - from} ms`);
  }
});

test("the number of pairs that is checked first is the number of pairs: no graph that fits is refused", () => {
  const cases = [[5, 7, 0], [7, 5, 2], [3, 9, -2], [9, 3, 4], [4, 4, -9], [4, 4, 9]] as const;
  for (const [queries, keys, offset] of cases) {
    let pairs = 0;
    for (let i = 0; i < queries; i++) for (let j = 0; j < keys; j++) if (j <= i + offset) pairs++;
    assert.equal(causalKeys(queries, keys, offset).key.length, pairs);
  }
});
