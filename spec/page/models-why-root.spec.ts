import assert from "node:assert/strict";
import { test } from "node:test";
import { ROOT_DIVISORS, ROOT_KEYS, rootCurves, rootDivisor, rootModel, spreadOf } from "../../scripts/page/models/why-root.ts";
import { naiveSoftmax } from "../oracle/naive.ts";

test("why √d: the three rows are the oracle's softmax of the scores over their divisor", () => {
  for (const power of [0, 3, 7]) {
    const { d, raw, map } = rootModel(power, 4);
    ROOT_DIVISORS.forEach((name, n) => {
      const wanted = naiveSoftmax(raw.map((s) => s / rootDivisor(name, d)));
      wanted.forEach((w, j) => {
        const off = Math.abs(w - map.data[n * ROOT_KEYS + j]!);
        assert.ok(off < 1e-5, `${name} at ${d}, key ${j}: off by ${off}`);
      });
    });
  }
});

test("why √d: at d = 1 all rows agree; the order of the keys never changes", () => {
  const { map } = rootModel(0, 9);
  assert.deepEqual(Array.from(map.data.subarray(0, ROOT_KEYS)), Array.from(map.data.subarray(ROOT_KEYS, 2 * ROOT_KEYS)));
  const wide = rootModel(5, 9).map.data;
  const best = [0, 1, 2].map((n) => {
    const row = Array.from(wide.subarray(n * ROOT_KEYS, (n + 1) * ROOT_KEYS));
    return row.indexOf(Math.max(...row));
  });
  assert.equal(new Set(best).size, 1, best.join());
});

test("why √d: the scores spread like √d; undivided one key takes all, ÷d all are alike, ÷√d neither", () => {
  for (const power of [4, 8, 10]) {
    const spreads = Array.from({ length: 40 }, (_, seed) => rootModel(power, seed).spread / Math.sqrt(2 ** power));
    const mean = spreads.reduce((a, x) => a + x) / spreads.length;
    assert.ok(mean > 0.75 && mean < 1.15, `2^${power}: ${mean}`);
  }
  const { none, root, width } = rootCurves(2);
  assert.ok(none[10]! > 0.95, `undivided ${none[10]}`);
  assert.ok(width[10]! < 0.1, `÷d ${width[10]}`);
  assert.ok(root.slice(3).every((w) => w > 0.2 && w < 0.5), `÷√d ${root}`);
});

test("spreadOf: by hand", () => assert.equal(spreadOf([1, 3, 5, 7]), Math.sqrt(5)));
