/** Maps of many words as maps of blocks: so many cells that each can still be seen. */
import type { Matrix } from "../../../lib/matrix.ts";
import { fromFunction } from "../../../lib/matrix.ts";

/** A map up to so many words is a table; up to so many each cell is painted; beyond, a block of them. */
export const TABLE_WORDS = 32;
export const CANVAS_WORDS = 96;

/** What a block shows of its cells. */
export const POOLS = ["mean", "largest"] as const;
export type Pool = (typeof POOLS)[number];

/** How many words one side of a block holds. */
export function blockOf(words: number, most: number = CANVAS_WORDS): number {
  return Math.max(1, Math.ceil(words / most));
}

/** The mean or the largest weight of each block; blocks at the ends may be smaller. */
export function pooled(map: Matrix, [high, wide]: readonly [number, number], pool: Pool): Matrix {
  if (high === 1 && wide === 1) return map;
  return fromFunction(Math.ceil(map.rows / high), Math.ceil(map.cols / wide), (r, c) => {
    let [sum, most, count] = [0, 0, 0];
    for (let i = r * high; i < Math.min(map.rows, (r + 1) * high); i++) {
      for (let j = c * wide; j < Math.min(map.cols, (c + 1) * wide); j++) {
        const w = map.data[i * map.cols + j]!;
        sum += w;
        most = Math.max(most, w);
        count++;
      }
    }
    return pool === "mean" ? sum / count : most;
  });
}

/** The densest cell of a block. */
export function densestIn(
  map: Matrix,
  [high, wide]: readonly [number, number],
  [r, c]: readonly [number, number],
): readonly [number, number] {
  let best: readonly [number, number] = [r * high, c * wide];
  for (let i = r * high; i < Math.min(map.rows, (r + 1) * high); i++) {
    for (let j = c * wide; j < Math.min(map.cols, (c + 1) * wide); j++) {
      if (map.data[i * map.cols + j]! > map.data[best[0] * map.cols + best[1]]!) best = [i, j];
    }
  }
  return best;
}
