import type { Matrix } from "../matrix.ts";
import { checkChoice, checkInteger, checkMatrix, checkOptions } from "../matrix.ts";

/**
 * The neighbourhood of every position (近傍の窓の抽出), `unfold_kv` of the study note.
 *
 *     "cut"    W_t[m,·] = X[max(0, t − r) + m,·],  up to row min(T − 1, t + r)
 *     "zero"   W_t[m,·] = X[t − r + m,·], and 0 where that row does not exist,  m = 0 … 2r
 *
 *     X (T, d)   radius r   →   T windows W_t (w, d), views, w ≤ 2r + 1
 *
 * "cut" (default) shortens the windows at the ends. "zero" is what PyTorch's F.unfold does: its rows of zeros
 * score 0 and take weight. Cut windows are views of X; the zero form is views of one copy of X with r rows of
 * zeros at either side.
 * Errors: RangeError unless `radius` is an integer ≥ 0 and `edges` is one of the two.
 * Source: study note, docs/global-and-sparse.md §1.
 */
export function unfoldWindow(
  X: Matrix,
  radius: number,
  options: { edges?: "cut" | "zero" | undefined } = {},
): Matrix[] {
  // A whole reading of the hybrid mechanism may be given: its other names are known here and not used.
  checkOptions("unfoldWindow", options, ["edges", "repeated", "globalRows"]);
  const { edges = "cut" } = options;
  checkMatrix("unfoldWindow", "X", X);
  checkInteger("unfoldWindow", "radius", radius, 0);
  checkChoice("unfoldWindow", "edges", edges, ["cut", "zero"]);
  const margin = edges === "zero" ? radius : 0;
  const rows = X.rows + 2 * margin;
  const cols = X.cols;
  const data = edges === "zero" ? new Float32Array(rows * cols) : X.data;
  if (edges === "zero") data.set(X.data, margin * cols);
  return Array.from({ length: X.rows }, (_, t) => {
    const start = Math.max(0, t + margin - radius);
    const end = Math.min(rows, t + margin + radius + 1);
    return { rows: end - start, cols, data: data.subarray(start * cols, end * cols) };
  });
}
