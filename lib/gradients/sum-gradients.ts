import type { Matrix } from "../matrix.ts";
import { sumOf } from "../kernels/sums.ts";

/**
 * Records of gradients added matrix by matrix (勾配の総和): what weights that serve at several places get from all
 * of them.
 *
 *     sum.name = Σ_s parts[s].name, for each matrix of a record, at whatever depth
 *
 *     parts: records of one form, one for each place   →   a record of that form
 *
 * A weight that is absent, as a bias may be, is absent in the sum. Sums in doubles and rounds once to
 * float32.
 * Errors: RangeError if there is no record, or if two differ in shape.
 */
export function sumGradients<Gradients extends object>(parts: readonly Gradients[]): Gradients {
  if (parts.length === 0) {
    throw new RangeError("sumGradients: parts must hold at least 1 record; got 0");
  }
  return sumValues(parts) as Gradients;
}

/** The sum of values that stand at one place of the records: matrices, records, arrays, or nothing. */
function sumValues(values: readonly unknown[]): unknown {
  const first = values[0];
  if (typeof first !== "object" || first === null) return first;
  if (ArrayBuffer.isView((first as Partial<Matrix>).data)) {
    return sumOf(values as readonly Matrix[]);
  }
  const records = values as readonly Record<string, unknown>[];
  const sum = (Array.isArray(first) ? [] : {}) as Record<string, unknown>;
  Object.keys(first).forEach((name) => (sum[name] = sumValues(records.map((record) => record[name]))));
  return sum;
}
