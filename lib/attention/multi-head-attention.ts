import type { Allow, ScoreOptions } from "../kernels/mask-scores.ts";
import type { AttentionHead, JoinedHeads } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { Normalize } from "./attention.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { checkBoolean, checkFinite, checkFunction, checkInteger } from "../matrix.ts";
import { checkList, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { checkOutput, project, randomHead, randomProjection } from "./heads.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";

/** Which query may attend to which key in which head, and a bias (n_q, n_k) for each head. */
export interface MultiHeadOptions {
  readonly allow?: Allow | undefined;
  readonly bias?: readonly Matrix[] | undefined;
}

/** The joined output (n_q, d_out), and the weights (n_q, n_k) of each head. */
export interface MultiHeadResult {
  readonly output: Matrix;
  readonly weights: Matrix[];
}

/**
 * The widths of a fresh multi-head attention.
 * Defaults: d_query, d_key, d_value and d_out are d_model; d_k is d_model / heads; d_v is d_k; no bias.
 */
export interface MultiHeadWidths {
  readonly d_model: number;
  readonly heads: number;
  readonly d_query?: number | undefined;
  readonly d_key?: number | undefined;
  readonly d_value?: number | undefined;
  readonly d_k?: number | undefined;
  readonly d_v?: number | undefined;
  readonly d_out?: number | undefined;
  readonly bias?: boolean | undefined;
}

/** The projections of each head, W^O and b^O, and what replaces 1/√d_k and the softmax in every head. */
export interface MultiHeadParts extends JoinedHeads {
  readonly scale?: number | undefined;
  readonly normalize?: Normalize | undefined;
}

/** The names of `MultiHeadWidths`. */
export const MULTI_HEAD_WIDTHS: readonly string[] = ["d_model", "heads", "d_query", "d_key", "d_value"].concat(
  ["d_k", "d_v", "d_out", "bias"],
);

/**
 * Multi-head attention (マルチヘッド・アテンション): h attentions side by side, each on its own projections.
 *
 *     Q_i = Q W_i^Q + b_i^Q,  K_i = K W_i^K + b_i^K,  V_i = V W_i^V + b_i^V    (1)
 *     head_i = Attention(Q_i, K_i, V_i) = softmax(Q_i K_iᵀ / √d_k) V_i         (2)
 *     MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O + b^O                 (3)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   →   output (n_q, d_out), weights h × (n_q, n_k)
 *     W_i^Q (d_query, d_k)   W_i^K (d_key, d_k)   W_i^V (d_value, d_v)   W^O (h·d_v, d_out)
 *     n_q queries, n_k keys, h heads i = 1 … h as in the paper; each d is a number of features
 *
 * `scale` replaces 1/√d_k, and `normalize` the softmax of (2), in every head. Each bias b is one row, or
 * absent. A query that may attend to no key in any head gets b^O.
 * Cost: n_q·d_query·h·d_k + n_k·(d_key·h·d_k + d_value·h·d_v) + h·n_q·n_k·(d_k + d_v) + n_q·h·d_v·d_out
 * multiply-adds. The number of heads does not change the cost as long as h·d_k and h·d_v stay the same.
 * Errors: RangeError unless the heads are alike and the shapes agree as above.
 * Source: Vaswani et al. 2017 §3.2.2, arXiv 1706.03762. The study note, docs/multi-head.md, writes head_i and
 * joins the heads without W^O.
 */
export class MultiHeadAttention {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;
  readonly scale: number | undefined;
  readonly normalize: Normalize | undefined;

  constructor(parts: MultiHeadParts) {
    checkOptions("MultiHeadAttention", parts, ["heads", "W_O", "b_O", "scale", "normalize"], "parts");
    const { heads, W_O, b_O, scale, normalize } = parts;
    checkOutput("MultiHeadAttention", { heads, W_O, b_O });
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
    if (scale !== undefined) checkFinite("MultiHeadAttention", "scale", scale);
    if (normalize !== undefined) checkFunction("MultiHeadAttention", "normalize", normalize, "(S) => Matrix");
    this.scale = scale;
    this.normalize = normalize;
  }

  /** Fresh projections from `randomHead` and `randomProjection`. The biases, if any, are zeros. */
  static random(widths: MultiHeadWidths, random: Random): MultiHeadAttention {
    const where = "MultiHeadAttention.random";
    checkOptions(where, widths, MULTI_HEAD_WIDTHS, "widths");
    const { d_model, heads: h, bias = false } = widths;
    checkBoolean(where, "bias", bias);
    checkInteger(where, "d_model", d_model, 1);
    checkInteger(where, "heads", h, 1);
    if (widths.d_k === undefined && d_model % h !== 0) {
      const rule = `must be a multiple of heads = ${h} unless d_k is given`;
      throw new RangeError(`${where}: d_model ${rule}; got ${d_model}`);
    }
    const { d_query = d_model, d_key = d_model, d_value = d_model, d_out = d_model } = widths;
    const { d_k = d_model / h, d_v = d_k } = widths;
    const head = (): AttentionHead => randomHead({ d_query, d_key, d_value, d_k, d_v, bias }, random);
    const heads = Array.from({ length: h }, head);
    const W_O = randomProjection(h * d_v, d_out, random);
    return new MultiHeadAttention({ heads, W_O, b_O: bias ? matrix(1, d_out) : undefined });
  }

  /** Equations (1) to (3). The weights are one matrix (n_q, n_k) per head. */
  forward(Q: Matrix, K: Matrix, V: Matrix, options: MultiHeadOptions = {}): MultiHeadResult {
    const where = "MultiHeadAttention.forward";
    checkMultiHeadOptions(where, options, this.heads.length);
    const { scale, normalize } = this;
    const attention = new ScaledDotProductAttention({ scale, normalize });

    const heads = this.heads.map((head, m) => {
      const { Q: Q_i, K: K_i, V: V_i } = project(where, head, { Q, K, V }); // (1)
      const own = optionsOf(where, m, options, { n_q: Q.rows, n_k: K.rows });
      return attention.forward(Q_i, K_i, V_i, own); //                         (2) (n_q, d_v)
    });
    const joined = concatColumns(heads.map(({ output }) => output));
    const output = linear(joined, this.W_O, this.b_O); //                      (3) (n_q, d_out)
    return { output, weights: heads.map(({ weights }) => weights) };
  }
}

/** Throws unless `allow` is a function, if given, and `bias` holds a matrix for each of h heads. */
function checkMultiHeadOptions(where: string, options: MultiHeadOptions, h: number): void {
  checkOptions(where, options, ["allow", "bias"]);
  const { allow, bias } = options;
  if (allow !== undefined) checkFunction(where, "allow", allow, "(i, j, head) => boolean");
  if (bias !== undefined) checkList(where, "bias", bias, `${h} matrices, one for each head`);
  if (bias !== undefined) checkInteger(where, "bias.length", bias.length, h, h);
}

/** The options of head m alone: its mask and its bias. Throws unless the bias is (n_q, n_k). */
function optionsOf(
  where: string,
  m: number,
  { allow, bias }: MultiHeadOptions,
  { n_q, n_k }: { n_q: number; n_k: number },
): ScoreOptions {
  if (bias !== undefined) checkShapes(where, { [`bias[${m}]`]: [bias[m], n_q, n_k] });
  return { allow: allow && ((i, j) => allow(i, j, m)), bias: bias?.[m] };
}
