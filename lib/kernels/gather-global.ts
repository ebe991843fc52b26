import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix, kindOf } from "../matrix.ts";

/**
 * The rows of the global tokens (グローバルトークンの収集).
 *
 *     G[g,·] = X[globals[g],·]
 *
 *     X (T, d)   globals: n_g indices, or a mask of T booleans that is true at n_g places   →   G (n_g, d)
 *
 * Indices keep their order; a mask gives ascending order. The rows are copied.
 * Errors: RangeError for an index outside 0 … T − 1, for an index given twice (it would count twice), and for
 * a mask that does not hold T booleans; TypeError for a mixture of indices and booleans.
 */
export function gatherGlobal(X: Matrix, globals: readonly number[] | readonly boolean[]): Matrix {
  checkMatrix("gatherGlobal", "X", X);
  const indices = globalIndices("gatherGlobal", globals, X.rows);
  const out = new Float32Array(indices.length * X.cols);
  indices.forEach((t, g) => out.set(X.data.subarray(t * X.cols, (t + 1) * X.cols), g * X.cols));
  return { rows: indices.length, cols: X.cols, data: out };
}

/**
 * The indices of the global tokens among T (グローバルトークンの番号): indices as they are, a mask as the places
 * where it is true.
 *
 *     globals: indices, or a mask of T booleans   →   indices in [0, T − 1], each once
 *
 * Errors: as `gatherGlobal`, in the name of `where`.
 */
export function globalIndices(
  where: string,
  globals: readonly number[] | readonly boolean[],
  T: number,
): number[] {
  if (typeof globals !== "object" || globals === null || typeof globals.length !== "number") {
    throw new TypeError(`${where}: globals must be an array of indices or of booleans; got ${kindOf(globals)}`);
  }
  const mask = typeof globals[0] === "boolean";
  const indices = new Set<number>();
  if (mask && globals.length !== T) {
    throw new RangeError(
      `${where}: globals as a mask must hold ${T} booleans, one for each row; got ${globals.length}`,
    );
  }
  for (let g = 0; g < globals.length; g++) {
    const item: unknown = globals[g];
    const given = typeof item === "bigint" ? Number(item) : item;
    const t = mask ? g : (given as number);
    if (typeof given !== (mask ? "boolean" : "number")) {
      throw new TypeError(`${where}: globals must be all indices or all booleans; got ${given} at ${g}`);
    }
    checkInteger(where, `globals[${g}]`, t, 0, T - 1);
    if (indices.has(t)) {
      throw new RangeError(`${where}: globals must name each token once; got ${t} twice`);
    }
    if (given !== false) indices.add(t);
  }
  return Array.from(indices);
}
