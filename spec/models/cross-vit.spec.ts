import assert from "node:assert/strict";
import test from "node:test";
import type { CrossViTConfig } from "../../lib/models/cross-vit-counts.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { CrossViT, crossViTStage } from "../../lib/models/cross-vit.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { crossViTCounts } from "../../lib/models/cross-vit-counts.ts";
import { gaussian, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveCrossViT } from "../oracle/naive-cross-vit.ts";
import { parameterCount, parameters } from "../../lib/models/parameters.ts";
import { resizeBicubic } from "../../lib/kernels/resize-bicubic.ts";

const small = { image: 8, patch: 2, d_model: 6, heads: 3, depth: 1, d_hidden: 7 };
const large = { image: 9, patch: 4, d_model: 8, heads: 2, depth: 2, d_hidden: 11 };
const config: CrossViTConfig = { channels: 3, classes: 5, stages: 2, branches: [small, large] };

/**
 * Weights large enough that every part matters; the released ones start near zero, where a wrong attention
 * would hardly show.
 */
function someModel(sizes: CrossViTConfig): CrossViT {
  const model = CrossViT.random(sizes, randomGenerator(3));
  const draw = gaussian(randomGenerator(4));
  parameters(model).forEach((M) =>
    M.data.forEach((_, e) => (M.data[e] = draw() / Math.sqrt(Math.max(M.rows, 4)))),
  );
  return model;
}

const pictureOf = (H: number, W: number, channels: number = 3): Matrix[] =>
  Array.from({ length: channels }, (_, c) => normal(H, W, 20 + c));
const sized = (image: readonly Matrix[], side: number): number[][][] =>
  image.map((channel) => rowsOf(resizeBicubic(channel, side, side)));

test("equals the definition, layer after layer in doubles, for every option", () => {
  const variants: Partial<CrossViTConfig>[] = [
    {},
    { head: "joined" },
    { projection: "linear" },
    { readings: 2 },
    { stages: 0 },
    { stages: 3, channels: 1, classes: 2 },
  ];
  for (const variant of variants) {
    const sizes = { ...config, ...variant };
    const model = someModel(sizes);
    for (const [H, W] of [
      [8, 8],
      [9, 9],
      [13, 5],
    ] as const) {
      const image = pictureOf(H, W, sizes.channels);
      const expected = naiveCrossViT(model, [sized(image, 8), sized(image, 9)]);
      const limit = 10 * tolerance(expected.largestScore); // some ten layers, one float32 rounding each
      assertClose(
        model.forward(image),
        [expected.logits],
        limit,
        `logits, ${JSON.stringify(variant)}, ${H} × ${W}`,
      );
      model
        .features(image)
        .forEach((c, b) => assertClose(c, [expected.features[b]!], limit, `features ${b}`));
    }
  }
});

test("both fusions read the states before either: the branches may be exchanged", () => {
  const stage = someModel(config).stages[0]!;
  const x: [Matrix, Matrix] = [normal(17, 6, 1), normal(5, 8, 2)];
  const [z_s, z_l] = crossViTStage(stage, x);
  const {
    encoders: [e_s, e_l],
    fusions: [f_s, f_l],
  } = stage;
  const [other_l, other_s] = crossViTStage({ encoders: [e_l, e_s], fusions: [f_l, f_s] }, [x[1], x[0]]);
  assertSameBits(z_s, other_s);
  assertSameBits(z_l, other_l);
});

test("patch rows come out of a stage's fusion bit by bit as its blocks left them", () => {
  const {
    stages: [stage],
  } = someModel(config);
  const x: [Matrix, Matrix] = [normal(17, 6, 1), normal(5, 8, 2)];
  const after = crossViTStage(stage!, x);
  stage!.encoders.forEach((blocks, b) => {
    const before = blocks.reduce((X, block) => block.forward(X), x[b]!);
    assert.deepEqual(after[b]!.data.slice(before.cols), before.data.slice(before.cols));
    assert.notDeepEqual(after[b]!.data.slice(0, before.cols), before.data.slice(0, before.cols));
  });
});

test("blindness: pixels that fill no patch reach nothing, the row above them everything", () => {
  // 9 = 4 · 2 + 1 = 2 · 4 + 1: the last row is left out
  const model = someModel({ ...config, stages: 1, branches: [{ ...small, image: 9 }, large] });
  const image = pictureOf(9, 9);
  assertSameBits(
    model.forward(image.map((channel) => poison(channel, 8, NaN))),
    model.forward(image),
  );
  assert.ok(
    model.forward(image.map((channel) => poison(channel, 7, NaN))).data.every(Number.isNaN),
    "the row above reaches everything",
  );
});

