import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";

/**
 * The rows of the global tokens (グローバルトークンの収集): G[g,·] = X[globals[g],·],  X (T, d) → G (number of globals, d).
 * globals: indices, or the document's mask, T booleans that are true at global tokens. Indices keep their
 * order, a mask gives ascending order.
 * Errors: RangeError for an index outside 0 … T − 1 or given twice (it would count twice), or a mask not T
 * long; TypeError for a mixture.
 */
export function gatherGlobal(X: Matrix, globals: readonly number[] | readonly boolean[]): Matrix {
  checkMatrix("gatherGlobal", "X", X);
  const indices = globalIndices("gatherGlobal", globals, X.rows);
  const out = new Float32Array(indices.length * X.cols);
  indices.forEach((t, g) => out.set(X.data.subarray(t * X.cols, (t + 1) * X.cols), g * X.cols));
  return { rows: indices.length, cols: X.cols, data: out };
}

/**
 * The indices of global tokens among T: given ones checked, a boolean mask turned into the places where it is
 * true.
 */
export function globalIndices(
  where: string,
  globals: readonly number[] | readonly boolean[],
  T: number,
): number[] {
  if (!Array.isArray(globals)) {
    throw new TypeError(
      `${where}: globals must be an array of indices or of booleans; got ${typeof globals}`,
    );
  }
  const mask = typeof globals[0] === "boolean",
    indices = new Set<number>();
  if (mask && globals.length !== T) {
    throw new RangeError(
      `${where}: globals as a mask must hold ${T} booleans, one for each row; got ${globals.length}`,
    );
  }
  for (let g = 0; g < globals.length; g++) {
    const given: unknown = globals[g],
      t = mask ? g : (given as number);
    if (typeof given !== (mask ? "boolean" : "number")) {
      throw new TypeError(`${where}: globals must be all indices or all booleans; got ${given} at ${g}`);
    }
    checkInteger(where, `globals[${g}]`, t, 0, T - 1);
    if (indices.has(t)) throw new RangeError(`${where}: globals must name each token once; got ${t} twice`);
    if (given !== false) indices.add(t);
  }
  return Array.from(indices);
}
