import assert from "node:assert/strict";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { fromRows } from "../../lib/matrix.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { normal, rowsOf } from "./values.ts";
import { scale } from "../../lib/kernels/entrywise.ts";

/**
 * Σ of the entry-wise products of two matrices of rows: the loss whose gradient with respect to `output` is
 * `dOutput`.
 */
export function pairing(output: Rows, dOutput: Rows): number {
  return output.reduce((sum, row, i) => row.reduce((part, x, c) => part + x * dOutput[i]![c]!, sum), 0);
}

/**
 * The gradient of a loss in doubles by central differences: (f(x + h) − f(x − h)) / 2h for each number of
 * each input. The loss must be a function of plain rows that shares no code with the library.
 */
export function differences<Name extends string>(
  inputs: Readonly<Record<Name, Rows>>,
  loss: (inputs: Readonly<Record<Name, Rows>>) => number,
): Record<Name, Rows> {
  const result = {} as Record<Name, Rows>;
  for (const name of Object.keys(inputs) as Name[]) {
    result[name] = inputs[name].map((row, i) =>
      row.map((x, c) => {
        const h = 1e-5 * Math.max(1, Math.abs(x));
        const at = (moved: number): number => {
          const rows = inputs[name].map((other, k) =>
            k === i ? other.map((y, d) => (d === c ? moved : y)) : other,
          );
          return loss({ ...inputs, [name]: rows });
        };
        return (at(x + h) - at(x - h)) / (2 * h);
      }),
    );
  }
  return result;
}

/**
 * Throws unless a gradient agrees with differences within 1e-5, relative to the largest entry of that
 * gradient.
 */
export function assertGradient(actual: Matrix, expected: Rows, message: string): void {
  const largest = expected.flat().reduce((max, x) => Math.max(max, Math.abs(x)), 1e-3);
  assert.equal(actual.rows, expected.length, `${message}: rows`);
  rowsOf(actual).forEach((row, i) =>
    row.forEach((x, c) => {
      const right = expected[i]![c]!;
      const off = Math.abs(x - right) / largest;
      assert.ok(
        off <= 1e-5,
        `${message}[${i}, ${c}]: got ${x}, differences give ${right}, off by ${off}`,
      );
    }),
  );
}

/**
 * Entries of half the normal size, for weights. A softmax that has nearly decided, or a gate that is nearly
 * closed, has gradients that are differences of nearly equal float32 numbers; central differences in doubles
 * see the digits lost.
 */
export function half(rows: number, cols: number, seed: number): Matrix {
  return scale(normal(rows, cols, seed), 0.5);
}

/** A vector of a published file as the (1, d) row of this library. */
export function rowOf(numbers: ArrayLike<number>): Matrix {
  return fromRows([Array.from(numbers)]);
}

/**
 * A module in doubles, for the oracle to read: a plain copy of its fields in which each matrix holds a
 * Float64Array, so that a small step of one number is not lost to rounding.
 */
export function inDoubles<Module extends object>(module: Module): Module {
  const copy = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Float32Array) return new Float64Array(value);
    if (Array.isArray(value)) return value.map(copy);
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, copy(field)]));
  };
  return copy(module) as Module;
}

/**
 * The gradient of a loss with respect to each matrix of a module, by name, by central differences in doubles.
 */
export function parameterDifferences<Module extends object>(
  module: Module,
  loss: (module: Module) => number,
): Map<string, Rows> {
  const doubles = inDoubles(module);
  const found = new Map<string, Rows>();
  parameters(doubles).forEach((M, name) => {
    const data = M.data as unknown as Float64Array;
    const slope = Array.from(data, (x, e) => {
      const h = 1e-5 * Math.max(1, Math.abs(x));
      data[e] = x + h;
      const above = loss(doubles);
      data[e] = x - h;
      const below = loss(doubles);
      data[e] = x;
      return (above - below) / (2 * h);
    });
    found.set(
      name,
      Array.from({ length: M.rows }, (_, i) => slope.slice(i * M.cols, (i + 1) * M.cols)),
    );
  });
  return found;
}

/**
 * Throws unless a record of gradients names just the matrices of a module, and each agrees with differences.
 */
export function assertParameterGradients<Module extends object>(
  gradients: object,
  module: Module,
  loss: (module: Module) => number,
  message: string,
): void {
  const expected = parameterDifferences(module, loss);
  const actual = parameters(gradients);
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort(), `${message}: names`);
  const largest = Math.max(...[...expected.values()].flat(2).map(Math.abs), 1e-3);
  expected.forEach((rows, name) => {
    // A bias of the keys has gradient 0: what differences give there is noise, so it is measured by the whole
    // record.
    if (rows.flat().every((x) => Math.abs(x) < 1e-6 * largest)) {
      rowsOf(actual.get(name) as Matrix).forEach((row) =>
        row.forEach((x) =>
          assert.ok(Math.abs(x) <= 1e-5 * largest, `${message}: ${name} should be 0, got ${x}`),
        ),
      );
    } else {
      assertGradient(actual.get(name) as Matrix, rows, `${message}: ${name}`);
    }
  });
}
