import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * The neighbourhood of every position (近傍の窓の抽出), the document's `unfold_kv`: T windows, each a view of consecutive rows.
 *
 *   "cut"    W[t][m,·] = X[max(0, t − r) + m,·],  up to row min(T − 1, t + r)
 *   "zero"   W[t][m,·] = X[t − r + m,·], and 0 where that row does not exist,  m = 0 … 2r
 *
 *   X (T, d)   →   T windows: (up to 2r + 1, d) when cut, (2r + 1, d) with zeros; T positions t, r the radius, m the slot in the window
 *
 * Ends: "cut" (default) shortens the windows there; "zero" is what the document's F.unfold does: its zero rows score 0 and take weight.
 * No number is copied: cut windows view X, the zero form views one copy of X with r zero rows at either side.
 * Errors: RangeError unless the radius is an integer ≥ 0. Source: D-GLOBAL §1.
 */
export function unfoldWindow(X: Matrix, radius: number, { edges = "cut" }: { edges?: "cut" | "zero" | undefined } = {}): Matrix[] {
  checkMatrix("unfoldWindow", "X", X);
  checkInteger("unfoldWindow", "radius", radius, 0);
  if (edges !== "cut" && edges !== "zero") throw new RangeError(`unfoldWindow: edges must be "cut" or "zero"; got ${String(edges)}`);
  const zero = edges === "zero";
  const { rows: T, cols } = X;
  const data = zero ? new Float32Array((T + 2 * radius) * cols) : X.data;
  if (zero) data.set(X.data, radius * cols);
  return Array.from({ length: T }, (_, t) => {
    const start = zero ? t : Math.max(0, t - radius);
    const end = zero ? t + 2 * radius + 1 : Math.min(T, t + radius + 1);
    return { rows: end - start, cols, data: data.subarray(start * cols, end * cols) };
  });
}
