import assert from "node:assert/strict";
import test from "node:test";
import type { Neighbours } from "../../lib/graph/neighbours.ts";
import { checkNeighbours } from "../../lib/graph/neighbours.ts";
import { reasons } from "../../lib/graph/maps.ts";
import { slidingWindow } from "../../lib/graph/patterns.ts";

const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
  assert.throws(run, { name, message });

test("a graph made by hand is believed only as far as it is sound", () => {
  const sound = slidingWindow(3, 1); // start 0 2 5 7, key 0 1 | 0 1 2 | 1 2
  const check = (
    change: Partial<Record<keyof Neighbours, unknown>>,
    name: "RangeError" | "TypeError",
    message: string,
  ): void => raises(() => reasons({ ...sound, ...change } as never), name, `reasons: ${message}`);
  check({ queries: 2 }, "RangeError", "graph.start.length must be an integer in [3, 3]; got 4");
  check({ queries: -1 }, "RangeError", "graph.queries must be an integer ≥ 0; got -1");
  check({ keys: 1.5 }, "RangeError", "graph.keys must be an integer ≥ 0; got 1.5");
  check({ keys: 2 }, "RangeError", "graph's keys of query 1 must ascend in [0, 1]; got 2 after 1");
  check({ start: [0, 2, 5, 7] }, "TypeError", "graph.start must be an Int32Array; got Array");
  check({ reason: new Int8Array(7) }, "TypeError", "graph.reason must be a Uint8Array; got Int8Array");
  check(
    { start: Int32Array.of(1, 2, 5, 7) },
    "RangeError",
    "graph.start[0] must be an integer in [0, 0]; got 1",
  );
  check(
    { start: Int32Array.of(0, 5, 2, 7) },
    "RangeError",
    "graph's keys of query 0 must ascend in [0, 2]; got 0 after 1",
  );
  check(
    { start: Int32Array.of(0, 2, 1, 7) },
    "RangeError",
    "graph.start[2] must be an integer in [2, 7]; got 1",
  );
  check(
    { start: Int32Array.of(0, 2, 5, 6) },
    "RangeError",
    "graph.start[3] must be an integer in [7, 7]; got 6",
  );
  check(
    { reason: new Uint8Array(6).fill(1) },
    "RangeError",
    "graph.reason.length must be an integer in [7, 7]; got 6",
  );
  check(
    { reason: Uint8Array.of(1, 1, 1, 0, 1, 1, 1) },
    "RangeError",
    "graph.reason must name a cause for each pair; got 0 for query 1, key 1",
  );
  check(
    { key: Int32Array.of(0, 1, 0, 0, 2, 1, 2) },
    "RangeError",
    "graph's keys of query 1 must ascend in [0, 2]; got 0 after 0",
  );
  check(
    { key: Int32Array.of(0, 1, 0, 1, 2, 1, -2) },
    "RangeError",
    "graph's keys of query 2 must ascend in [0, 2]; got -2 after 1",
  );
  raises(
    () => checkNeighbours("spec", "N", undefined as never),
    "TypeError",
    "spec: N must be Neighbours { queries, keys, start, key, reason }; got undefined",
  );
});
