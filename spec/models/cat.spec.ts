import assert from "node:assert/strict";
import test from "node:test";
import type { CatBlock } from "../../lib/layers/cat-block.ts";
import type { CatConfig } from "../../lib/models/cat-counts.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { Cat } from "../../lib/models/cat.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveCross, naiveInner } from "../oracle/naive-tiles.ts";
import { naiveFeedForward, naiveNorm, plus } from "../oracle/naive-blocks.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { parameters } from "../../lib/models/parameters.ts";

const SMALL: CatConfig = {
  height: 8,
  width: 16,
  channels: 2,
  patch: 2,
  d_model: 4,
  depths: [2, 1],
  heads: [2, 4],
  tile: 2,
  ratio: 3,
  classes: 5,
};

/** A fresh model whose weights are not small, and whose biases and norms are not trivial. */
function model(change: Partial<CatConfig> = {}): Cat {
  const cat = Cat.random({ ...SMALL, ...change }, randomGenerator(1));
  let seed = 10;
  parameters(cat).forEach((M, name) =>
    M.data.set(normal(M.rows, M.cols, seed++).data.map((x) => (name.endsWith("gamma") ? 1 : 0) + 0.4 * x)),
  );
  return cat;
}

const image = (): Matrix[] => [normal(8, 16, 1), normal(8, 16, 2)];

function naiveBlock({ norm1, attention, norm2, feedForward }: CatBlock, X: Rows, grid: number[]): Rows {
  const normed = naiveNorm(norm1, X);
  const attended =
    "table" in attention
      ? naiveInner(normed, grid, attention.p, attention.attention, rowsOf(attention.table!))
      : naiveCross(normed, grid, attention.p, attention.attention);
  const Y = plus(X, attended.output);
  return plus(Y, naiveFeedForward(feedForward, naiveNorm(norm2, Y)));
}

function naiveModel(
  { embedding, embeddingNorm, positions, stages, norm, W_head, b_head }: Cat,
  channels: readonly Matrix[],
): Rows {
  let [H, W] = [4, 8];
  const patches = Array.from({ length: H * W }, (_, e) =>
    channels.flatMap((channel) =>
      [0, 1, 2, 3].map((s) => rowsOf(channel)[2 * Math.floor(e / 8) + (s >> 1)]![2 * (e % 8) + (s & 1)]!),
    ),
  );
  let X = plus(
    naiveNorm(embeddingNorm, naiveLinear(patches, rowsOf(embedding.W), rowsOf(embedding.b!))),
    rowsOf(positions!),
  );
  for (const { units, merging } of stages) {
    for (const unit of units) {
      for (const block of [unit.before, unit.cross, unit.after]) X = naiveBlock(block, X, [H, W]);
    }
    if (merging === undefined) continue;
    const joined: Rows = [];
    for (let i = 0; i < H; i += 2) {
      for (let j = 0; j < W; j += 2) {
        joined.push(
          [
            [0, 0],
            [1, 0],
            [0, 1],
            [1, 1],
          ].flatMap(([y, x]) => X[(i + y!) * W + j + x!]!),
        );
      }
    }
    X = naiveLinear(naiveNorm(merging.norm, joined), rowsOf(merging.W));
    [H, W] = [H / 2, W / 2];
  }
  const normed = naiveNorm(norm, X);
  const mean = normed[0]!.map((_, c) => normed.reduce((sum, row) => sum + row[c]!, 0) / normed.length);
  return naiveLinear([mean], rowsOf(W_head), rowsOf(b_head));
}

test("equals its equations in doubles, stage by stage", () => {
  for (const change of [{}, { depths: [1], heads: [1] }, { depths: [0, 1] }, { tile: 4 }]) {
    assertClose(
      model(change).forward(image()),
      naiveModel(model(change), image()),
      20 * tolerance(4),
      JSON.stringify(change),
    );
  }
});

