import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { cutTiles, joinTiles } from "../../lib/kernels/tiles.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

test("every pixel lies in its tile at its place", () => {
  for (const [H, W, p, C] of [
    [4, 6, 2, 3],
    [9, 3, 3, 1],
    [1, 5, 1, 2],
    [7, 7, 7, 2],
    [6, 12, 3, 5],
  ] as const) {
    const X = normal(H * W, C, 1);
    const tiles = cutTiles(X, [H, W], p);
    assert.equal(tiles.length, (H * W) / (p * p));
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < W; j++) {
        const tile = tiles[Math.floor(i / p) * (W / p) + Math.floor(j / p)]!;
        for (let c = 0; c < C; c++) {
          assert.equal(
            at(tile, (i % p) * p + (j % p), c),
            at(X, i * W + j, c),
            `${H} × ${W}: ${i}, ${j}`,
          );
        }
      }
    }
    assertSameBits(joinTiles(tiles, [H, W], p), X);
  }
});

test("by hand: 2 × 4 pixels in two tiles", () => {
  // 0 1 2 3
  // 4 5 6 7  gives 0 1 4 5 and 2 3 6 7.
  const tiles = cutTiles(matrix(8, 1, [0, 1, 2, 3, 4, 5, 6, 7]), [2, 4], 2);
  assert.deepEqual(
    tiles.map((tile) => rowsOf(tile).flat()),
    [
      [0, 1, 4, 5],
      [2, 3, 6, 7],
    ],
  );
});

test("tiles are copies", () => {
  const X = normal(4, 2, 1);
  cutTiles(X, [2, 2], 2)[0]!.data.fill(0);
  assertSameBits(X, normal(4, 2, 1));
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(() => cutTiles(matrix(20, 1), [4, 5], 2), "cutTiles: grid[1] must be a multiple of p = 2; got 5");
  says(() => cutTiles(matrix(8, 1), [8], 2), "cutTiles: grid.length must be an integer in [2, 2]; got 1");
  says(() => cutTiles(matrix(8, 1), [2, 2], 0), "cutTiles: p must be an integer ≥ 1; got 0");
  says(() => cutTiles(matrix(0, 1), [0, 4], 2), "cutTiles: grid[0] must be an integer ≥ 1; got 0");
  says(() => cutTiles(matrix(9, 1), [2, 4], 2), "cutTiles: X must be (8, any); got (9, 1)");
  says(
    () => joinTiles([matrix(4, 1)], [2, 4], 2),
    "joinTiles: tiles.length must be an integer in [2, 2]; got 1",
  );
  says(
    () => joinTiles([matrix(4, 1), fromRows([[1]])], [2, 4], 2),
    "joinTiles: tiles[1] must be (4, 1); got (1, 1)",
  );
});
