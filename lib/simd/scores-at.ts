import type { Matrix } from "../matrix.ts";
import type { Neighbours } from "../graph/neighbours.ts";
import type { Routine, Routines } from "./wasm.ts";
import { LARGEST_OPERAND, fillRows, scratch, scratchMemory } from "./scratch.ts";
import { checkMatrix } from "../matrix.ts";
import { checkNeighbours } from "../graph/neighbours.ts";
import { compile, f32x4, i32, loop, routine, set } from "./wasm.ts";

/**
 * The code of dot products along a graph: the queries q … qEnd of `row` bytes, `start` and `key` the graph's
 * as whole numbers. At the end of a query's list the next query's keys fill the four lanes: their turn
 * overwrites them.
 */
export const scoresLoop: Routine = routine(7, (make, q, qEnd, K, start, key, out, row) => {
  const [e, end, c, stop] = [make("i32"), make("i32"), make("i32"), make("i32")] as const;
  const [x, y] = [make("f32x4"), make("f32x4")] as const;
  const four = [0, 1, 2, 3].map((n) => ({ n, at: make("i32"), sum: make("f32x4") }));
  const [s0, s1, s2, s3] = [four[0]!.sum, four[1]!.sum, four[2]!.sum, four[3]!.sum] as const;
  const { add, mul, load, shuffle } = f32x4;
  return [
    loop(q, qEnd, 0, [
      set(e, i32.mul(i32.load(start), 4)),
      set(start, i32.add(start, 4)),
      set(end, i32.mul(i32.load(start), 4)),
      set(stop, i32.add(q, row)),
      loop(e, end, 16, [
        four.map(({ n, at, sum }) => [
          set(at, i32.add(K, i32.mul(i32.load(i32.add(key, e), 4 * n), row))),
          set(sum, f32x4.of(0)),
        ]),
        set(c, q),
        loop(c, stop, 16, [
          set(x, load(c)),
          four.map(({ at, sum }) => [set(sum, add(sum, mul(x, load(at)))), set(at, i32.add(at, 16))]),
        ]),
        // Four vectors of partial sums become one vector of four sums.
        set(x, add(shuffle(s0, s1, [0, 4, 1, 5]), shuffle(s0, s1, [2, 6, 3, 7]))),
        set(y, add(shuffle(s2, s3, [0, 4, 1, 5]), shuffle(s2, s3, [2, 6, 3, 7]))),
        f32x4.store(i32.add(out, e), add(shuffle(x, y, [0, 1, 4, 5]), shuffle(x, y, [2, 3, 6, 7]))),
      ]),
      set(q, stop),
    ]),
  ];
});

const scoreRoutines: Routines<"scores"> = compile({ scores: scoresLoop }, scratchMemory);

/**
 * Dot products along a graph (グラフ上の内積), four numbers of four keys at a time.
 *
 *     S[e] = Σ_c Q[i,c] K[j,c]  for each entry e of query i with key j = key[e]
 *
 *     Q (n, d)   K (m, d)   graph of n queries and m keys   →   S, one number a pair
 *
 * Lanes: four features, of four keys that share the query's. K stands in the memory, 64 MiB of its columns at
 * a time; queries pass through it with their part of the graph. Sums in float32: error under 1e-6 of the
 * largest Σ_c |Q[i,c] K[j,c]|. Cost: d multiply-adds a pair. The textbook's form: `scoresAt` of
 * graph/scores-at.ts.
 * Errors: RangeError unless K has Q's columns and the graph has Q's and K's rows.
 */
export function scoresAt(Q: Matrix, K: Matrix, graph: Neighbours): Float32Array {
  checkMatrix("scoresAt", "Q", Q);
  checkMatrix("scoresAt", "K", K, { cols: Q.cols });
  checkNeighbours("scoresAt", "graph", graph, { queries: Q.rows, keys: K.rows });
  const { start, key } = graph;
  const { rows: n, cols: d } = Q;
  const S = new Float32Array(key.length);
  const columns = 4 * Math.max(1, Math.floor(LARGEST_OPERAND / 16 / Math.max(1, K.rows)));
  for (let first = 0; first < d && key.length > 0; first += columns) {
    const end = Math.min(d, first + columns);
    const width = 4 * Math.ceil((end - first) / 4);
    const q = K.rows * width;
    fillRows(scratch(q), 0, K.data, d, width, 0, first, end);
    for (let i = 0, stop = 0; i < n; i = stop) {
      stop = endOfPart(start, i, n);
      const [from, to] = [start[i]!, start[stop]!];
      const list = q + (stop - i) * width;
      const keys = list + stop - i + 1;
      const out = keys + to - from + 4;
      const memory = scratch(out + to - from + 4);
      const whole = new Int32Array(memory.buffer);
      fillRows(memory, q, Q.data.subarray(i * d, stop * d), d, width, 0, first, end);
      for (let t = i; t <= stop; t++) whole[list + t - i] = start[t]! - from;
      whole.set(key.subarray(from, to), keys);
      whole.fill(0, out - 4, out); // past the last pair: key 0
      scoreRoutines.scores(4 * q, 4 * list, 0, 4 * list, 4 * keys, 4 * out, 4 * width);
      if (first === 0) S.set(memory.subarray(out, out + to - from), from);
      else for (let e = from; e < to; e++) S[e] = S[e]! + memory[out + e - from]!;
    }
  }
  return S;
}

/**
 * Where a part of the queries ends that begins at i: after about a million pairs, and after 16,384 queries.
 */
export function endOfPart(start: Int32Array, i: number, n: number): number {
  let stop = i + 1;
  while (stop < n && stop - i < 16384 && start[stop + 1]! - start[i]! <= 1048576) stop++;
  return stop;
}
