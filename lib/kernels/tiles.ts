import type { Matrix } from "../matrix.ts";
import { checkInteger, checkList, checkMatrix } from "../matrix.ts";

/**
 * A map of pixels cut into square tiles (タイルへの分割): one matrix a tile, one row a pixel.
 *
 *     T_(u·W/p + v)[y·p + x, ·] = X[(u·p + y)·W + v·p + x, ·]
 *
 *     X (H·W, C), pixels row by row   grid [H, W]   →   T_0, T_1, … (p², C), H·W/p² of them
 *
 * u and v count tiles down and across, y and x pixels within one. `joinTiles` is the inverse.
 * Errors: RangeError unless X has H·W rows and p divides both sides.
 */
export function cutTiles(X: Matrix, grid: readonly number[], p: number): Matrix[] {
  checkMatrix("cutTiles", "X", X, { rows: checkTiling("cutTiles", grid, p) });
  const tiles: Matrix[] = [];
  for (let tile = 0; tile < X.rows / (p * p); tile++) {
    tiles.push({ rows: p * p, cols: X.cols, data: new Float32Array(p * p * X.cols) });
  }
  eachTileRow(grid, p, (tile, y, row) =>
    tiles[tile]!.data.set(X.data.subarray(row * X.cols, (row + p) * X.cols), y * p * X.cols),
  );
  return tiles;
}

/**
 * The map of pixels that has these tiles (タイルの結合): the inverse of `cutTiles`.
 *
 *     X[(u·p + y)·W + v·p + x, ·] = T_(u·W/p + v)[y·p + x, ·]
 *
 *     T_0, T_1, … (p², C), H·W/p² of them   grid [H, W]   →   X (H·W, C)
 *
 * Errors: RangeError unless the tiles fill the grid and have one shape.
 */
export function joinTiles(tiles: readonly Matrix[], grid: readonly number[], p: number): Matrix {
  const rows = checkTiling("joinTiles", grid, p);
  checkInteger("joinTiles", "tiles.length", tiles.length, rows / (p * p), rows / (p * p));
  const cols = tiles[0]!.cols;
  tiles.forEach((tile, t) => checkMatrix("joinTiles", `tiles[${t}]`, tile, { rows: p * p, cols }));
  const out = new Float32Array(rows * cols);
  eachTileRow(grid, p, (tile, y, row) =>
    out.set(tiles[tile]!.data.subarray(y * p * cols, (y + 1) * p * cols), row * cols),
  );
  return { rows, cols, data: out };
}

/**
 * Calls `visit` for each row y of each tile, with the first of the p consecutive rows of the map that it
 * covers.
 */
function eachTileRow(
  [H, W]: readonly number[],
  p: number,
  visit: (tile: number, y: number, row: number) => void,
): void {
  for (let i = 0; i < H!; i++) {
    for (let v = 0; v < W! / p; v++) visit(Math.floor(i / p) * (W! / p) + v, i % p, i * W! + v * p);
  }
}

/**
 * The number of pixels of a grid that tiles of p × p fill.
 * Throws unless the grid has two sides ≥ 1 and p divides both.
 */
function checkTiling(where: string, grid: readonly number[], p: number): number {
  checkInteger(where, "p", p, 1);
  checkList(where, "grid", grid, "two numbers, [rows, columns]");
  checkInteger(where, "grid.length", grid.length, 2, 2);
  grid.forEach((side, axis) => {
    checkInteger(where, `grid[${axis}]`, side, 1);
    if (side % p !== 0) {
      throw new RangeError(`${where}: grid[${axis}] must be a multiple of p = ${p}; got ${side}`);
    }
  });
  return grid[0]! * grid[1]!;
}
