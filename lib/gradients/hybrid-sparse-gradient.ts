import type { Globals, HybridSparseAttention } from "../attention/hybrid-sparse-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadParameters } from "./multi-head-gradient.ts";
import type { QueriesKeysValues } from "../attention/heads.ts";
import { scale } from "../kernels/entrywise.ts";
import { checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { gatherGlobal } from "../kernels/gather-global.ts";
import { headGradient } from "./head-gradient.ts";
import { linearGradient } from "./linear-gradient.ts";
import { maskedProduct } from "../kernels/masked-product.ts";
import { mix } from "../kernels/mix.ts";
import { projectSelf } from "../attention/heads.ts";
import { scatterRows } from "../kernels/rows.ts";
import { softmaxGradientRows } from "../kernels/gradient-rows.ts";
import { sumOf } from "../kernels/sums.ts";
import { transpose } from "../kernels/transpose.ts";
import { transposeWindow } from "../kernels/transpose-window.ts";
import { unfoldWindow } from "../kernels/unfold-window.ts";
import { windowMix, windowScores } from "../kernels/windows.ts";

/** The gradients of the queries, keys and values of one head. */
export interface HybridHeadGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
}

/** The gradients of a hybrid sparse attention: of its source, and of its weights. */
export interface HybridGradient {
  readonly dX: Matrix;
  readonly parameters: MultiHeadParameters;
}

/**
 * Hybrid sparse attention, backwards (ハイブリッド疎結合アテンションの逆伝播): all heads.
 *
 *     dJ = dY W_Oᵀ,  dW_O = Jᵀ dY,  db_O = Σ_t dY[t,·],  J = Concat(O_1, …, O_h)   (1)
 *     dQ, dK, dV of a head from its columns of dJ, as in `hybridHeadGradient`      (2)
 *     dX_Q, dX_K, dX_V and the weights' gradients, as in `headGradient`            (3)
 *     dX = Σ over the heads of dX_Q + dX_K + dX_V                                  (4)
 *
 *     X (T, d_model)   globals: G tokens   dY (T, d_out)   →   dX (T, d_model), weights and biases of the shapes
 *     in `HybridSparseAttention`; T tokens t, h heads
 *
 * Cost: about three times the forward pass, linear in T as it is.
 * Errors: RangeError unless the shapes agree as above and globals are tokens, each named once.
 * Source: study note, docs/global-and-sparse.md, "Hybrid Sparse Attention", steps A–D, differentiated.
 */
export function hybridSparseGradient(
  attention: HybridSparseAttention,
  X: Matrix,
  dY: Matrix,
  globals: Globals = [],
): HybridGradient {
  const where = "hybridSparseGradient";
  const { heads, W_O, b_O } = attention;
  checkShapes(where, { dY: [dY, X.rows, W_O.cols] });
  heads.forEach(({ W_Q }) => checkShapes(where, { X: [X, "T", W_Q.rows] }));
  const attentions = heads.map((head) => {
    const own = projectSelf(where, head, X);
    return { head, own, O: attention.attend(own.Q, own.K, own.V, globals).output };
  });

  const J = concatColumns(attentions.map(({ O }) => O));
  const { dX: dJ, dW: dW_O, db: db_O } = linearGradient(J, W_O, dY); //         (1) (T, h·d_v)
  const d_v = dJ.cols / heads.length;
  const parts = attentions.map(({ head, own }, m) => {
    const dO = sliceColumns(dJ, m * d_v, (m + 1) * d_v);
    const back = hybridHeadGradient(attention, own, dO, globals); //            (2)
    return headGradient(head, { Q: X, K: X, V: X }, back); //                   (3)
  });
  const dX = sumOf(parts.map(({ dQ, dK, dV }) => sumOf([dQ, dK, dV]))); //      (4) (T, d_model)
  return { dX, parameters: { heads: parts.map(({ parameters }) => parameters), W_O: dW_O, b_O: b_O && db_O } };
}

