/** One query among five keys in the plane, and its output among their values. */
import type { Matrix } from "../../../lib/matrix.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { fromRows } from "../../../lib/matrix.ts";

/** A point of the plane. */
export type Point = readonly [number, number];

/** Four keys at the corners, and a fifth inside them. */
export const PLANE_KEYS: readonly Point[] = [
  [2.2, 0.8],
  [-0.5, 2.1],
  [-2.1, -0.6],
  [0.6, -2.2],
  [0.4, 0.2],
];

/** The value of each key: all five are corners. */
export const PLANE_VALUES: readonly Point[] = [
  [2.2, 1.1],
  [-0.2, 2.3],
  [-2.2, 0.9],
  [-1.4, -1.9],
  [1.5, -1.8],
];

export interface OneQueryModel {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
  /** The shares of the keys (1, 5). */
  readonly map: Matrix;
  readonly output: Point;
  readonly sum: number;
  /** The values at the corners of their hull, in order around it. */
  readonly hull: readonly number[];
}

/** Scaled dot-product attention of the query over the five keys. */
export function oneQueryModel(query: Point): OneQueryModel {
  const [Q, K, V] = [fromRows([query]), fromRows(PLANE_KEYS), fromRows(PLANE_VALUES)];
  const { output, weights } = new ScaledDotProductAttention().forward(Q, K, V);
  return {
    Q,
    K,
    V,
    map: weights,
    output: [output.data[0]!, output.data[1]!],
    sum: weights.data.reduce((sum, w) => sum + w, 0),
    hull: hullAround(PLANE_VALUES),
  };
}

/** On which side of the line from a to b the point p lies: positive on the left, 0 on the line. */
export function sideOf(a: Point, b: Point, p: Point): number {
  return (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
}

/** The corners of the smallest convex shape around some points, anticlockwise. */
export function hullAround(points: readonly Point[]): number[] {
  const order = points.map((_, n) => n).sort((a, b) => points[a]![0] - points[b]![0] || points[a]![1] - points[b]![1]);
  const half = (path: readonly number[]): number[] => {
    const kept: number[] = [];
    for (const n of path) {
      while (kept.length > 1 && sideOf(points[kept[kept.length - 2]!]!, points[kept[kept.length - 1]!]!, points[n]!) <= 0) kept.pop();
      kept.push(n);
    }
    return kept.slice(0, -1);
  };
  return [...half(order), ...half([...order].reverse())];
}
