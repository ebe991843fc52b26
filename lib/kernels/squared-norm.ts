import type { Matrix } from "../matrix.ts";
import { checkMatrix } from "../matrix.ts";

/** Sum of the squares of all entries (フロベニウスノルムの二乗): ‖A‖²_F = Σ_{i,j} A[i,j]², A (n, m) → a number, summed in doubles. */
export function squaredNorm(A: Matrix): number {
  checkMatrix("squaredNorm", "A", A);
  let sum = 0;
  for (let e = 0; e < A.data.length; e++) sum += A.data[e]! * A.data[e]!;
  return sum;
}
