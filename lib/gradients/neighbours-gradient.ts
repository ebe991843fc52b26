import type { Matrix } from "../matrix.ts";
import type { Neighbours } from "../graph/neighbours.ts";
import type { PairBias } from "../graph/bias-at.ts";
import { attendNeighbours } from "../attention/sparse-attention.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { mixAt } from "../graph/mix-at.ts";
import { scale } from "../kernels/entrywise.ts";
import { scoresAt } from "../graph/scores-at.ts";
import { softmaxGradientAt } from "../graph/softmax-gradient-at.ts";
import { transposeWeights } from "../graph/transpose-graph.ts";

/** What went into an attention along a graph; `scale` replaces 1/√d_k, `bias` is added to the scores. */
export interface NeighboursInputs {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
  readonly graph: Neighbours;
  readonly scale?: number | undefined;
  readonly bias?: PairBias | undefined;
}

/**
 * The gradients of an attention along a graph. dS has one number a pair: what a change of its scaled score
 * does.
 */
export interface NeighboursGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
  readonly dS: Float32Array;
}

/**
 * Attention along a graph, backwards (グラフに沿った注意の逆伝播): all sums run over the pairs of the graph and no others.
 *
 *     dV = Aᵀ dO, along the graph's transpose                           (1)
 *     dA[i,j] = dO_i · v_j, for j ∈ N(i)                                (2)
 *     dS[i,j] = A[i,j] (dA[i,j] − Σ_{j' ∈ N(i)} A[i,j'] dA[i,j'])       (3)
 *     dQ = dS K / √d_k, along the graph                                 (4)
 *     dK = dSᵀ Q / √d_k, along the graph's transpose                    (5)
 *
 *     Q (n_q, d_k)   K (n_k, d_k)   V (n_k, d_v)   dO (n_q, d_v)   graph N of n_q queries and n_k keys
 *     →   dQ, dK, dV of their shapes, dS along the graph
 *
 * Keys that no query sees get zeros and are never read. Window, global tokens, random keys, Longformer's and
 * BigBird's patterns: whatever the graph is, the equations are these.
 * Cost: 3·d_k + 2·d_v multiply-adds a pair. Errors: RangeError unless the shapes agree as above.
 * Source: Zaheer et al. 2020 §2 (the graph), arXiv 2007.14062; Vaswani et al. 2017, Eq. 1, differentiated.
 */
export function neighboursGradient(inputs: NeighboursInputs, dO: Matrix): NeighboursGradient {
  const where = "neighboursGradient";
  checkOptions(where, inputs, ["Q", "K", "V", "graph", "scale", "bias"], "inputs");
  const { Q, K, V, graph } = inputs;
  const { d_k } = checkShapes(where, {
    Q: [Q, "n_q", "d_k"],
    K: [K, "n_k", "d_k"],
    V: [V, "n_k", "d_v"],
    dO: [dO, "n_q", "d_v"],
  });
  const { weights: A } = attendNeighbours(Q, K, V, graph, { scale: inputs.scale, bias: inputs.bias });
  const factor = inputs.scale ?? 1 / Math.sqrt(d_k);

  const A_T = transposeWeights(A);
  const dV = mixAt(A_T.values, dO, A_T.graph); //                          (1) (n_k, d_v)
  const dA = scoresAt(dO, V, graph); //                                    (2) one number a pair
  const dS = softmaxGradientAt(A.values, dA, graph); //                    (3) one number a pair
  const dQ = scale(mixAt(dS, K, graph), factor); //                        (4) (n_q, d_k)
  const dS_T = transposeWeights({ graph, values: dS });
  const dK = scale(mixAt(dS_T.values, Q, dS_T.graph), factor); //          (5) (n_k, d_k)
  return { dQ, dK, dV, dS };
}
