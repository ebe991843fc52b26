import type { AttentionHead } from "../attention/heads.ts";
import type { Matrix } from "../matrix.ts";
import type { MultiHeadAttention, MultiHeadOptions } from "../attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../attention/scaled-dot-product-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { checkMatrix, checkOptions, checkShapes } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { headGradient } from "./head-gradient.ts";
import { linearGradient } from "./linear-gradient.ts";
import { project } from "../attention/heads.ts";
import { scaledDotProductGradient } from "./scaled-dot-product-gradient.ts";

/** What went into a multi-head attention. In self-attention Q, K and V are one matrix. */
export interface MultiHeadInputs extends MultiHeadOptions {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
}

/** The gradients of the weights of a multi-head attention, under their names in it. */
export interface MultiHeadParameters {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
}

/**
 * The gradients of a multi-head attention: of its sources, of each head's bias on the scores, of its weights.
 */
export interface MultiHeadGradient {
  readonly dQ: Matrix;
  readonly dK: Matrix;
  readonly dV: Matrix;
  readonly dBias: readonly Matrix[];
  readonly parameters: MultiHeadParameters;
}

/**
 * Multi-head attention, backwards (マルチヘッド・アテンションの逆伝播): Y = Concat(O_1, …, O_h) W_O + b_O.
 *
 *     dJ = dY W_Oᵀ,  dW_O = Jᵀ dY,  db_O = Σ_t dY[t,·],  J = Concat(O_1, …, O_h)   (1)
 *     dO_i = the columns of dJ that came from head i                               (2)
 *     dQ_i, dK_i, dV_i from dO_i, as in `scaledDotProductGradient`                 (3)
 *     dQ = Σ_i dQ_i W_i^Qᵀ,  dW_i^Q = Qᵀ dQ_i,  db_i^Q = Σ_t dQ_i[t,·], and so for K and V   (4)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   dY (n_q, d_out)   →   dQ, dK, dV of their shapes,
 *     dBias: h matrices (n_q, n_k), weights and biases of the shapes in `MultiHeadAttention`
 *
 * Where Q, K and V are one matrix X, its gradient is dQ + dK + dV. The gradient of a key's bias is 0 up to
 * rounding: it adds the same number to all scores of a query. What is masked gets exactly 0 and is never
 * read.
 * Cost: about three times the forward pass. Errors: RangeError unless the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.2, arXiv 1706.03762, differentiated; study note, docs/multi-head.md.
 */
export function multiHeadGradient(
  attention: MultiHeadAttention,
  inputs: MultiHeadInputs,
  dY: Matrix,
): MultiHeadGradient {
  const where = "multiHeadGradient";
  checkOptions(where, inputs, ["Q", "K", "V", "allow", "bias"], "inputs");
  const { Q, K, V, allow, bias } = inputs;
  const { heads, W_O, b_O, scale, normalize } = attention;
  if (normalize !== undefined) {
    throw new TypeError(`${where}: attention must normalise by softmax; got a normalize whose slope is not known`);
  }
  checkMatrix(where, "Q", Q);
  checkShapes(where, { dY: [dY, Q.rows, W_O.cols] });
  const attentions = heads.map((head, i) => {
    const options = { allow: allow && ((q: number, k: number): boolean => allow(q, k, i)), bias: bias?.[i] };
    const own = project(where, head, { Q, K, V });
    const { output } = new ScaledDotProductAttention({ scale }).forward(own.Q, own.K, own.V, options);
    return { head, output, inputs: { ...own, ...options, scale } };
  });

  const J = concatColumns(attentions.map(({ output }) => output));
  const { dX: dJ, dW: dW_O, db: db_O } = linearGradient(J, W_O, dY); //         (1) (n_q, h·d_v)
  const d_v = dJ.cols / heads.length;
  const parts = attentions.map(({ head, inputs: own }, i) => {
    const dO_i = sliceColumns(dJ, i * d_v, (i + 1) * d_v); //                   (2) (n_q, d_v)
    const back = scaledDotProductGradient(own, dO_i); //                        (3)
    const toSources = headGradient(head, { Q, K, V }, back); //                            (4)
    return { ...toSources, dBias: back.dBias };
  });

  return {
    dQ: parts.map(({ dQ }) => dQ).reduce((sum, part) => add(sum, part)),
    dK: parts.map(({ dK }) => dK).reduce((sum, part) => add(sum, part)),
    dV: parts.map(({ dV }) => dV).reduce((sum, part) => add(sum, part)),
    dBias: parts.map(({ dBias }) => dBias),
    parameters: { heads: parts.map(({ parameters }) => parameters), W_O: dW_O, b_O: b_O && db_O },
  };
}