test("every pixel matters; patches know their places", () => {
  assert.ok(
    model()
      .forward([image()[0]!, poison(image()[1]!, 7, NaN)])
      .data.every(Number.isNaN),
    "row 7 reaches every logit",
  );
  const mirrored = image().map((channel) =>
    matrix(
      8,
      16,
      rowsOf(channel).flatMap((row) => [...row].reverse()),
    ),
  );
  assert.ok(
    Math.abs(model().forward(mirrored).data[0]! - model().forward(image()).data[0]!) > 1e-4,
    "a mirrored image has other logits",
  );
});

test("`onWeights` is called with every map by name: tiles with their heads, channels with one", () => {
  const called: string[] = [];
  model().forward(image(), {
    onWeights: (name, weights) => called.push(`${name} ${weights.length} × ${weights[0]!.rows}`),
  });
  const tiles = (name: string, count: number, heads: number): string[] =>
    Array.from({ length: count }, (_, t) => `${name}.map[${t}] ${heads} × 4`);
  const channels = (name: string, count: number, n: number): string[] =>
    Array.from({ length: count }, (_, c) => `${name}.map[${c}] 1 × ${n}`);
  const unit = (name: string, n: number, C: number, heads: number): string[] => [
    ...tiles(`${name}.before`, n, heads),
    ...channels(`${name}.cross`, C, n),
    ...tiles(`${name}.after`, n, heads),
  ];
  assert.deepEqual(called, [
    ...unit("stages[0].units[0]", 8, 4, 2),
    ...unit("stages[0].units[1]", 8, 4, 2),
    ...unit("stages[1].units[0]", 2, 8, 4),
  ]);
});

test("random: as published, weights of deviation 0.02, biases zero, and repeatable", () => {
  const [cat, again] = [1, 1].map((seed) => Cat.random({ ...SMALL, d_model: 32 }, randomGenerator(seed)));
  assertSameBits(again!.forward(image()), cat!.forward(image()));
  const { before, cross } = cat!.stages[0]!.units[0]!;
  const deviation = ({ data }: Matrix): number =>
    Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
  for (const M of [before.feedForward.W_1, before.attention.attention.W_O, cat!.positions!]) {
    assert.ok(Math.abs(deviation(M) - 0.02) < 0.002, `deviation ${deviation(M)}`);
  }
  for (const b of [before.feedForward.b_2!, cross.attention.attention.b_O!, cat!.b_head]) {
    assert.equal(deviation(b), 0);
  }
  assert.equal(cross.attention.attention.heads.length, 1);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => model().forward([matrix(8, 8), matrix(8, 8)]),
    "Cat.forward: image must have 8 × 16 pixels; got 8 × 8",
  );
  says(
    () => new Cat({ ...model(), positions: matrix(31, 4) }),
    "Cat: positions must be (32, 4); got (31, 4)",
  );
  says(() => new Cat({ ...model(), b_head: matrix(1, 4) }), "Cat: b_head must be (1, 5); got (1, 4)");
});

test("a picture of another layout is refused, though as many patches fill it", () => {
  const lying = Cat.random({ ...SMALL, height: 8, width: 16 }, randomGenerator(1));
  const says = { name: "RangeError", message: "Cat.forward: image must have 8 × 16 pixels; got 16 × 8" };
  const image = (rows: number, cols: number): Matrix[] => [1, 2].map((c) => normal(rows, cols, c));
  assert.throws(() => lying.forward(image(16, 8)), says);
  assert.throws(() => lying.forward(image(4, 32)), { name: "RangeError" });
  assert.equal(lying.forward(image(8, 16)).rows, 1);
  for (const grid of [[4], [8, 4, 1], 32, "84", [4.5, 8]]) {
    const parts = { ...lying, grid: grid as never };
    assert.throws(() => new Cat(parts), { message: /^Cat: grid/ }, JSON.stringify(grid));
  }
});
