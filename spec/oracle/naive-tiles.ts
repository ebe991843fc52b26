import type { Matrix } from "../../lib/matrix.ts";
import type { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import type { Rows } from "./naive.ts";
import { naiveAttention, naiveLinear } from "./naive.ts";
import { rowsOf } from "../support/values.ts";

/**
 * CAT's two attentions in doubles, by the coordinates of single pixels: no tile is ever cut out and put back.
 */
type TileGrid = readonly number[];

/** The tile that pixel (i, j) lies in, and the number of the pixel within it. */
function placeOf(row: number, [, W]: TileGrid, p: number): { tile: number; y: number; x: number } {
  const [i, j] = [Math.floor(row / W!), row % W!];
  return { tile: Math.floor(i / p) * (W! / p) + Math.floor(j / p), y: i % p, x: j % p };
}

/** Multi-head attention with something added to each score. */
function naiveBiased(
  X: Rows,
  { heads, W_O, b_O }: MultiHeadAttention,
  bias: (h: number, i: number, j: number) => number,
  allow: (i: number, j: number) => boolean,
): { output: Rows; weights: Rows[] } {
  const parts = heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, h) => {
    const project = (W: Matrix, b: Matrix | undefined): Rows => naiveLinear(X, rowsOf(W), b && rowsOf(b));
    const added = X.map((_, i) => X.map((_, j) => (allow(i, j) ? bias(h, i, j) : 0)));
    return naiveAttention(project(W_Q, b_Q), project(W_K, b_K), project(W_V, b_V), {
      scale: 1 / Math.sqrt(W_Q.cols),
      bias: added,
      allow,
    });
  });
  return {
    output: naiveLinear(
      X.map((_, i) => parts.flatMap(({ output }) => output[i]!)),
      rowsOf(W_O),
      b_O && rowsOf(b_O),
    ),
    weights: parts.map(({ weights }) => weights),
  };
}

/** IPSA as one attention among all pixels, of which those of other tiles are hidden. */
export function naiveInner(
  X: Rows,
  grid: TileGrid,
  p: number,
  attention: MultiHeadAttention,
  table?: Rows,
): { output: Rows; weights: Rows[] } {
  const place = (row: number): ReturnType<typeof placeOf> => placeOf(row, grid, p);
  const bias = (h: number, i: number, j: number): number => {
    if (table === undefined) return 0;
    const [dy, dx] = [place(i).y - place(j).y, place(i).x - place(j).x];
    return table[(dy + p - 1) * (2 * p - 1) + dx + p - 1]![h]!;
  };
  return naiveBiased(X, attention, bias, (i, j) => place(i).tile === place(j).tile);
}

/** CPSA channel by channel. */
export function naiveCross(
  X: Rows,
  grid: TileGrid,
  p: number,
  attention: MultiHeadAttention,
): { output: Rows; weights: Rows[][] } {
  const out = X.map((row) => row.slice());
  const weights = (X[0] ?? []).map((_, c) => {
    const tokens: Rows = Array.from({ length: X.length / (p * p) }, () => []);
    X.forEach((row, e) => {
      const { tile, y, x } = placeOf(e, grid, p);
      tokens[tile]![y * p + x] = row[c]!;
    });
    const seen = naiveBiased(
      tokens,
      attention,
      () => 0,
      () => true,
    );
    X.forEach((_, e) => {
      const { tile, y, x } = placeOf(e, grid, p);
      out[e]![c] = seen.output[tile]![y * p + x]!;
    });
    return seen.weights;
  });
  return { output: out, weights };
}
