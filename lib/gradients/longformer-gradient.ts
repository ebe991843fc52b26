import type { AttentionHead } from "../attention/heads.ts";
import type { GraphWeights } from "../graph/neighbours.ts";
import type { LongformerAttention, LongformerOptions } from "../attention/longformer-attention.ts";
import type { Matrix } from "../matrix.ts";
import { add } from "../kernels/entrywise.ts";
import { addWeights } from "../graph/maps.ts";
import { attendNeighbours, biasOfHead } from "../attention/sparse-attention.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { gatherGlobal, globalIndices } from "../kernels/gather-global.ts";
import { headGradient } from "./head-gradient.ts";
import { linearGradient } from "./linear-gradient.ts";
import { neighboursGradient } from "./neighbours-gradient.ts";
import { project, projectSelf } from "../attention/heads.ts";
import { replaceRows, scatterRows } from "../kernels/rows.ts";
import { restrict } from "../graph/algebra.ts";
import { sumOf } from "../kernels/sums.ts";

/** The gradients of the weights of Longformer's attention: both projection sets of each head, W^O and b^O. */
export interface LongformerAttentionParameters {
  readonly heads: readonly { readonly local: AttentionHead; readonly global: AttentionHead }[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
}

/** The gradients of Longformer's attention: of its source, of its bias head by head, and of its weights. */
export interface LongformerGradient {
  readonly dX: Matrix;
  readonly dB: readonly GraphWeights[];
  readonly parameters: LongformerAttentionParameters;
}

/**
 * Longformer's attention, backwards (Longformer の注意の逆伝播): each projection set learns from its own queries.
 *
 *     N_local(i) = N(i) for i not global,  N_global(i) = N(i) for i global           (1)
 *     Q = X W^Q + b^Q,  and so K, V;  Q' = X_globals W'^Q + b'^Q,  and so K', V'     (2)
 *     dJ = dY W_Oᵀ,  dW_O = Jᵀ dY,  db_O = Σ_t dY[t,·],  J = Concat(O_1, …, O_h)     (3)
 *     dQ, dK, dV from the head's columns of dJ along N_local                         (4)
 *     dQ', dK', dV' from the same along N_global                                     (5)
 *     dX_local, dW^Q, db^Q … from dQ, dK, dV, as in `headGradient`                   (6)
 *     dX_global, dW'^Q, db'^Q … from dQ' at the globals, dK', dV'                    (7)
 *     dX = Σ over the heads of dX_local + dX_global                                  (8)
 *     dB[i,j] = dS[i,j] along N_local for i not global, along N_global for i global  (9)
 *
 *     X (T, d_model)   dY (T, d_out)   →   dX (T, d_model), weights and biases of the shapes in `LongformerAttention`
 *     T tokens i, t, h heads; a prime marks the global set; (4) and (5) are `neighboursGradient`
 *
 * dB, head by head one number a pair of N, is what a change of `bias` does; see `sparseGradient`.
 * Without globals the global set gets zeros. Padding is never read and gets 0.
 * Cost: about three times the forward pass. Errors: RangeError unless the shapes, globals and real fit.
 * Source: Beltagy et al. 2020 §3.1 and §3.2, arXiv 2004.05150, differentiated; study note,
 * docs/global-and-sparse.md.
 */
export function longformerGradient(
  attention: LongformerAttention,
  X: Matrix,
  dY: Matrix,
  options: LongformerOptions = {},
): LongformerGradient {
  const where = "longformerGradient";
  const { heads, W_O, b_O } = attention;
  checkOptions(where, options, ["globals", "real", "bias"]);
  checkShapes(where, { dY: [dY, X.rows, W_O.cols] });
  heads.forEach(({ local }) => checkShapes(where, { X: [X, "T", local.W_Q.rows] }));
  const globals = globalIndices(where, options.globals ?? [], X.rows);
  const isGlobal = new Set(globals);
  const X_globals = gatherGlobal(X, globals);

  const attentions = heads.map(({ local, global, dilation }, m) => {
    const bias = biasOfHead(options.bias, m);
    const N = attention.graph(X.rows, options, dilation);
    const N_local = restrict(N, (i) => !isGlobal.has(i)); //                          (1) (T, T)
    const N_global = restrict(N, (i) => isGlobal.has(i)); //                          (1) (T, T)
    const near = { ...projectSelf(where, local, X), graph: N_local, bias }; //        (2) Q (T, d_k)
    const primed = project(where, global, { Q: X_globals, K: X, V: X }); //           (2) Q' (G, d_k)
    const far = { ...primed, Q: replaceRows(near.Q, globals, primed.Q), graph: N_global, bias };
    const O_local = attendNeighbours(near.Q, near.K, near.V, N_local, { bias }).output;
    const O_global = attendNeighbours(far.Q, far.K, far.V, N_global, { bias }).output;
    return { local, global, near, far, O: add(O_local, O_global) };
  });

  const J = concatColumns(attentions.map(({ O }) => O));
  const { dX: dJ, dW: dW_O, db: db_O } = linearGradient(J, W_O, dY); //               (3) (T, h·d_v)
  const d_v = dJ.cols / heads.length;
  const parts = attentions.map((head, m) => {
    const dO = sliceColumns(dJ, m * d_v, (m + 1) * d_v);
    const near = neighboursGradient(head.near, dO); //                                (4)
    const far = neighboursGradient(head.far, dO); //                                  (5)
    const toX = headGradient(head.local, { Q: X, K: X, V: X }, near); //              (6)
    const primed = { ...far, dQ: gatherGlobal(far.dQ, globals) };
    const toX_far = headGradient(head.global, { Q: X_globals, K: X, V: X }, primed); // (7)
    const dX_Q = scatterRows(X.rows, globals, toX_far.dQ);
    const dX = sumOf([toX.dQ, toX.dK, toX.dV, dX_Q, toX_far.dK, toX_far.dV]);
    const [dS, dS_far] = [near.dS, far.dS];
    const dB = addWeights(
      { graph: head.near.graph, values: dS },
      { graph: head.far.graph, values: dS_far },
    ); //                                                                             (9) one number a pair
    return { dX, dB, local: toX.parameters, global: toX_far.parameters };
  });
  const dX = sumOf(parts.map((part) => part.dX)); //                                  (8) (T, d_model)
  const both = parts.map(({ local, global }) => ({ local, global }));
  const dB = parts.map((part) => part.dB);
  return { dX, dB, parameters: { heads: both, W_O: dW_O, b_O: b_O && db_O } };
}
