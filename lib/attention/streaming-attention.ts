import type { Matrix } from "../matrix.ts";
import type { SeenKeys } from "../graph/key-blocks.ts";
import { allowRow, checkSeenKeys, keyBlocks, queriesEnd } from "../graph/key-blocks.ts";
import { checkFinite, checkInteger, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { maskScores } from "../kernels/mask-scores.ts";
import { matmulTransposed } from "../kernels/matmul.ts";
import { onlineOutput, onlineSoftmax, onlineStart } from "../kernels/online-softmax.ts";
import { scale } from "../kernels/entrywise.ts";
import { sliceRows } from "../kernels/rows.ts";
import { softmaxRows } from "../kernels/softmax-rows.ts";

/** Keys in a block. */
const BLOCK_KEYS = 1024;

/**
 * Scaled dot-product attention without its map of weights (ストリーミング・アテンション): the keys come block by
 * block, and each query carries along the greatest score so far, the sum of its exponentials and the output.
 *
 *     S  = (Q / √d_k) K_bᵀ,  −∞ where a query does not see a key            (1)
 *     m' = max(m, max_j S[·,j])                                             (2)
 *     P  = exp(S − m')                                                      (3)
 *     l' = l · exp(m − m') + Σ_j P[·,j]                                     (4)
 *     O' = O · exp(m − m') + P V_b;   after the last block O / l            (5)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   →   output (n_q, d_v)
 *     K_b, V_b: the next block of keys and their values; n_q queries, n_k keys, d_k features of a key, d_v of a
 *     value. Before the first block m = −∞, l = 0, O = 0.
 *
 * Queries go in blocks too, so that memory is that of two blocks, whatever n_q and n_k: a map takes n_q·n_k.
 * All keys are seen, or with `causal` those up to i + causal, or with `graph` those of the graph; a block of
 * keys that no query of its block sees is never read. `scale` replaces 1/√d_k. A query without keys gets
 * zeros.
 * Cost: d_k + d_v multiply-adds for each cell of the blocks that are read: about half of n_q·n_k with
 * `causal`. The output is that of `ScaledDotProductAttention` with the same mask, to within 2e-6 of the
 * largest value.
 * Errors: RangeError unless the shapes agree as above and d_k ≥ 1.
 * Source: Milakov and Gimelshein 2018, arXiv 1805.02867 (2)–(4); Rabe and Staats 2021, "Self-attention Does
 * Not Need O(n²) Memory", arXiv 2112.05682; Dao et al. 2022, "FlashAttention", arXiv 2205.14135, Algorithm 1.
 */
export class StreamingAttention {
  readonly scale: number | undefined;

  constructor(options: { scale?: number | undefined } = {}) {
    checkOptions("StreamingAttention", options, ["scale"]);
    if (options.scale !== undefined) checkFinite("StreamingAttention", "scale", options.scale);
    this.scale = options.scale;
  }

  /** Equations (1) to (5), block by block. There is no map to return: `weightsOf` gives a row of it. */
  forward(Q: Matrix, K: Matrix, V: Matrix, seen: SeenKeys = {}): { output: Matrix } {
    const where = "StreamingAttention.forward";
    const shapes = { Q: [Q, "n_q", "d_k"], K: [K, "n_k", "d_k"], V: [V, "n_k", "d_v"] } as const;
    const { n_q, n_k, d_k, d_v } = checkShapes(where, shapes);
    checkInteger(where, "Q.cols", d_k, 1); // because √0 would divide
    checkSeenKeys(where, seen, n_q, n_k);

    const output = matrix(n_q, d_v);
    for (let i = 0, end = 0; i < n_q; i = end) {
      end = queriesEnd(seen, i, n_q);
      const Q_b = scale(sliceRows(Q, i, end), this.scale ?? 1 / Math.sqrt(d_k));
      let state = onlineStart(end - i, d_v);
      for (const block of keyBlocks(seen, n_k, i, end, BLOCK_KEYS)) {
        state = onlineSoftmax(state, Q_b, K, V, block); //                 (1) (2) (3) (4) (5)
      }
      output.data.set(onlineOutput(state).data, i * d_v); //               (5) O / l
    }
    return { output };
  }

  /**
   * The weights (1, n_k) of query i alone, as a map's row i would be.
   *
   *     A[i,·] = softmax(S[i,·])
   *
   *     Q (n_q, d_k)   K (n_k, d_k)   →   row i of A (n_q, n_k)
   */
  weightsOf(i: number, Q: Matrix, K: Matrix, seen: SeenKeys = {}): Matrix {
    const where = "StreamingAttention.weightsOf";
    const { n_q, n_k, d_k } = checkShapes(where, { Q: [Q, "n_q", "d_k"], K: [K, "n_k", "d_k"] });
    checkInteger(where, "i", i, 0, n_q - 1);
    checkInteger(where, "Q.cols", d_k, 1);
    checkSeenKeys(where, seen, n_q, n_k);

    const q_i = scale(sliceRows(Q, i, i + 1), this.scale ?? 1 / Math.sqrt(d_k));
    const S_i = matmulTransposed(q_i, K);
    return softmaxRows(maskScores(S_i, { allow: allowRow(seen, i) }));
  }
}
