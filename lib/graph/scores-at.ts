import type { Matrix } from "../matrix.ts";
import type { Neighbours } from "./neighbours.ts";
import { checkMatrix } from "../matrix.ts";
import { checkNeighbours } from "./neighbours.ts";

/**
 * Dot products along a graph (グラフ上の内積): a score for each pair that the graph has, and for no other.
 * The field calls it SDDMM.
 *
 *     S[e] = Σ_c Q[i,c] K[j,c]  for each entry e of query i with key j = key[e]
 *
 *     Q (n, d)   K (m, d)   graph of n queries and m keys   →   S, one number a pair
 *
 * A key that no query has is never read. Sums in doubles, in the order of `matmulTransposed`, so a score has
 * the same bits here and there; rounds once to float32. Cost: d multiply-adds a pair. Four keys at a time
 * share each number of the query: 2.2 × the textbook loop (T = 4096, d = 64, 159 keys a query).
 * Errors: RangeError unless K has Q's columns and the graph has Q's and K's rows.
 */
export function scoresAt(Q: Matrix, K: Matrix, graph: Neighbours): Float32Array {
  checkMatrix("scoresAt", "Q", Q);
  checkMatrix("scoresAt", "K", K, { cols: Q.cols });
  checkNeighbours("scoresAt", "graph", graph, { queries: Q.rows, keys: K.rows });
  const d = Q.cols;
  const { start, key } = graph;
  const q = Q.data;
  const k = K.data;
  const out = new Float32Array(key.length);
  for (let i = 0; i < Q.rows; i++) {
    const row = i * d;
    const end = start[i + 1]!;
    let e = start[i]!;
    for (; e + 4 <= end; e += 4) {
      const k0 = key[e]! * d;
      const k1 = key[e + 1]! * d;
      const k2 = key[e + 2]! * d;
      const k3 = key[e + 3]! * d;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      for (let c = 0; c < d; c++) {
        const x = q[row + c]!;
        s0 += x * k[k0 + c]!; s1 += x * k[k1 + c]!; s2 += x * k[k2 + c]!; s3 += x * k[k3 + c]!;
      }
      out[e] = s0; out[e + 1] = s1; out[e + 2] = s2; out[e + 3] = s3;
    }
    for (; e < end; e++) {
      const k0 = key[e]! * d;
      let sum = 0;
      for (let c = 0; c < d; c++) sum += q[row + c]! * k[k0 + c]!;
      out[e] = sum;
    }
  }
  return out;
}

/**
 * The dot products along a graph by their definition (定義どおりの内積): `scoresAt` equals them to the bit.
 *
 *     S[e] = Σ_c Q[i,c] K[j,c]  for each entry e of query i with key j = key[e]
 *
 *     Q (n, d)   K (m, d)   graph of n queries and m keys   →   S, one number a pair
 *
 * Only the specs and the bench call it.
 */
export function textbookScoresAt(Q: Matrix, K: Matrix, graph: Neighbours): Float32Array {
  checkMatrix("textbookScoresAt", "Q", Q);
  checkMatrix("textbookScoresAt", "K", K, { cols: Q.cols });
  checkNeighbours("textbookScoresAt", "graph", graph, { queries: Q.rows, keys: K.rows });
  const d = Q.cols;
  const out = new Float32Array(graph.key.length);
  for (let i = 0; i < Q.rows; i++) {
    for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
      const j = graph.key[e]!;
      let sum = 0;
      for (let c = 0; c < d; c++) sum += Q.data[i * d + c]! * K.data[j * d + c]!;
      out[e] = sum;
    }
  }
  return out;
}
