import assert from "node:assert/strict";
import test from "node:test";
import { REASON, checkNeighbours } from "../../lib/graph/neighbours.ts";
import { allKeys, globalTokens, keysFromLists, randomKeys, slidingWindow } from "../../lib/graph/patterns.ts";
import { below, upTo } from "../oracle/patterns.ts";
import { listsOf } from "../support/graphs.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { union } from "../../lib/graph/algebra.ts";

test("each query draws r new keys that it does not see, or all that are left, ascending", () => {
  for (const n of [0, 1, 2, 7, 13, 31]) {
    for (const radius of [0, 1, 6, 40]) {
      for (const globals of [[], below(n, [3, 0]), upTo(n)]) {
        const seen = union(slidingWindow(n, radius), globalTokens(n, globals));
        for (const r of [0, 1, 3, 100]) {
          const drawn = randomKeys(seen, r, randomGenerator(n + r));
          checkNeighbours("spec", "drawn", drawn, seen);
          assert.ok(
            drawn.reason.every((bits) => bits === REASON.random),
            "drawn for no other reason",
          );
          const [before, after] = [listsOf(seen), listsOf(drawn)];
          after.forEach((keys, i) => {
            assert.equal(
              keys.length,
              Math.min(r, n - before[i]!.length),
              `n ${n}, radius ${radius}, r ${r}: query ${i}`,
            );
            assert.ok(
              keys.every((j) => !before[i]!.includes(j)),
              "nothing that it saw already",
            );
          });
          assert.equal(
            union(seen, drawn).key.length,
            seen.key.length + drawn.key.length,
            "without overlap",
          );
        }
      }
    }
  }
});

test("all sets of r unseen keys are equally likely", () => {
  // Each of 6000 queries sees key 2 of 5 and draws two of the other four: six sets, 1000 times each, with a
  // standard deviation of √(6000 · 1/6 · 5/6) = 29.
  const seen = keysFromLists(
    upTo(6000).map(() => [2]),
    5,
  );
  const times = new Map<string, number>();
  for (const keys of listsOf(randomKeys(seen, 2, randomGenerator(11)))) {
    times.set(keys.join(), (times.get(keys.join()) ?? 0) + 1);
  }
  assert.deepEqual([...times.keys()].sort(), ["0,1", "0,3", "0,4", "1,3", "1,4", "3,4"]);
  for (const [keys, count] of times) {
    assert.ok(Math.abs(count - 1000) < 5 * 29, `${keys} was drawn ${count} times`);
  }
});

test("the same seed draws the same keys, another seed others, and every part of the sequence is " +
  "reached", () => {
  const seen = slidingWindow(4096, 1);
  const drawn = randomKeys(seen, 3, randomGenerator(5));
  assert.deepEqual(randomKeys(seen, 3, randomGenerator(5)), drawn);
  assert.notDeepEqual(randomKeys(seen, 3, randomGenerator(6)).key, drawn.key);
  const sixteenths = new Array<number>(16).fill(0);
  drawn.key.forEach((j) => sixteenths[Math.floor(j / 256)]!++);
  for (const count of sixteenths) {
    assert.ok(
      Math.abs(count - 768) < 5 * 27,
      `${sixteenths}: 4096 · 3 / 16 = 768 each, standard deviation 27`,
    );
  }
});

test("drawing takes steps in proportion to the pairs: three of 200,000 keys for each of 20,000 " +
  "queries", () => {
  assert.equal(
    randomKeys(
      keysFromLists(
        upTo(20000).map(() => [7]),
        200000,
      ),
      3,
      randomGenerator(1),
    ).key.length,
    60000,
  );
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
    assert.throws(run, { name, message });
  raises(
    () => randomKeys(allKeys(2, 2), -1, Math.random),
    "RangeError",
    "randomKeys: count must be an integer ≥ 0; got -1",
  );
  raises(
    () => randomKeys(allKeys(2, 2), 1.5, Math.random),
    "RangeError",
    "randomKeys: count must be an integer ≥ 0; got 1.5",
  );
  raises(
    () => randomKeys(allKeys(2, 2), 1, 7 as never),
    "TypeError",
    "randomKeys: random must be a function () => number; got number",
  );
  raises(
    () => randomKeys(null as never, 1, Math.random),
    "TypeError",
    "randomKeys: seen must be Neighbours { queries, keys, start, key, reason }; got null",
  );
});
