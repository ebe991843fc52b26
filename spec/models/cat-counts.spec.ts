import assert from "node:assert/strict";
import test from "node:test";
import type { CatConfig } from "../../lib/models/cat-counts.ts";
import { Cat } from "../../lib/models/cat.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { attentionCounts } from "../../lib/models/counts.ts";
import { catCounts, catStages, crossPatchCounts, innerPatchCounts } from "../../lib/models/cat-counts.ts";
import { publishedCat } from "../../lib/models/cat-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const SMALL: CatConfig = {
  height: 24,
  width: 24,
  channels: 3,
  patch: 4,
  d_model: 6,
  depths: [1, 1],
  heads: [3, 2],
  tile: 3,
  ratio: 2,
  classes: 4,
};

for (const [size, parameters, gmacs] of [
  ["T", 16870996, "2.770"],
  ["S", 37294258, "6.063"],
  ["B", 51531922, "8.928"],
] as const) {
  test(`CAT-${size}: ${parameters} parameters, ${gmacs} GMACs`, () => {
    const { total } = catCounts(publishedCat(size));
    assert.equal(total.parameters, parameters);
    assert.equal((total.multiplyAdds / 1e9).toFixed(3), gmacs);
  });
}

test("CAT-T's stages: 56, 28, 14 and 7 pixels a side, tiles of 7; in the last, one tile is the map", () => {
  assert.deepEqual(
    catStages(publishedCat("T")).map(({ H, W, C, p, heads, depth, merged }) => [
      H,
      W,
      C,
      p,
      heads,
      depth,
      merged,
    ]),
    [
      [56, 56, 64, 7, 2, 1, true],
      [28, 28, 128, 7, 4, 1, true],
      [14, 14, 256, 7, 8, 3, true],
      [7, 7, 512, 7, 16, 1, false],
    ],
  );
});

test("56 × 56 × 64 in tiles of 7: 1310 million multiply-adds among all pixels, 71 inside, 65 between", () => {
  const shape = { H: 56, W: 56, C: 64, p: 7, heads: 2 };
  const millions = [
    attentionCounts({ n_q: 56 * 56, d_model: 64 }),
    innerPatchCounts(shape),
    crossPatchCounts(shape),
  ].map(({ multiplyAdds }) => Math.round(multiplyAdds / 1e6));
  assert.deepEqual(millions, [1310, 71, 65]);
});

test("twice the area: IPSA's pairs double; CPSA's and those among all pixels grow fourfold", () => {
  const [one, two] = [
    { H: 56, W: 56, C: 64, p: 7, heads: 2 },
    { H: 56, W: 112, C: 64, p: 7, heads: 2 },
  ];
  assert.equal(innerPatchCounts(two).multiplyAdds, 2 * innerPatchCounts(one).multiplyAdds);
  const pairs = ({ H, W, C, p }: typeof one): number =>
    crossPatchCounts({ H, W, C, p }).multiplyAdds - 4 * p * p * H * W * C; // without projections
  assert.equal(pairs(one), (2 * (56 * 56) ** 2 * 64) / 49);
  assert.equal(pairs(two), 4 * pairs(one));
});

/** Every matrix product of a forward pass, as loops. */
function counted(config: CatConfig): number {
  const c = new NaiveCounter();
  c.linear(
    c.rows(
      (config.height / config.patch) * (config.width / config.patch),
      config.channels * config.patch ** 2,
    ),
    config.d_model,
  );
  config.depths.forEach((depth, k) => {
    const [H, W, C] = [
      config.height / config.patch / 2 ** k,
      config.width / config.patch / 2 ** k,
      config.d_model * 2 ** k,
    ];
    const p = Math.min(config.tile, H, W);
    const [tiles, pixels] = [(H * W) / p ** 2, p ** 2];
    for (let l = 0; l < depth; l++) {
      for (let twice = 0; twice < 2; twice++) {
        for (let t = 0; t < tiles; t++) c.attention(c.rows(pixels, C), c.rows(pixels, C), config.heads[k]!);
      }
      for (let channel = 0; channel < C; channel++) {
        c.attention(c.rows(tiles, pixels), c.rows(tiles, pixels), 1);
      }
      for (let block = 0; block < 3; block++) c.feedForward(c.rows(H * W, C), config.ratio * C);
    }
    if (k + 1 < config.depths.length) c.linear(c.rows((H * W) / 4, 4 * C), 2 * C);
  });
  c.linear(c.rows(1, config.d_model * 2 ** (config.depths.length - 1)), config.classes);
  return c.count;
}

test("parameters equal those of a model made, multiply-adds those of counted loops", () => {
  for (const change of [
    {},
    { depths: [2], heads: [1], height: 12 },
    { tile: 7, height: 16, width: 16, depths: [1, 2, 0], heads: [2, 4, 8], ratio: 3 },
    { channels: 1, tile: 1, width: 48, heads: [6, 12] },
  ]) {
    const config = { ...SMALL, ...change };
    assert.deepEqual(catCounts(config).total, {
      parameters: parameterCount(Cat.random(config, randomGenerator(1))),
      multiplyAdds: counted(config),
    });
  }
});

test("errors say who, what and why", () => {
  const says = (change: object, message: string): void =>
    assert.throws(() => catCounts({ ...SMALL, ...change }), { name: "RangeError", message });
  says({ heads: [3] }, "Cat: heads.length must be an integer in [2, 2]; got 1");
  says({ heads: [4, 2] }, "Cat: heads[0] must divide its 6 channels; got 4");
  says({ tile: 4 }, "Cat: tiles of 4 × 4 must fill the map of stage 0; got 6 × 6");
  says(
    { height: 20, tile: 1 },
    "Cat: height must be a multiple of patch = 4 times 2; got 20, halved to 5 and not further",
  );
  says({ depths: [] }, "Cat: depths.length must be an integer ≥ 1; got 0");
  says({ classes: 0 }, "Cat: classes must be an integer ≥ 1; got 0");
  assert.throws(() => publishedCat("XL" as never), {
    name: "RangeError",
    message: 'publishedCat: size must be "T", "S" or "B"; got XL',
  });
});
