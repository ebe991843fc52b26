import type { Allow } from "../kernels/mask-scores.ts";
import type { Matrix } from "../matrix.ts";
import { checkFunction, checkOptions, checkShapes } from "../matrix.ts";
import { gridFromLines, gridLayout, gridLine } from "../kernels/grid.ts";

/**
 * Who may see whom inside a line: true when cell `i` of line `line` may attend to its cell `j` in this head.
 */
export type AllowInLine = (i: number, j: number, head: number, line: number) => boolean;

/**
 * Who exists and who may see whom on a lateral × longitudinal grid. `valid(i)` is whether line i exists; if
 * not, the cells of line i are no keys for the other lines, and their own output is zero. `allowLateral(i,
 * i', head, j)` and `allowLongitudinal(j, j', head, i)` hide single keys.
 * Default: all lines exist and no key is hidden.
 */
export interface GridMasks {
  readonly valid?: ((i: number) => boolean) | undefined;
  readonly allowLateral?: AllowInLine | undefined;
  readonly allowLongitudinal?: AllowInLine | undefined;
}

/**
 * Any attention that takes Q, K and V: scaled dot-product, multi-head, additive … `Weights` is its type of
 * weights.
 */
export interface LineAttention<Weights> {
  forward(
    Q: Matrix,
    K: Matrix,
    V: Matrix,
    options?: { allow?: Allow | undefined },
  ): { output: Matrix; weights: Weights };
}

/**
 * One pass along an axis: queries, keys and values of all cells, the lengths of the grid's axes, the number
 * of the axis, and who may see whom inside a line.
 * Default: everyone.
 */
export interface AxisPass {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
  readonly grid: readonly number[];
  readonly axis: number;
  readonly allow?: AllowInLine | undefined;
}

/**
 * Attention along one axis of a grid (一軸に沿った注意): each line by itself, as if the other lines were not there.
 *
 *     O_ℓ = Attention(Q_ℓ, K_ℓ, V_ℓ)  for each line ℓ along the axis                    (1)
 *
 *     Q (cells, d_q)   K (cells, d_key)   V (cells, d_value)   →   output (cells, d_out), weights by line
 *     a line along axis a has n_a = grid[a] cells; there are cells / n_a lines; the attention decides d_out
 *
 * Cells are in row-major order, the last axis fastest: axis 0 of (n, m) runs down a column, axis 1 along a
 * row. The grid may have any number of axes. Each line has its own softmax. Cost: cells · n_a pairs instead
 * of cells².
 * Errors: RangeError unless Q, K and V have one row for each cell of the grid.
 * Source: Ho et al. 2019, "Axial Attention in Multidimensional Transformers" §3; arXiv 1912.12180. Study
 * note, docs/factorized.md, "split by axis".
 */
export function attendAlong<Weights>(
  attention: LineAttention<Weights>,
  pass: AxisPass,
): { output: Matrix; weights: Weights[] } {
  const where = "attendAlong";
  checkOptions(where, pass, ["Q", "K", "V", "grid", "axis", "allow"], "pass");
  const { Q, K, V, grid, axis, allow } = pass;
  const { cells, lines } = gridLayout(where, grid, axis);
  checkShapes(where, { Q: [Q, cells, "d_q"], K: [K, cells, "d_key"], V: [V, cells, "d_value"] });
  if (allow !== undefined) checkFunction(where, "allow", allow, "(i, j, head, line) => boolean");
  // Without lines there are no rows; the attention still decides the width of the output.
  if (lines === 0) return { output: attention.forward(Q, K, V).output, weights: [] };

  const parts = Array.from({ length: lines }, (_, line) => {
    const Q_l = gridLine(Q, grid, axis, line);
    const K_l = gridLine(K, grid, axis, line);
    const V_l = gridLine(V, grid, axis, line);
    const inLine: Allow | undefined = allow && ((i, j, head) => allow(i, j, head, line));
    return attention.forward(Q_l, K_l, V_l, { allow: inLine }); // (1) (n_a, d_out)
  });

  const outputs = parts.map(({ output }) => output);
  return { output: gridFromLines(outputs, grid, axis), weights: parts.map(({ weights }) => weights) };
}

/**
 * `allow` along the lateral axis: a cell of a line that exists is a key unless it is hidden.
 *
 * Without masks there is no predicate: one that allows everything costs a fifth of the time.
 */
export function lateralMask(masks: GridMasks): AllowInLine | undefined {
  checkGridMasks("lateralMask", masks, BESIDE_MASKS);
  const { valid, allowLateral } = masks;
  if (valid === undefined) return allowLateral;
  return (i, k, head, j) => valid(k) && (allowLateral === undefined || allowLateral(i, k, head, j));
}

/**
 * `allow` along the longitudinal axis: on a line that exists, every cell is a key unless it is hidden; on
 * another line none is.
 */
export function longitudinalMask(masks: GridMasks): AllowInLine | undefined {
  checkGridMasks("longitudinalMask", masks, BESIDE_MASKS);
  const { valid, allowLongitudinal } = masks;
  if (valid === undefined) return allowLongitudinal;
  return (j, k, head, i) => valid(i) && (allowLongitudinal === undefined || allowLongitudinal(j, k, head, i));
}

/** What the mechanisms on a grid have in one record with their masks. */
const BESIDE_MASKS: readonly string[] = ["positions", "allowMemory", "onWeights"];

/** Throws unless every mask that is given is a function, and no name is unknown but those of `others`. */
export function checkGridMasks(where: string, masks: GridMasks, others: readonly string[] = []): void {
  checkOptions(where, masks, ["valid", "allowLateral", "allowLongitudinal"].concat(others));
  for (const name of ["valid", "allowLateral", "allowLongitudinal"] as const) {
    const mask = masks[name];
    if (mask === undefined || typeof mask === "function") continue;
    throw new TypeError(`${where}: ${name} must be a function, true for what counts; got ${typeof mask}`);
  }
}
