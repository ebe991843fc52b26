import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { assertClose } from "./values.ts";

/** Prints that a recipe gives what a naive computation in doubles gives; throws if it does not. */
export function agree(name: string, actual: Matrix, naive: Rows, limit: number = 1e-6): void {
  assertClose(actual, naive, limit, name);
  console.log(`${name}: (${actual.rows}, ${actual.cols}), as computed naively`);
}
