import type { AttentionHead } from "../attention/heads.ts";
import type { CrossAttention } from "../attention/cross-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { ScoreOptions } from "../kernels/mask-scores.ts";
import { add } from "../kernels/entrywise.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { headGradient } from "./head-gradient.ts";
import { project } from "../attention/heads.ts";
import { scaledDotProductGradient } from "./scaled-dot-product-gradient.ts";

/**
 * The gradients of a cross-attention: of the query side, of the memory, of a bias on the scores, of its
 * weights.
 */
export interface CrossAttentionGradient {
  readonly dQuery: Matrix;
  readonly dMemory: Matrix;
  readonly dBias: Matrix;
  readonly parameters: { readonly head: AttentionHead };
}

/**
 * Cross-attention, backwards (クロスアテンションの逆伝播): what the decoder learns goes back to the encoder by keys and
 * values.
 *
 *     Q = X W_Q + b_Q,  K = M W_K + b_K,  V = M W_V + b_V               (1)
 *     dQ, dK, dV from dO, as in `scaledDotProductGradient`              (2)
 *     dX = dQ W_Qᵀ, and the weights', as in `headGradient`              (3)
 *     dM = dK W_Kᵀ + dV W_Vᵀ                                            (4)
 *
 *     X = query (n_q, d_x)   M = memory (n_k, d_m)   dO (n_q, d_v)   →   dX as dQuery, dM as dMemory, dBias (n_q, n_k),
 *     weights and biases of the shapes in `CrossAttention`; n_q, n_k and each d as there
 *
 * A state of the memory on which no weight lies gets 0.
 * Cost: about three times the forward pass. Errors: RangeError unless the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.3, arXiv 1706.03762, differentiated; study note, docs/cross-attention.md.
 */
export function crossAttentionGradient(
  { head }: CrossAttention,
  inputs: { readonly query: Matrix; readonly memory: Matrix },
  dO: Matrix,
  options: ScoreOptions = {},
): CrossAttentionGradient {
  const where = "crossAttentionGradient";
  checkOptions(where, inputs, ["query", "memory"], "inputs");
  const { query, memory } = inputs;
  checkOptions(where, options, ["allow", "bias"]);
  checkShapes(where, {
    query: [query, "n_q", head.W_Q.rows],
    memory: [memory, "n_k", head.W_K.rows],
    dO: [dO, "n_q", head.W_V.cols],
  });
  const sources = { Q: query, K: memory, V: memory };
  const { Q, K, V } = project(where, head, sources); //                           (1) (n_q, d_k), (n_k, d_k)
  const back = scaledDotProductGradient({ Q, K, V, ...options }, dO); //          (2)
  const { dQ, dK, dV, parameters } = headGradient(head, sources, back); //        (3) (n_q, d_x)
  const dMemory = add(dK, dV); //                                                 (4) (n_k, d_m)
  return { dQuery: dQ, dMemory, dBias: back.dBias, parameters: { head: parameters } };
}
