import type { AttentionHead, QueriesKeysValues } from "../attention/heads.ts";
import type { Matrix } from "../matrix.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { linearGradient } from "./linear-gradient.ts";

/** The gradients of one head's projections, and of the sources through them. */
export interface HeadGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
  readonly parameters: AttentionHead;
}

/**
 * The three projections of a head, backwards (射影の逆伝播): Q' = Q W_Q + b_Q, and so for K and V.
 *
 *     dQ = dQ' W_Qᵀ,  dW_Q = Qᵀ dQ',  db_Q = Σ_t dQ'[t,·]               (1)
 *     dK = dK' W_Kᵀ,  dW_K = Kᵀ dK',  db_K = Σ_t dK'[t,·]               (2)
 *     dV = dV' W_Vᵀ,  dW_V = Vᵀ dV',  db_V = Σ_t dV'[t,·]               (3)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)
 *     dQ' (n_q, d_k)   dK' (n_k, d_k)   dV' (n_k, d_v), the gradients of what the head made of them
 *     →   dQ, dK, dV of the sources' shapes, weights and biases of the head's
 *
 * The gradient of a key's bias is 0 up to rounding: it adds the same number to all scores of a query.
 * Errors: RangeError unless the shapes agree as above.
 */
export function headGradient(
  head: AttentionHead,
  sources: QueriesKeysValues,
  projected: { readonly dQ: Matrix; readonly dK: Matrix; readonly dV: Matrix },
): HeadGradient {
  checkOptions("headGradient", sources, ["Q", "K", "V"], "sources");
  // All that an attention's gradient gives may be given: its other names are known here and not used.
  checkOptions("headGradient", projected, ["dQ", "dK", "dV", "dBias", "dS"], "projected");
  const { Q, K, V } = sources;
  checkShapes("headGradient", {
    Q: [Q, "n_q", head.W_Q.rows],
    K: [K, "n_k", head.W_K.rows],
    V: [V, "n_k", head.W_V.rows],
    "dQ'": [projected.dQ, "n_q", head.W_Q.cols],
    "dK'": [projected.dK, "n_k", head.W_K.cols],
    "dV'": [projected.dV, "n_k", head.W_V.cols],
  });
  const toQ = linearGradient(Q, head.W_Q, projected.dQ); //                     (1)
  const toK = linearGradient(K, head.W_K, projected.dK); //                     (2)
  const toV = linearGradient(V, head.W_V, projected.dV); //                     (3)
  const parameters: AttentionHead = {
    W_Q: toQ.dW,
    W_K: toK.dW,
    W_V: toV.dW,
    b_Q: head.b_Q && toQ.db,
    b_K: head.b_K && toK.db,
    b_V: head.b_V && toV.db,
  };
  return { dQ: toQ.dX, dK: toK.dX, dV: toV.dX, parameters };
}
