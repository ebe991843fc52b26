/**
 * The patterns of `lib/graph/patterns.ts` a second time, as predicates over one pair. They share nothing with
 * `lib`, neither code nor a type.
 */
export type Sees = (i: number, j: number) => boolean;

export const sees = {
  window:
    (radius: number, dilation: number = 1): Sees =>
    (i, j) =>
      (i - j) % dilation === 0 && Math.abs(i - j) <= radius * dilation,
  keys:
    (globals: readonly number[]): Sees =>
    (_, j) =>
      globals.includes(j),
  queries:
    (globals: readonly number[]): Sees =>
    (i) =>
      globals.includes(i),
  globals:
    (globals: readonly number[]): Sees =>
    (i, j) =>
      globals.includes(i) || globals.includes(j),
  past:
    (offset: number = 0): Sees =>
    (i, j) =>
      j - i <= offset,
  strided:
    (stride: number): Sees =>
    (i, j) =>
      Math.abs(i - j) % stride === 0,
  fixed:
    (stride: number, summary: number): Sees =>
    (_, j) =>
      stride - (j % stride) <= summary,
  sameBlock:
    (size: number): Sees =>
    (i, j) =>
      Math.floor(i / size) === Math.floor(j / size),
  real:
    (flags: readonly boolean[]): Sees =>
    (_, j) =>
      flags[j]!,
  any:
    (...rules: readonly Sees[]): Sees =>
    (i, j) =>
      rules.some((rule) => rule(i, j)),
  every:
    (...rules: readonly Sees[]): Sees =>
    (i, j) =>
      rules.every((rule) => rule(i, j)),
};

/** The keys of each query, ascending, as the predicate has them. */
export function listsBy(queries: number, keys: number, rule: Sees): number[][] {
  const all = Array.from({ length: keys }, (_, j) => j);
  return Array.from({ length: queries }, (_, i) => all.filter((j) => rule(i, j)));
}

/** The indices below n that are in the list. */
export function below(n: number, indices: readonly number[]): number[] {
  return indices.filter((t) => t < n);
}

export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, t) => t);
}