test("`onWeights` is called with every map by name: self-attention (1 + n)², fusion 1 × (1 + m)", () => {
  const called = new Map<string, string>();
  someModel({ ...config, readings: 2 }).forward(pictureOf(8, 8), {
    onWeights: (name, heads) => called.set(name, heads.map((A) => `${A.rows}×${A.cols}`).join(" ")),
  });
  const stage = (k: number): [string, string][] => [
    [`stages[${k}].encoders[0][0].self`, "17×17 17×17 17×17"],
    [`stages[${k}].encoders[1][0].self`, "5×5 5×5"],
    [`stages[${k}].encoders[1][1].self`, "5×5 5×5"],
    [`stages[${k}].fusions[0][0]`, "1×5 1×5"],
    [`stages[${k}].fusions[0][1]`, "1×1 1×1"],
    [`stages[${k}].fusions[1][0]`, "1×17 1×17 1×17"],
    [`stages[${k}].fusions[1][1]`, "1×1 1×1 1×1"],
  ];
  assert.deepEqual([...called], [...stage(0), ...stage(1)]);
});

test("fresh ones hold as many numbers as their configuration says, drawn from N(0, 0.02²)", () => {
  for (const variant of [
    {},
    { head: "joined" },
    { projection: "linear" },
    { readings: 3 },
    { stages: 0 },
    { channels: 1 },
  ] as Partial<CrossViTConfig>[]) {
    const sizes = { ...config, ...variant };
    assert.equal(
      parameterCount(CrossViT.random(sizes, randomGenerator(1))),
      crossViTCounts(sizes).total.parameters,
      JSON.stringify(variant),
    );
  }
  const { branches, heads } = CrossViT.random(
    { ...config, classes: 500, branches: [small, { ...large, d_model: 64 }] },
    randomGenerator(1),
  );
  const deviation = Math.sqrt(heads[1]!.W.data.reduce((sum, w) => sum + w * w, 0) / heads[1]!.W.data.length);
  assert.ok(Math.abs(deviation - 0.02) < 0.0005, `the standard deviation is ${deviation}`);
  assert.deepEqual([branches[0].norm.eps, heads[0]!.b.data.every((b) => b === 0)], [1e-6, true]);
});

test("by hand: without stages each [CLS] makes logits, and these are averaged, not added", () => {
  // c = LN([1, 3]) = [−1, 1]; first head 2·(−1) + 5·1 + 1 = 4, second 4·(−1) + 6·1 + 0 = 2: (4 + 2) / 2 = 3.
  // Joined: 2·(−1) + 5 + 4·(−1) + 6 + 1 = 6.
  const tiny = { image: 1, patch: 1, d_model: 2, heads: 1, depth: 0, d_hidden: 1 };
  const logits = (head: "averaged" | "joined"): Matrix => {
    const model = CrossViT.random(
      { channels: 1, classes: 1, stages: 0, branches: [tiny, tiny], head },
      randomGenerator(1),
    );
    for (const { cls, positions } of model.branches) [cls.data.set([1, 2]), positions.data.set([0, 1, 0, 0])];
    const [one, two] = [
      { W: matrix(2, 1, [2, 5]), b: matrix(1, 1, [1]) },
      { W: matrix(2, 1, [4, 6]), b: matrix(1, 1) },
    ];
    const heads =
      head === "averaged" ? [one, two] : [{ W: matrix(4, 1, [2, 5, 4, 6]), b: matrix(1, 1, [1]) }];
    return new CrossViT({ ...model, heads }).forward([matrix(1, 1)]);
  };
  assertClose(logits("averaged"), [[3]], 2e-6); // ε = 1e-6 beside a variance of 1
  assertClose(logits("joined"), [[6]], 2e-6);
});

test("errors name the argument", () => {
  const model = CrossViT.random(config, randomGenerator(1));
  const {
    branches: [first, second],
    stages,
    heads,
  } = model;
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(
    () => model.forward(pictureOf(8, 8, 1)),
    "CrossViT.features: image.length must be an integer in [3, 3]; got 1",
  );
  raises(
    () => model.forward([matrix(2, 2), matrix(2, 2), matrix(2, 3)]),
    "CrossViT.features: image[2] must be (2, 2); got (2, 3)",
  );
  raises(
    () => new CrossViT({ branches: [first, { ...second, positions: matrix(4, 8) }], stages, heads }),
    "CrossViT: branches[1].positions must be (5, 8); got (4, 8)",
  );
  raises(
    () => new CrossViT({ branches: [{ ...first, cls: matrix(2, 6) }, second], stages, heads }),
    "CrossViT: branches[0].cls must be (1, 6); got (2, 6)",
  );
  raises(
    () => new CrossViT({ branches: [first, second], stages, heads: [heads[0]!] }),
    "CrossViT: heads[0].W must be (14, 5); got (6, 5)",
  );
  raises(
    () => new CrossViT({ branches: [first, second], stages, heads: [heads[1]!, heads[0]!] }),
    "CrossViT: heads[0].W must be (6, 5); got (8, 5)",
  );
  raises(
    () => new CrossViT({ branches: [first, second], stages, heads: [] }),
    "CrossViT: heads.length must be an integer in [1, 2]; got 0",
  );
  raises(
    () =>
      new CrossViT({
        branches: [first, second],
        stages,
        heads: [heads[0]!, { W: matrix(8, 4), b: matrix(1, 4) }],
      }),
    "CrossViT: heads[1].W must be (8, 5); got (8, 4)",
  );
});
