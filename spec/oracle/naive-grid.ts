import type { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import type { Rows } from "./naive.ts";
import { naiveAttention, naiveLinear } from "./naive.ts";
import { rowsOf } from "../support/values.ts";

/**
 * The cells of every line of a grid along one axis, found by comparing coordinates: the rows of its matrix,
 * line after line.
 */
export function cellsOfLines(grid: readonly number[], axis: number): number[][] {
  const cells = grid.reduce<number[][]>(
    (all, length) => all.flatMap((cell) => Array.from({ length }, (_, t) => [...cell, t])),
    [[]],
  );
  const lines = new Map<string, number[]>();
  cells.forEach((cell, row) => {
    const others = cell.filter((_, a) => a !== axis).join();
    lines.set(others, [...(lines.get(others) ?? []), row]);
  });
  return [...lines.values()];
}

/**
 * Something done to each line by itself: `attend` is given the cells of a line and its number, and answers
 * with their new rows.
 */
export function naiveAlong(
  grid: readonly number[],
  axis: number,
  attend: (cells: number[], line: number) => Rows,
): Rows {
  const out: Rows = [];
  cellsOfLines(grid, axis).forEach((cells, line) =>
    attend(cells, line).forEach((row, t) => (out[cells[t]!] = row)),
  );
  return out;
}

/** Multi-head attention by the oracle: every head alone, their outputs side by side, times W_O. */
export function naiveMultiHead(
  Q: Rows,
  K: Rows,
  V: Rows,
  attention: MultiHeadAttention,
  allow: (i: number, j: number, head: number) => boolean = () => true,
): { output: Rows; weights: Rows[]; largestScore: number } {
  const heads = attention.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
    const q = naiveLinear(Q, rowsOf(W_Q), b_Q && rowsOf(b_Q));
    const k = naiveLinear(K, rowsOf(W_K), b_K && rowsOf(b_K));
    const v = naiveLinear(V, rowsOf(W_V), b_V && rowsOf(b_V));
    return naiveAttention(q, k, v, { scale: 1 / Math.sqrt(W_K.cols), allow: (i, j) => allow(i, j, m) });
  });
  const joined = Q.map((_, i) => heads.flatMap((head) => head.output[i]!));
  const { W_O, b_O } = attention;
  const largestScore = Math.max(...heads.map((head) => head.largestScore));
  return {
    output: naiveLinear(joined, rowsOf(W_O), b_O && rowsOf(b_O)),
    weights: heads.map((head) => head.weights),
    largestScore,
  };
}
