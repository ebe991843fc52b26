import type { Allow } from "../kernels/mask-scores.ts";
import type { Matrix } from "../matrix.ts";
import { checkMatrix, checkOptions } from "../matrix.ts";
import { gridFromLines, gridLayout, gridLine } from "../kernels/grid.ts";

/**
 * Who may see whom inside a line: true when its cell `i` may attend to its cell `j` in this head. `line` says
 * which line.
 */
export type AllowInLine = (i: number, j: number, head: number, line: number) => boolean;

/**
 * Who exists and who may see whom on a lateral × longitudinal grid. `valid(i)`: whether line i exists; if
 * not, its cells are no keys for the other lines and their own output is zero. `allowLateral(i, i', head, j)`
 * and `allowLongitudinal(j, j', head, i)` hide single keys.
 */
export interface GridMasks {
  readonly valid?: ((i: number) => boolean) | undefined;
  readonly allowLateral?: AllowInLine | undefined;
  readonly allowLongitudinal?: AllowInLine | undefined;
}

/**
 * Any attention that takes Q, K and V: scaled dot-product, multi-head, additive … `Weights` is what it calls
 * its weights.
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
 * What is attended along an axis: queries, keys and values of all cells, the lengths of the grid's axes, and
 * which axis.
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
 *     Q (cells, d_q)   K (cells, d_key)   V (cells, d_value)   →   output (cells, d_out), weights: one record for each line
 *     The cells of the grid are in row-major order, the last axis fastest. A line along axis a has n_a = grid[a] cells, and there are
 *     cells / n_a lines: axis 0 of (n, m) runs down a column, axis 1 along a row. Any number of axes will do.
 *
 * Each line has its own softmax. Cost: cells · n_a pairs instead of cells².
 * Errors: RangeError unless Q, K and V have one row for each cell of the grid.
 * Source: Ho et al. 2019, "Axial Attention in Multidimensional Transformers" §3; arXiv 1912.12180. D-FACT,
 * "split by axis".
 */
export function attendAlong<Weights>(
  attention: LineAttention<Weights>,
  pass: AxisPass,
): { output: Matrix; weights: Weights[] } {
  const { Q, K, V, grid, axis, allow } = pass;
  const { cells, lines } = gridLayout("attendAlong", grid, axis);
  checkMatrix("attendAlong", "Q", Q, { rows: cells });
  checkMatrix("attendAlong", "K", K, { rows: cells });
  checkMatrix("attendAlong", "V", V, { rows: cells });
  if (allow !== undefined && typeof allow !== "function") {
    throw new TypeError(
      `attendAlong: allow must be a function (i, j, head, line) => boolean; got ${typeof allow}`,
    );
  }
  const parts = Array.from({ length: lines }, (_, line) => {
    const [Q_l, K_l, V_l] = [
      gridLine(Q, grid, axis, line),
      gridLine(K, grid, axis, line),
      gridLine(V, grid, axis, line),
    ];
    const seen = allow && ((i: number, j: number, head: number): boolean => allow(i, j, head, line));
    return attention.forward(Q_l, K_l, V_l, { allow: seen }); //                      (1) (n_a, d_out)
  });
  const weights = parts.map((part) => part.weights);
  // no line, no row: still as wide as ever
  if (lines === 0) return { output: attention.forward(Q, K, V).output, weights };
  return {
    output: gridFromLines(
      parts.map((part) => part.output),
      grid,
      axis,
    ),
    weights,
  };
}

/**
 * `allow` along the lateral axis: the keys of lines that exist, without the hidden ones. No masks, no
 * predicate: one that allows all costs a fifth.
 */
export function lateralMask({ valid, allowLateral }: GridMasks): AllowInLine | undefined {
  if (valid === undefined) return allowLateral;
  return (i, k, head, j) => valid(k) && (allowLateral === undefined || allowLateral(i, k, head, j));
}

/**
 * `allow` along the longitudinal axis: everything not hidden on a line that exists, and nothing on one that
 * does not.
 */
export function longitudinalMask({ valid, allowLongitudinal }: GridMasks): AllowInLine | undefined {
  if (valid === undefined) return allowLongitudinal;
  return (j, k, head, i) => valid(i) && (allowLongitudinal === undefined || allowLongitudinal(j, k, head, i));
}

/** Throws unless every mask that is given is a function. */
export function checkGridMasks(where: string, masks: GridMasks, others: readonly string[] = []): void {
  checkOptions(where, masks, ["valid", "allowLateral", "allowLongitudinal"].concat(others));
  for (const name of ["valid", "allowLateral", "allowLongitudinal"] as const) {
    const mask = masks[name];
    if (mask !== undefined && typeof mask !== "function") {
      throw new TypeError(`${where}: ${name} must be a function, true for what counts; got ${typeof mask}`);
    }
  }
}
