import type { Allow } from "../kernels/mask-scores.ts";
import type { AxisPass } from "../attention/attend-along.ts";
import type { Matrix } from "../matrix.ts";
import type { QueriesKeysValues } from "../attention/heads.ts";
import { checkFunction, checkOptions, checkShapes } from "../matrix.ts";
import { gridFromLines, gridLayout, gridLine } from "../kernels/grid.ts";

/** What went into the attention of one line. */
export interface LineInputs extends QueriesKeysValues {
  readonly allow?: Allow | undefined;
}

/** The gradients of queries, keys and values. */
export interface SourceGradients {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
}

/** The gradients of all cells, and what the attention gave for each line. */
export interface AlongGradient<Line> extends SourceGradients {
  readonly lines: readonly Line[];
}

/**
 * Attention along one axis of a grid, backwards (一軸に沿った注意の逆伝播): each line by itself.
 *
 *     dQ_ℓ, dK_ℓ, dV_ℓ from Q_ℓ, K_ℓ, V_ℓ and dO_ℓ  for each line ℓ along the axis     (1)
 *
 *     Q (cells, d_q)   K (cells, d_key)   V (cells, d_value)   dO (cells, d_out)   →   dQ, dK, dV of their shapes
 *     a line along axis a has n_a = grid[a] cells; `lineGradient` is the gradient of the attention
 *
 * `lines` holds what `lineGradient` gave for each line; a grid without lines counts as one line of no cells,
 * so that weights that serve every line have a gradient to add up. Cost: that of `lineGradient`, for
 * cells · n_a pairs.
 * Errors: RangeError unless Q, K, V and dO have one row for each cell of the grid.
 * Source: Ho et al. 2019 §3, arXiv 1912.12180, differentiated; study note, docs/factorized.md.
 */
export function alongGradient<Line extends SourceGradients>(
  lineGradient: (inputs: LineInputs, dO: Matrix) => Line,
  pass: AxisPass,
  dO: Matrix,
): AlongGradient<Line> {
  const where = "alongGradient";
  checkOptions(where, pass, ["Q", "K", "V", "grid", "axis", "allow"], "pass");
  const { Q, K, V, grid, axis, allow } = pass;
  const { cells, lines } = gridLayout(where, grid, axis);
  checkShapes(where, {
    Q: [Q, cells, "d_q"],
    K: [K, cells, "d_key"],
    V: [V, cells, "d_value"],
    dO: [dO, cells, "d_out"],
  });
  if (allow !== undefined) checkFunction(where, "allow", allow, "(i, j, head, line) => boolean");
  if (lines === 0) {
    const whole = lineGradient({ Q, K, V }, dO);
    return { dQ: whole.dQ, dK: whole.dK, dV: whole.dV, lines: [whole] };
  }

  const parts = Array.from({ length: lines }, (_, line) => {
    const along = (M: Matrix): Matrix => gridLine(M, grid, axis, line);
    const inLine: Allow | undefined = allow && ((i, j, head) => allow(i, j, head, line));
    const inputs = { Q: along(Q), K: along(K), V: along(V), allow: inLine };
    return lineGradient(inputs, along(dO)); //                                  (1) (n_a, d_q) …
  });
  const dQ = gridFromLines(parts.map((part) => part.dQ), grid, axis);
  const dK = gridFromLines(parts.map((part) => part.dK), grid, axis);
  const dV = gridFromLines(parts.map((part) => part.dV), grid, axis);
  return { dQ, dK, dV, lines: parts };
}
