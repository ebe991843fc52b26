/** Expected numbers of the scenes with pairs left out, with a grid, and of the training, from the oracle. */
import type { Expected } from "./expected.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { DRAWINGS, gridFeatures } from "../../scripts/page/models/rows-and-columns.ts";
import { fromRows, randomGenerator } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear, naiveMatmul } from "../oracle/naive.ts";
import { naiveMap, rowsOf } from "./expected.ts";
import { randomHead } from "../../lib/attention/heads.ts";

const rounded = (list: readonly number[]): number[] => list.map((x) => Math.round(x * 1e5) / 1e5);

export function fewExpected(X: Matrix, seed: number): Expected {
  const random = randomGenerator(seed);
  const [local, global] = [
    randomHead({ d_query: 16, d_k: 16 }, random),
    randomHead({ d_query: 16, d_k: 16 }, random),
  ];
  const sees = (i: number, j: number): boolean => Math.abs(i - j) <= 1 || i === 3 || j === 3;
  const [once, primed] = [naiveMap(X, local, sees).weights, naiveMap(X, global, sees).weights];
  const [Q, K] = [local.W_Q, local.W_K].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  const bias = Q!.map((_, i) =>
    K!.map((__, j) => (i !== 3 && j === 3 && Math.abs(i - j) <= 1 ? Math.LN2 : 0)),
  );
  const twice = naiveAttention(Q!, K!, K!, { scale: 0.25, allow: sees, bias }).weights;
  return {
    "few.once": rounded(once.flat()),
    "few.twice": rounded(twice.flat()),
    "few.own": rounded(once.map((row, i) => (i === 3 ? primed[3]! : row)).flat()),
    "few.pairs": once.flat().filter((w) => w > 0).length,
  };
}

/** Both passes over the ring, column by column and row by row, and what pixel (2, 3) sees of all. */
export function gridExpected(_: Matrix, seed: number): Expected {
  const widths = { d_model: 8, heads: 1, combine: "columns then rows" } as const;
  const { alongColumns, alongRows } = AxialAttention.random(widths, randomGenerator(seed));
  const X = rowsOf(gridFeatures(DRAWINGS.ring));
  const line = Array.from({ length: 8 }, (__, n) => n);
  const columns = line.map((j) => naiveMap(fromRows(line.map((i) => X[8 * i + j]!)), alongColumns.heads[0]!));
  const after = line.map((j) => naiveMatmul(columns[j]!.output, rowsOf(alongColumns.W_O))[2]!);
  const row = naiveMap(fromRows(after), alongRows.heads[0]!).weights[3]!;
  return {
    "grid.composed": rounded(line.flatMap((i) => line.map((j) => row[j]! * columns[j]!.weights[2]![i]!))),
  };
}
