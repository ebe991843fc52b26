import assert from "node:assert/strict";
import test from "node:test";
import type { CrossViTConfig, CrossViTName } from "../../lib/models/cross-vit-counts.ts";
import { CrossViT, crossViTStage } from "../../lib/models/cross-vit.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { checkCrossViTConfig, crossViTConfig, crossViTCounts } from "../../lib/models/cross-vit-counts.ts";
import { crossViTPairs, patchesOf } from "../../lib/models/cross-vit-counts.ts";
import { normal } from "../support/values.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const small = { image: 8, patch: 2, d_model: 6, heads: 3, depth: 1, d_hidden: 7 };
const large = { image: 9, patch: 4, d_model: 8, heads: 2, depth: 2, d_hidden: 11 };
const config: CrossViTConfig = { channels: 3, classes: 5, stages: 2, branches: [small, large] };

/**
 * Parameters, without positions, and thousand millions of multiply-adds, computed with the released code; the
 * paper's Table 2 rounds them.
 */
const PUBLISHED: readonly [CrossViTName, number, number, string][] = [
  ["Ti", 7014800, 6938480, "1.563"],
  ["S", 26856272, 26703632, "5.616"],
  ["B", 105025232, 104719952, "21.191"],
  ["9", 8553296, 8451536, "1.841"],
  ["15", 27528464, 27375824, "5.791"],
  ["18", 43271408, 43093328, "9.031"],
];

for (const [name, parameters, without, giga] of PUBLISHED) {
  test(`CrossViT-${name} has ${parameters} parameters and takes ${giga} G multiply-adds, counted without ` +
    `making a matrix`, () => {
    const { total, positions, embedding, encoders, fusion, heads } = crossViTCounts(crossViTConfig(name));
    assert.equal(total.parameters, parameters);
    assert.equal(total.parameters - positions, without);
    assert.equal((total.multiplyAdds / 1e9).toFixed(3), giga);
    assert.equal(
      [embedding, encoders, fusion, heads].reduce((sum, part) => sum + part.multiplyAdds, 0),
      total.multiplyAdds,
    );
  });
}

/** The model's matrix products as loops, each multiply-add counted as it is taken. */
function countedLoops({ channels, classes, stages, branches, readings = 1, head }: CrossViTConfig): number {
  const counter = new NaiveCounter();
  const x = branches.map(({ image, patch, d_model }) => {
    const n = Math.floor(image / patch) ** 2;
    counter.linear(counter.rows(n, channels * patch * patch), d_model);
    return counter.rows(1 + n, d_model);
  });
  for (let k = 0; k < stages; k++) {
    branches.forEach(({ depth, heads, d_hidden }, b) => {
      for (let block = 0; block < (depth as number); block++) {
        counter.feedForward(counter.attention(x[b]!, x[b]!, heads), d_hidden);
      }
    });
    branches.forEach(({ d_model }, b) => {
      const other = branches[1 - b]!;
      let tokens = [...counter.linear(counter.rows(1, d_model), other.d_model), ...x[1 - b]!.slice(1)];
      for (let r = 0; r < readings; r++) tokens = counter.attention([tokens[0]!], tokens, other.heads);
      counter.linear(tokens, d_model);
    });
  }
  const widths = branches.map(({ d_model }) => d_model);
  for (const d of head === "joined" ? [widths[0]! + widths[1]!] : widths) {
    counter.linear(counter.rows(1, d), classes);
  }
  return counter.count;
}

test("multiply-adds equal counted loops on small models, for every option", () => {
  for (const variant of [
    {},
    { readings: 3 },
    { head: "joined" },
    { projection: "linear" },
    { stages: 0 },
    { channels: 1, stages: 1 },
  ] as Partial<CrossViTConfig>[]) {
    const sizes = { ...config, ...variant };
    assert.equal(
      crossViTCounts(sizes).total.multiplyAdds,
      countedLoops(sizes),
      JSON.stringify(variant),
    );
  }
});

test("the published formula of a fusion: 2de + 2e² + 2n'e² + 2n'e for n' keys", () => {
  const { fusion } = crossViTCounts({ ...config, stages: 1 });
  const of = (d: number, e: number, keys: number): number =>
    2 * d * e + 2 * e * e + 2 * keys * e * e + 2 * keys * e;
  assert.equal(fusion.multiplyAdds, of(6, 8, 1 + 4) + of(8, 6, 1 + 16));
});

test("by hand: pairs of a model with 16 and then 64 small patches", () => {
  const sided = (image: number): CrossViTConfig => ({
    ...config,
    stages: 1,
    branches: [
      { ...small, image },
      { ...large, depth: 0, image: 4 },
    ],
  });
  assert.deepEqual(
    [
      patchesOf({ image: 8, patch: 2 }),
      patchesOf({ image: 9, patch: 4 }),
      patchesOf({ image: 17, patch: 2 }),
    ],
    [16, 4, 64],
  );
  // One small block: (1 + n)² pairs. The large [CLS] reads 1 + n keys, the small one 1 + 1.
  assert.deepEqual(crossViTPairs(sided(8)), { encoders: 17 * 17, fusion: 17 + 2 });
  assert.deepEqual(crossViTPairs(sided(16)), { encoders: 65 * 65, fusion: 65 + 2 });
});

test("twice the patches: the fusion's cells double, self-attention's grow fourfold, the [CLS] aside", () => {
  const [stage] = CrossViT.random(
    { ...config, branches: [small, { ...large, depth: 1 }] },
    randomGenerator(1),
  ).stages;
  for (const N of [1, 5, 40]) {
    const [once, twice] = [N, 2 * N].map((m) => {
      const cells: Record<string, number> = {};
      crossViTStage(
        stage!,
        [normal(3, 6, 1), normal(1 + m, 8, 2)],
        (name, [A]) => (cells[name] = A!.data.length),
      );
      return { fusion: cells["fusions[0][0]"]!, self: cells["encoders[1][0].self"]! };
    }) as [Record<"fusion" | "self", number>, Record<"fusion" | "self", number>];
    assert.deepEqual([once.fusion, twice.fusion], [1 + N, 1 + 2 * N]);
    // Of a block's (1 + N)² cells 1 + 2N have the [CLS] on one side or both; the others are between patches.
    assert.equal(twice.self - (1 + 4 * N), 4 * (once.self - (1 + 2 * N)));
  }
});

test("errors name the argument", () => {
  const raises = (change: Partial<CrossViTConfig>, message: string): void =>
    assert.throws(
      () => checkCrossViTConfig("f", { ...config, ...change }),
      { name: "RangeError", message },
    );
  raises(
    { branches: [{ ...small, heads: 4 }, large] },
    "f: config.branches[0].d_model must be a multiple of heads = 4; got 6",
  );
  raises(
    { branches: [small, { ...large, image: 3 }] },
    "f: config.branches[1].image must be an integer ≥ 4; got 3",
  );
  raises({ branches: [small] as never }, "f: config.branches.length must be an integer in [2, 2]; got 1");
  raises({ readings: 0 }, "f: config.readings must be an integer ≥ 1; got 0");
  raises({ stages: 1.5 }, "f: config.stages must be an integer ≥ 0; got 1.5");
  raises({ head: "added" as never }, 'f: config.head must be "averaged" or "joined"; got added');
  raises(
    { projection: "none" as never },
    'f: config.projection must be "norm-gelu-linear" or "linear"; got none',
  );
  assert.throws(() => crossViTConfig("L" as never), {
    name: "RangeError",
    message: "crossViTConfig: name must be one of Ti, S, B, 9, 15, 18; got L",
  });
});
