import assert from "node:assert/strict";
import test from "node:test";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { PatchMerging } from "../../lib/layers/patch-merging.ts";
import { assertClose, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, identity, matrix } from "../../lib/matrix.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { naiveNorm } from "../oracle/naive-blocks.ts";

test("equals four pixels of a square side by side, normed and mapped, over a grid of sizes", () => {
  for (const [H, W, C, d_out] of [
    [2, 2, 1, 3],
    [4, 6, 3, 6],
    [2, 8, 2, 5],
  ] as const) {
    const [X, M] = [normal(H * W, C, 1), normal(4 * C, d_out, 2)];
    const norm = new LayerNorm({ gamma: normal(1, 4 * C, 3), beta: normal(1, 4 * C, 4), eps: 1e-3 });
    const pixel = (i: number, j: number): number[] => rowsOf(X)[i * W + j]!;
    const joined = Array.from({ length: (H * W) / 4 }, (_, e) => {
      const [i, j] = [2 * Math.floor(e / (W / 2)), 2 * (e % (W / 2))];
      return [...pixel(i, j), ...pixel(i + 1, j), ...pixel(i, j + 1), ...pixel(i + 1, j + 1)];
    });
    assertClose(
      new PatchMerging({ norm, W: M }).forward(X, [H, W]),
      naiveLinear(naiveNorm(norm, joined), rowsOf(M)),
      3 * tolerance(4),
    );
  }
});

test("by hand: 2 × 4 pixels, down before across", () => {
  // 1 3 | 5 5    down, then across: (1, 2, 3, 4), mean 2.5, variance 1.25;
  // 2 4 | 5 5    the right square is constant, so that it gives 0
  const merging = new PatchMerging({ norm: new LayerNorm({ eps: 1e-9 }), W: identity(4) });
  const row = [-1.5, -0.5, 0.5, 1.5].map((x) => x / Math.sqrt(1.25));
  assertClose(
    merging.forward(fromRows([[1], [3], [5], [5], [2], [4], [5], [5]]), [2, 4]),
    [row, [0, 0, 0, 0]],
    1e-6,
  );
});

test("errors say who, what and why", () => {
  const merging = new PatchMerging({ norm: new LayerNorm(), W: matrix(8, 4) });
  assert.throws(() => merging.forward(matrix(6, 2), [2, 3]), {
    name: "RangeError",
    message: "cutTiles: grid[1] must be a multiple of p = 2; got 3",
  });
  assert.throws(() => merging.forward(matrix(4, 3), [2, 2]), {
    name: "RangeError",
    message: "PatchMerging.forward: X must be (any, 2); got (4, 3)",
  });
});