/**
 * One head of hybrid sparse attention, backwards (一つのヘッドの逆伝播): the document's steps in the
 * opposite order, under their own numbers.
 *
 *     G. A global query t = globals[g] that saw every key
 *        dV = globalRowsᵀ dO_g,  dR = dO_g Vᵀ,  dO_g = the rows of dO at the globals            (G2)
 *        dS_all = globalRows ∘ (dR − rowsum(globalRows ∘ dR))                                   (G1)
 *        dQ_g = dS_all K / √d_k,  dK = dS_allᵀ Q_g / √d_k                                       (G)
 *     C. One softmax over both
 *        dw_local[t,m] = dO_t · v_(t−r+m),  dw_global = dO V_gᵀ                                 (C3)
 *        [dS_local ‖ dS_global] = w ∘ (dw − rowsum(w ∘ dw)),  dw = [dw_local ‖ dw_global]       (C2)
 *     B. The global tokens
 *        dQ = dS_global K_g / √d_k,  dK_g = dS_globalᵀ Q / √d_k                                 (B3)
 *        dV_g = w_globalᵀ dO;  rows of dK_g and of dV_g are added to dK and dV at the globals   (B1)
 *     A. The window
 *        dQ[t,·] = Σ_m dS_local[t,m] k_(t−r+m) / √d_k                                           (A2)
 *        dK[j,·] = Σ_m dS_local[j−r+m, 2r−m] q_(j−r+m) / √d_k                                   (A1)
 *        dV[j,·] = Σ_m w_local[j−r+m, 2r−m] dO_(j−r+m)                                          (A)
 *     D. dQ, dK and dV are the sums of all of these                                             (D)
 *
 *     Q (T, d_k)   K (T, d_k)   V (T, d_v)   globals: G tokens g   dO (T, d_v)   →   dQ, dK, dV of their shapes
 *     T tokens t and j, radius r, slots m; w_local, w_global, globalRows, reading as in `HybridSparseAttention`
 *
 * Slot m of query t is key t − r + m; slot 2r − m of query j − r + m is key j: `transposeWindow`. Weights of
 * 0, hidden slots among them, get exactly 0. Keys of zeros beyond the ends, where the reading has them, are
 * no inputs: they add nothing in (A2), and their gradient is dropped.
 * Cost: as many pairs as the forward pass, 3·d_k + 2·d_v multiply-adds each.
 * Errors: RangeError unless the shapes agree as above and globals are tokens, each named once.
 */
export function hybridHeadGradient(
  attention: HybridSparseAttention,
  projected: QueriesKeysValues,
  dO: Matrix,
  globals: Globals = [],
): HybridHeadGradient {
  checkOptions("hybridHeadGradient", projected, ["Q", "K", "V"], "projected");
  const { Q, K, V } = projected;
  const { T, d_k, d_v } = checkShapes("hybridHeadGradient", {
    Q: [Q, "T", "d_k"],
    K: [K, "T", "d_k"],
    V: [V, "T", "d_v"],
    dO: [dO, "T", "d_v"],
  });
  const { radius, reading } = attention;
  const { w_local, w_global, globalRows, globals: tokens } = attention.attend(Q, K, V, globals).weights;
  const seeAll = globalRows.rows === 0 ? [] : tokens;
  const slots = w_local.cols;
  const factor = 1 / Math.sqrt(d_k);

  const dO_g = gatherGlobal(dO, seeAll);
  const Q_g = gatherGlobal(Q, seeAll);
  const dV_all = mix(transpose(globalRows), dO_g); //                               (G2) (T, d_v)
  const dR = maskedProduct(dO_g, V, globalRows); //                                 (G2) (G, T)
  const dS_all = softmaxGradientRows(globalRows, dR); //                            (G1) (G, T)
  const dQ_all = scatterRows(T, seeAll, mix(dS_all, K)); //                         (G)  (T, d_k)
  const dK_all = mix(transpose(dS_all), Q_g); //                                    (G)  (T, d_k)

  const K_g = gatherGlobal(K, tokens);
  const V_g = gatherGlobal(V, tokens);
  const dw_local = windowScores(dO, unfoldWindow(V, radius, reading), radius); //   (C3) (T, 2r+1)
  const dw_global = maskedProduct(dO, V_g, w_global); //                            (C3) (T, G)
  const w = concatColumns([w_local, w_global]);
  const dS = softmaxGradientRows(w, concatColumns([dw_local, dw_global])); //       (C2) (T, 2r+1 + G)
  const dS_local = sliceColumns(dS, 0, slots);
  const dS_global = sliceColumns(dS, slots, dS.cols);

  const dQ_global = mix(dS_global, K_g); //                                         (B3) (T, d_k)
  const dK_global = scatterRows(T, tokens, mix(transpose(dS_global), Q)); //        (B3) (T, d_k)
  const dV_global = scatterRows(T, tokens, mix(transpose(w_global), dO)); //        (B1) (T, d_v)

  const dQ_local = windowMix(dS_local, unfoldWindow(K, radius), d_k); //            (A2) (T, d_k)
  const Q_w = unfoldWindow(Q, radius);
  const dO_w = unfoldWindow(dO, radius);
  const dK_local = windowMix(transposeWindow(dS_local), Q_w, d_k); //               (A1) (T, d_k)
  const dV_local = windowMix(transposeWindow(w_local), dO_w, d_v); //               (A)  (T, d_v)

  const dQ = scale(sumOf([dQ_local, dQ_global, dQ_all]), factor); //                (D)  (T, d_k)
  const dK = scale(sumOf([dK_local, dK_global, dK_all]), factor); //                (D)  (T, d_k)
  const dV = sumOf([dV_local, dV_global, dV_all]); //                               (D)  (T, d_v)
  return { dQ, dK, dV };
}
