import assert from "node:assert/strict";
import { test } from "node:test";
import { COST_NAMES, costOf, costTable, crossingOf, pairsOfWindow } from "../../scripts/page/models/costs.ts";

const SETTINGS = { radius: 3, globals: 2 };

test("costs: pairs of the sparse ones are counted one by one", () => {
  for (const T of [1, 4, 16, 49]) {
    const count = (sees: (i: number, j: number) => boolean): number => {
      let pairs = 0;
      for (let i = 0; i < T; i++) for (let j = 0; j < T; j++) if (sees(i, j)) pairs++;
      return pairs;
    };
    const side = Math.sqrt(T);
    const near = (i: number, j: number): boolean => Math.abs(i - j) <= 3;
    assert.equal(pairsOfWindow(T, 3), count(near), `window ${T}`);
    assert.equal(
      costOf("causal", T, SETTINGS).pairs,
      count((i, j) => j <= i),
      `causal ${T}`,
    );
    assert.equal(
      costOf("longformer", T, SETTINGS).pairs,
      count((i, j) => near(i, j) || i < 2 || j < 2),
      `longformer ${T}`,
    );
    if (T === 16) {
      const line = (a: number, b: number): boolean => Math.floor(a / side) === Math.floor(b / side);
      assert.equal(
        costOf("axial", T, SETTINGS).pairs,
        count(line) + count((i, j) => i % side === j % side),
        "axial",
      );
    }
  }
});

test("costs: at 4,096 places the numbers are those that docs/costs.md prints", () => {
  const at = (
    name: (typeof COST_NAMES)[number],
    settings = { radius: 64, globals: 16 },
  ): [number, number] => {
    const { pairs, multiplyAdds } = costOf(name, 4096, settings);
    return [pairs, multiplyAdds];
  };
  assert.deepEqual(at("dot"), [16777216, 2147483648]);
  assert.deepEqual(at("hard"), [16777216, 1074003968]);
  assert.deepEqual(at("bilinear"), [16777216, 2164260864]);
  assert.deepEqual(at("additive"), [16777216, 2181038080]);
  assert.deepEqual(at("joined"), [16777216, 139586437120]);
  assert.deepEqual(at("structured"), [32768, 21233664]);
  assert.deepEqual(at("self"), [16777216, 2197815296]);
  assert.deepEqual(at("cross"), [262144, 67371008]);
  assert.deepEqual(at("heads"), [134217728, 2214592512]);
  assert.deepEqual(at("cat"), [67108864, 8589934592]);
  assert.deepEqual(at("window"), [524224, 134209536]);
  assert.deepEqual(at("causal"), [8390656, 1141112832]);
  assert.deepEqual(at("phrases"), [65536, 75497472]);
  assert.deepEqual(at("bird"), [2547712, 393216000]);
  assert.deepEqual(at("factorised"), [524288, 234881024]);
  assert.deepEqual(at("parallel"), [524288, 67108864]);
  assert.deepEqual(at("axial"), [524288, 201326592]);
  assert.deepEqual(at("token"), [4096, 34095104]);
});

test("costs: the table is sorted, and holds each mechanism once", () => {
  for (const by of ["pairs", "multiplyAdds"] as const) {
    const rows = costTable({ power: 12, ...SETTINGS }, by);
    assert.equal(new Set(rows.map(({ name }) => name)).size, COST_NAMES.length);
    rows.forEach((row, n) => assert.ok(n === 0 || row[by] <= rows[n - 1]![by], `${by}: ${row.name}`));
  }
});

test("costs: at a crossing the cheap one is cheaper, and just before it is not", () => {
  for (const [cheap, dear] of [
    ["window", "self"],
    ["axial", "self"],
    ["longformer", "self"],
    ["structured", "dot"],
  ] as const) {
    const T = crossingOf(cheap, dear, { radius: 64, globals: 16 });
    assert.ok(T !== undefined, `${cheap} never crosses ${dear}`);
    const of = (name: typeof cheap | typeof dear, n: number): number =>
      costOf(name, n, { radius: 64, globals: 16 }).multiplyAdds;
    assert.ok(of(cheap, T) < of(dear, T), `${cheap} at ${T}`);
    assert.ok(of(cheap, T - 1) >= of(dear, T - 1), `${cheap} at ${T - 1}`);
  }
  assert.equal(crossingOf("dot", "dot", SETTINGS), undefined);
});
