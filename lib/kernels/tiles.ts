import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * A map of pixels cut into square tiles (タイルへの分割): one matrix for each, a row for each of its pixels.
 *
 *     T_(u·W/p + v)[y·p + x, ·] = X[(u·p + y)·W + v·p + x, ·]
 *
 *     X (H·W, C), pixels row by row   grid [H, W]   →   HW/p² tiles of (p², C);   u, v count tiles down and across, y, x pixels within one
 *
 * `joinTiles` undoes it. Errors: RangeError unless X has H·W rows and p divides both sides.
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
 * The map of pixels that has these tiles (タイルの結合), in the order in which `cutTiles` gives them. Errors:
 * RangeError unless they fill the grid and are alike.
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
 * Calls `visit` with a tile, a row y of it, and the first of the map's rows that it covers: p of them follow
 * each other.
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
 * The number of pixels of a grid that tiles of p × p fill. Throws unless it has two sides ≥ 1 and p divides
 * both.
 */
function checkTiling(where: string, grid: readonly number[], p: number): number {
  checkInteger(where, "p", p, 1);
  checkInteger(where, "grid.length", grid.length, 2, 2);
  grid.forEach((side, axis) => {
    checkInteger(where, `grid[${axis}]`, side, 1);
    if (side % p !== 0) {
      throw new RangeError(`${where}: grid[${axis}] must be a multiple of p = ${p}; got ${side}`);
    }
  });
  return grid[0]! * grid[1]!;
}
