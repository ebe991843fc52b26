import type { GraphWeights, Neighbours } from "../graph/neighbours.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import type { PairBias } from "../graph/bias-at.ts";
import type { SparseAttention } from "../attention/sparse-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { attendNeighbours, biasOfHead } from "../attention/sparse-attention.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { headGradient } from "./head-gradient.ts";
import { headGraph } from "../graph/neighbours.ts";
import { linearGradient } from "./linear-gradient.ts";
import { neighboursGradient } from "./neighbours-gradient.ts";
import { project } from "../attention/heads.ts";

/** What went into a sparse attention: sources, one graph for all heads or one for each, and its bias. */
export interface SparseInputs {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
  readonly graph: Neighbours | readonly Neighbours[];
  readonly bias?: PairBias | undefined;
}

/**
 * The gradients of a sparse attention: of its sources, of its bias head by head, one number a pair, and of
 * its weights, under their names.
 */
export interface SparseGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
  readonly dB: readonly GraphWeights[];
  readonly parameters: MultiHeadParameters;
}

/**
 * Multi-head attention along graphs, backwards (疎な注意の逆伝播); with BigBird's graph, BigBird's attention.
 *
 *     dJ = dY W_Oᵀ,  dW_O = Jᵀ dY,  db_O = Σ_t dY[t,·],  J = Concat(O_1, …, O_h)   (1)
 *     dQ_m, dK_m, dV_m from the columns of dJ, as in `neighboursGradient`          (2)
 *     dQ = Σ_m dQ_m W_m^Qᵀ,  dW_m^Q = Qᵀ dQ_m, and so for K and V                  (3)
 *     dB_m[i,j] = dS_m[i,j]  for j ∈ N_m(i)                                        (4)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   dY (n_q, d_out)   →   dQ, dK, dV of their shapes,
 *     weights and biases of the shapes in `SparseAttention`, dB: h times one number for each pair of N_m
 *     W_O (h·d_v, d_out), of h heads m
 *
 * B is added to the scores, so its gradient is theirs, dS of `neighboursGradient`, bias or none. A number
 * that stands in several pairs, ALiBi's slope or an entry of a table, gets the sum over its pairs of dB times
 * what it is multiplied by there. Where Q, K and V are one matrix X, its gradient is dQ + dK + dV.
 * `BigBirdAttention` b takes its own graphs:
 * `sparseGradient(b.attention, { Q: X, K: X, V: X, graph: b.graphs(T) }, dY)`.
 * Cost: about three times the forward pass.
 * Errors: RangeError unless the shapes agree as above and the graphs fit.
 * Source: Zaheer et al. 2020 §2, arXiv 2007.14062, differentiated; study note, docs/global-and-sparse.md.
 */
export function sparseGradient(
  attention: SparseAttention,
  inputs: SparseInputs,
  dY: Matrix,
): SparseGradient {
  const where = "sparseGradient";
  checkOptions(where, inputs, ["Q", "K", "V", "graph", "bias"], "inputs");
  const { Q, K, V, graph } = inputs;
  const { heads, W_O, b_O } = attention;
  checkShapes(where, { Q: [Q, "n_q", "d_query"], W_O: [W_O, "h·d_v", "d_out"], dY: [dY, "n_q", "d_out"] });
  const attentions = heads.map((head, m) => {
    const own = project(where, head, { Q, K, V });
    const N = headGraph(where, graph, m, heads.length, { queries: Q.rows, keys: K.rows });
    const bias = biasOfHead(inputs.bias, m);
    const { output } = attendNeighbours(own.Q, own.K, own.V, N, { bias });
    return { head, inputs: { ...own, graph: N, bias }, output };
  });

  const J = concatColumns(attentions.map(({ output }) => output));
  const { dX: dJ, dW: dW_O, db: db_O } = linearGradient(J, W_O, dY); //         (1) (n_q, h·d_v)
  const d_v = dJ.cols / heads.length;
  const parts = attentions.map(({ head, inputs }, m) => {
    const dO_m = sliceColumns(dJ, m * d_v, (m + 1) * d_v);
    const back = neighboursGradient(inputs, dO_m); //                           (2)
    const dB = { graph: inputs.graph, values: back.dS }; //                     (4) one number a pair
    return { ...headGradient(head, { Q, K, V }, back), dB }; //                 (3)
  });
  return {
    dQ: parts.map(({ dQ }) => dQ).reduce((sum, part) => add(sum, part)),
    dK: parts.map(({ dK }) => dK).reduce((sum, part) => add(sum, part)),
    dV: parts.map(({ dV }) => dV).reduce((sum, part) => add(sum, part)),
    dB: parts.map(({ dB }) => dB),
    parameters: { heads: parts.map(({ parameters }) => parameters), W_O: dW_O, b_O: b_O && db_O },
  };
}
