import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * The neighbourhood of every position (近傍の窓の抽出), the document's `unfold_kv`:  X (T, d) → T windows of up to 2r + 1 rows, views.
 *
 *     "cut"    W[t][m,·] = X[max(0, t − r) + m,·],  up to row min(T − 1, t + r)
 *     "zero"   W[t][m,·] = X[t − r + m,·], and 0 where that row does not exist,  m = 0 … 2r
 *
 * Position t, radius r. "cut" (default) shortens the windows at the ends; "zero" is what F.unfold does: its
 * zero rows score 0 and take weight. No number is copied: cut windows view X, the zero form views one copy of
 * X with r zero rows at either side.
 * Errors: RangeError unless the radius is an integer ≥ 0 and edges is one of the two. Source: D-GLOBAL §1.
 */
export function unfoldWindow(
  X: Matrix,
  radius: number,
  { edges = "cut" }: { edges?: "cut" | "zero" | undefined } = {},
): Matrix[] {
  checkMatrix("unfoldWindow", "X", X);
  checkInteger("unfoldWindow", "radius", radius, 0);
  if (edges !== "cut" && edges !== "zero") {
    throw new RangeError(`unfoldWindow: edges must be "cut" or "zero"; got ${String(edges)}`);
  }
  const margin = edges === "zero" ? radius : 0,
    rows = X.rows + 2 * margin,
    { cols } = X;
  const data = edges === "zero" ? new Float32Array(rows * cols) : X.data;
  if (edges === "zero") data.set(X.data, margin * cols);
  return Array.from({ length: X.rows }, (_, t) => {
    const start = Math.max(0, t + margin - radius),
      end = Math.min(rows, t + margin + radius + 1);
    return { rows: end - start, cols, data: data.subarray(start * cols, end * cols) };
  });
}
