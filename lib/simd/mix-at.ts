import type { Code, Routine, Routines, Variable } from "./wasm.ts";
import type { Matrix } from "../matrix.ts";
import type { Neighbours } from "../graph/neighbours.ts";
import { LARGEST_OPERAND, fillRows, scratch, scratchMemory, takeRows } from "./scratch.ts";
import { checkMatrix } from "../matrix.ts";
import { checkNeighbours, checkValues } from "../graph/neighbours.ts";
import { compile, f32x4, i32, loop, routine, set } from "./wasm.ts";
import { endOfPart } from "./scores-at.ts";

/**
 * The code of weighted sums along a graph: rows o … oEnd of O, each of `row` bytes, the first `wide` of them
 * a multiple of 128; `start` and `key` the graph's as whole numbers.
 */
export const mixLoop: Routine = routine(8, (make, o, oEnd, V, start, key, A, row, wide) => {
  const [e, from, end, c, v] = [make("i32"), make("i32"), make("i32"), make("i32"), make("i32")] as const;
  const w = make("f32x4");
  const eight = [0, 1, 2, 3, 4, 5, 6, 7].map(() => make("f32x4"));
  const columns = (sums: readonly Variable[]): Code => [
    sums.map((sum) => set(sum, f32x4.of(0))),
    set(e, from),
    loop(e, end, 4, [
      set(w, f32x4.loadSplat(i32.add(A, e))),
      set(v, i32.add(i32.add(V, c), i32.mul(i32.load(i32.add(key, e)), row))),
      sums.map((sum, n) => set(sum, f32x4.add(sum, f32x4.mul(w, f32x4.load(v, 16 * n))))),
    ]),
    sums.map((sum, n) => f32x4.store(i32.add(o, c), sum, 16 * n)),
  ];
  return [
    loop(o, oEnd, row, [
      set(from, i32.mul(i32.load(start), 4)),
      set(start, i32.add(start, 4)),
      set(end, i32.mul(i32.load(start), 4)),
      set(c, 0),
      loop(c, wide, 128, columns(eight)),
      loop(c, row, 16, columns(eight.slice(0, 1))),
    ]),
  ];
});

const mixRoutines: Routines<"mixed"> = compile({ mixed: mixLoop }, scratchMemory);

/**
 * Weighted sums of the rows of V along a graph (グラフ上の重み付き和), thirty-two columns at a time.
 *
 *     O[i,·] = Σ_{e of i : A[e] ≠ 0} A[e] V[key[e],·]
 *
 *     A, one weight a pair of a graph of n queries and m keys   V (m, d)   →   O (n, d)
 *
 * Lanes: four columns, of eight vectors that stay in registers while a query's keys go by. Weights of 0 are
 * left out where the graph is copied into the memory, so what they hide is never read. V stands in the
 * memory, 64 MiB of its columns at a time. Sums in float32: error under 1e-6 of the largest Σ_e |A[e]
 * V[key[e],c]|.
 * Cost: d multiply-adds a pair. The textbook's form: `mixAt` of graph/mix-at.ts.
 * Errors: RangeError unless there is one weight for each pair and the graph has V's rows as keys.
 */
export function mixAt(A: Float32Array, V: Matrix, graph: Neighbours): Matrix {
  checkMatrix("mixAt", "V", V);
  checkNeighbours("mixAt", "graph", graph, { keys: V.rows });
  checkValues("mixAt", "A", A, graph);
  const { queries: n, start, key } = graph;
  const d = V.cols;
  const O = new Float32Array(n * d);
  const columns = 4 * Math.max(1, Math.floor(LARGEST_OPERAND / 16 / Math.max(1, V.rows)));
  for (let first = 0; first < d; first += columns) {
    const end = Math.min(d, first + columns);
    const width = 4 * Math.ceil((end - first) / 4);
    const o = V.rows * width;
    fillRows(scratch(o), 0, V.data, d, width, 0, first, end);
    for (let i = 0, stop = 0; i < n; i = stop) {
      stop = endOfPart(start, i, n);
      const list = o + (stop - i) * width;
      const keys = list + stop - i + 1;
      const pairs = start[stop]! - start[i]!;
      const weights = keys + pairs;
      const memory = scratch(weights + pairs);
      const whole = new Int32Array(memory.buffer);
      let seen = 0;
      for (let t = i; t < stop; t++) {
        whole[list + t - i] = seen;
        for (let e = start[t]!; e < start[t + 1]!; e++) {
          if (A[e] === 0) continue;
          whole[keys + seen] = key[e]!;
          memory[weights + seen] = A[e]!;
          seen++;
        }
      }
      whole[list + stop - i] = seen;
      const wide = 128 * Math.floor(width / 32);
      mixRoutines.mixed(4 * o, 4 * list, 0, 4 * list, 4 * keys, 4 * weights, 4 * width, wide);
      takeRows(memory, o, width, stop - i, O, i * d, d, first, end);
    }
  }
  return { rows: n, cols: d, data: O };
}
