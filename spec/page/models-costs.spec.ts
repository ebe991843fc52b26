import assert from "node:assert/strict";
import { test } from "node:test";
import { COST_NAMES, costOf, costSums, costTable, crossingOf } from "../../scripts/page/models/costs.ts";
import { ON_GRIDS, pairsOfWindow, type CostName } from "../../scripts/page/models/costs.ts";
import { bigBirdPairs } from "../../lib/models/big-bird-counts.ts";
import { longformerPairs } from "../../lib/models/longformer-counts.ts";
import { attentionCounts } from "../../lib/models/counts.ts";
import { costCounted } from "./expected-sparse.ts";
import { crossPatchCounts, innerPatchCounts } from "../../lib/models/cat-counts.ts";
import { featureMapPairs } from "../../lib/attention/feature-map-attention.ts";
import { pageEntries } from "../../scripts/atlas/in-page.ts";

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
  assert.deepEqual(at("inner"), [262144, 100663296]);
  assert.deepEqual(at("between"), [262144, 100663296]);
  assert.deepEqual(at("bahdanau"), [4096, 528384]);
  assert.deepEqual(at("luong"), [4096, 532480]);
});

test("costs: every row is what loops count, pair by pair and product by product", () => {
  for (const T of [16, 64, 256]) {
    for (const [radius, globals] of [[8, 5], [64, 0], [1, 16]] as const) {
      for (const [name, counted] of Object.entries(costCounted(T, radius, globals))) {
        const { pairs, multiplyAdds } = costOf(name as CostName, T, { radius, globals });
        assert.deepEqual([pairs, multiplyAdds], counted, `${name} at ${T}, radius ${radius}`);
      }
    }
  }
});

test("costs: rows that the library counts are what it says", () => {
  for (const side of [8, 16, 64]) {
    const T = side * side;
    const shape = { H: side, W: side, C: 64, p: 8 };
    const of = (name: CostName): number => costOf(name, T, SETTINGS).multiplyAdds;
    assert.equal(of("inner"), innerPatchCounts({ ...shape, heads: 1 }).multiplyAdds);
    assert.equal(of("between"), crossPatchCounts(shape).multiplyAdds);
    assert.equal(of("heads"), attentionCounts({ n_q: T, d_model: 64 }).multiplyAdds);
    for (const [name, scope] of [["mapsPatch", "patch"], ["mapsImage", "image"]] as const) {
      const { inner, between } = featureMapPairs({ N: T / 16, M: 4, s: 2, scope });
      const { pairs, multiplyAdds } = costOf(name, T, SETTINGS);
      assert.deepEqual([pairs, multiplyAdds], [inner + between, 4 * inner + 8 * between], `${name} ${T}`);
    }
    for (const [radius, globals] of [[0, 0], [3, 2], [16, 40], [512, 64]] as const) {
      const places = Array.from({ length: Math.min(T, globals) }, (_, g) => g);
      const { pairs } = costOf("longformer", T, { radius, globals });
      assert.equal(pairs, longformerPairs(T, radius, places), `Longformer ${T}, ${radius}, ${globals}`);
    }
    if (T >= 11 * 64) assert.equal(costOf("bird", T, SETTINGS).pairs, bigBirdPairs(T));
  }
});

test("costs: the sum shown of a row is the row, its numbers put in, at every length", () => {
  for (const name of COST_NAMES) {
    for (let power = 4; power <= 16; power += 2) {
      for (const settings of [SETTINGS, { radius: 512, globals: 64 }, { ...SETTINGS, wrong: "squares" } as const]) {
        const T = 2 ** power;
        const row = costOf(name, T, settings);
        const sums = costSums(name, T, settings, String);
        for (const part of ["pairs", "multiplyAdds"] as const) {
          const total = sums[part].reduce((sum, { sign, value }) => sum + (sign === "−" ? -value : value), 0);
          assert.equal(total, row[part], `${name} ${T} ${part}`);
          for (const { numbers, value } of sums[part]) {
            assert.doesNotMatch(numbers, /[a-z∩]|NaN/i, `${name} ${T}: ${numbers}`);
            const own = numbers.replace(/·/g, "*").replace(/−/g, "-").replace(/²/g, "**2");
            assert.equal(new Function(`return ${own}`)(), value, `${name} ${T}: ${numbers}`);
          }
        }
      }
    }
  }
});

/** The rows that stand for each mechanism of the atlas; whole models are sums of them. */
const ROWS: Readonly<Record<string, readonly CostName[]>> = {
  attention: ["dot"],
  "dot-product": ["dot"],
  "scaled-dot-product": ["dot"],
  bilinear: ["bilinear"],
  additive: ["additive"],
  concat: ["joined"],
  hard: ["hard"],
  sampled: ["hard"],
  temperature: ["dot"],
  sparsemax: ["dot"],
  streaming: ["dot"],
  gradient: ["gradient"],
  "self-attention": ["self"],
  "target-target": ["self", "causal"],
  "structured-self-attention": ["structured"],
  bahdanau: ["bahdanau"],
  luong: ["luong"],
  "multi-head": ["heads"],
  "cross-attention": ["cross"],
  "parameter-free-self": ["dot"],
  "parameter-free-cross": ["cat"],
  "class-token": ["token"],
  "feature-map": ["mapsImage", "mapsPatch"],
  cat: ["inner", "between"],
  "encoder-decoder": ["heads", "cross"],
  "cross-vit": ["heads", "token"],
  "hybrid-sparse": ["hybrid"],
  sparse: ["window", "causal", "phrases"],
  longformer: ["longformer"],
  "big-bird": ["bird"],
  factorized: ["factorised"],
  "factorized-parallel": ["parallel"],
  axial: ["axial"],
};

test("costs: every mechanism of the atlas has its row, and every row its mechanism", () => {
  assert.deepEqual(Object.keys(ROWS).sort(), pageEntries().map(({ id }) => id).sort());
  assert.deepEqual([...new Set(Object.values(ROWS).flat())].sort(), [...COST_NAMES].sort());
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
    const before = ON_GRIDS.includes(cheap) ? (Math.sqrt(T) - 1) ** 2 : T - 1;
    assert.ok(of(cheap, before) >= of(dear, before), `${cheap} at ${before}`);
  }
  assert.equal(crossingOf("dot", "dot", SETTINGS), undefined);
});
