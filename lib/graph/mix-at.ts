import type { Matrix } from "../matrix.ts";
import type { Neighbours } from "./neighbours.ts";
import { checkMatrix } from "../matrix.ts";
import { checkNeighbours, checkValues } from "./neighbours.ts";

/**
 * Weighted sums of the rows of V along a graph (グラフ上の重み付き和), which read only rows with a weight.
 * The field calls it SpMM.
 *
 *     O[i,·] = Σ_{e of i : A[e] ≠ 0} A[e] V[key[e],·]
 *
 *     A, one weight a pair of a graph of n queries and m keys   V (m, d)   →   O (n, d)
 *
 * Rows of V without a pair, or of weight 0, are never read, as in `mix`: a hidden NaN stays hidden. A query
 * without pairs gives zeros. Sums in doubles, in the order of `mix`, so to the same bits; rounds once to
 * float32.
 * Cost: d multiply-adds a pair. The weights of a query are gathered first, then eight columns at a time stay
 * in registers: 3.6 × the textbook loop (T = 4096, d = 64, 159 keys a query).
 * Errors: RangeError unless there is one weight for each pair and the graph has V's rows as keys.
 */
export function mixAt(A: Float32Array, V: Matrix, graph: Neighbours): Matrix {
  checkMatrix("mixAt", "V", V);
  checkNeighbours("mixAt", "graph", graph, { keys: V.rows });
  checkValues("mixAt", "A", A, graph);
  const { queries, start, key } = graph;
  const d = V.cols;
  const v = V.data;
  const out = new Float32Array(queries * d);
  const weight = new Float64Array(graph.keys);
  const at = new Int32Array(graph.keys);
  for (let i = 0; i < queries; i++) {
    const end = start[i + 1]!;
    let seen = 0;
    for (let e = start[i]!; e < end; e++) {
      const w = A[e]!;
      if (w === 0) continue;
      weight[seen] = w;
      at[seen] = key[e]! * d;
      seen++;
    }
    let c = 0;
    for (; c + 8 <= d; c += 8) {
      let o0 = 0, o1 = 0, o2 = 0, o3 = 0, o4 = 0, o5 = 0, o6 = 0, o7 = 0;
      for (let e = 0; e < seen; e++) {
        const w = weight[e]!;
        const p = at[e]! + c;
        o0 += w * v[p]!; o1 += w * v[p + 1]!; o2 += w * v[p + 2]!; o3 += w * v[p + 3]!;
        o4 += w * v[p + 4]!; o5 += w * v[p + 5]!; o6 += w * v[p + 6]!; o7 += w * v[p + 7]!;
      }
      const o = i * d + c;
      out[o] = o0; out[o + 1] = o1; out[o + 2] = o2; out[o + 3] = o3;
      out[o + 4] = o4; out[o + 5] = o5; out[o + 6] = o6; out[o + 7] = o7;
    }
    for (; c < d; c++) {
      let sum = 0;
      for (let e = 0; e < seen; e++) sum += weight[e]! * v[at[e]! + c]!;
      out[i * d + c] = sum;
    }
  }
  return { rows: queries, cols: d, data: out };
}

/**
 * The weighted sums along a graph by their definition (定義どおりの重み付き和): `mixAt` equals them to the bit.
 *
 *     O[i,·] = Σ_{e of i : A[e] ≠ 0} A[e] V[key[e],·]
 *
 *     A, one weight a pair of a graph of n queries and m keys   V (m, d)   →   O (n, d)
 *
 * Only the specs and the bench call it.
 */
export function textbookMixAt(A: Float32Array, V: Matrix, graph: Neighbours): Matrix {
  checkMatrix("textbookMixAt", "V", V);
  checkNeighbours("textbookMixAt", "graph", graph, { keys: V.rows });
  checkValues("textbookMixAt", "A", A, graph);
  const d = V.cols;
  const out = new Float32Array(graph.queries * d);
  for (let i = 0; i < graph.queries; i++) {
    for (let c = 0; c < d; c++) {
      let sum = 0;
      for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
        const w = A[e]!;
        if (w !== 0) sum += w * V.data[graph.key[e]! * d + c]!;
      }
      out[i * d + c] = sum;
    }
  }
  return { rows: graph.queries, cols: d, data: out };
}
