import type { Matrix } from "../matrix.ts";

/**
 * Every parameter of a model by its name (パラメータの一覧): all matrices in its fields, records and arrays, in
 * order.
 *
 * A name is the path to a matrix: "blocks.0.attention.heads.2.W_Q". The matrices are the model's own, not
 * copies: to write into one changes the model. A matrix that occurs in two places is listed once, at the
 * first, so that sizes add up. Functions, numbers and typed arrays hold no parameters.
 * Errors: TypeError if `model` is not an object.
 */
export function parameters(model: object): Map<string, Matrix> {
  if (typeof model !== "object" || model === null) {
    throw new TypeError(`parameters: model must be an object; got ${String(model)}`);
  }
  const found = new Map<string, Matrix>();
  const visited = new Set<unknown>();
  const walk = (value: unknown, name: string): void => {
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
    if (visited.has(value)) return;
    visited.add(value);
    if (isParameter(value)) {
      found.set(name, value);
      return;
    }
    const record = value as Record<string, unknown>;
    for (const key of Object.keys(record)) walk(record[key], name === "" ? key : `${name}.${key}`);
  };
  walk(model, "");
  return found;
}

/** The number of numbers that a model learns (パラメータ数): the sizes of its `parameters`, summed. */
export function parameterCount(model: object): number {
  let count = 0;
  parameters(model).forEach((M) => {
    count += M.data.length;
  });
  return count;
}

/** Whether an object is a Matrix: it has `rows`, `cols` and `data` that is a typed array. */
function isParameter(value: object): value is Matrix {
  const { rows, cols, data } = value as Partial<Matrix>;
  return typeof rows === "number" && typeof cols === "number" && ArrayBuffer.isView(data);
}
