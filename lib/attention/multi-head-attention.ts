import type { Allow } from "../kernels/mask-scores.ts";
import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import { ScaledDotProductAttention } from "./scaled-dot-product-attention.ts";
import { checkHeads, randomHead, randomProjection } from "./heads.ts";
import { checkInteger, checkMatrix, checkOptions, matrix } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";

/** Multi-head attention's options: who may see whom in which head, and a bias (n_q, n_k) for each head. */
export interface MultiHeadOptions {
  readonly allow?: Allow | undefined;
  readonly bias?: readonly Matrix[] | undefined;
}

/**
 * The widths of a fresh multi-head attention. Unless given: d_query, d_key, d_value and d_out are d_model,
 * d_k is d_model / heads, d_v is d_k.
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

/**
 * Multi-head attention (マルチヘッド・アテンション): h attentions side by side, each through its own projections.
 *
 *     Q_i = Q W_i^Q + b_i^Q,  K_i = K W_i^K + b_i^K,  V_i = V W_i^V + b_i^V    (1)
 *     head_i = Attention(Q_i, K_i, V_i) = softmax(Q_i K_iᵀ / √d_k) V_i         (2)
 *     MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O + b^O                 (3)
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   →   output (n_q, d_out), weights h matrices (n_q, n_k)
 *     n_q queries, n_k keys, h heads; i = 1 … h counts heads here, as in the paper; the d are numbers of features
 *     W_i^Q (d_query, d_k), W_i^K (d_key, d_k), W_i^V (d_value, d_v), W^O (h·d_v, d_out); the biases b are one row, or absent
 *
 * Nothing allowed in any head: the output row is b^O. Cost: n_q·d_query·h·d_k + n_k·(d_key·h·d_k +
 * d_value·h·d_v) + h·n_q·n_k·(d_k + d_v) + n_q·h·d_v·d_out multiply-adds: while h·d_k and h·d_v stay the
 * same, the number of heads h changes nothing.
 * Errors: RangeError unless the heads are alike, W^O has h·d_v rows, Q, K, V fit the projections, and V has
 * K's rows.
 * Source: Vaswani et al. 2017 §3.2.2, arXiv 1706.03762. D-MHA, which writes head_i and joins the heads
 * without W^O.
 */
export class MultiHeadAttention {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O: Matrix | undefined;

  constructor({
    heads,
    W_O,
    b_O,
  }: {
    heads: readonly AttentionHead[];
    W_O: Matrix;
    b_O?: Matrix | undefined;
  }) {
    checkHeads("MultiHeadAttention", heads);
    checkMatrix("MultiHeadAttention", "W_O", W_O, {
      rows: heads.reduce((sum, head) => sum + head.W_V.cols, 0),
    });
    if (b_O !== undefined) checkMatrix("MultiHeadAttention", "b_O", b_O, { rows: 1, cols: W_O.cols });
    this.heads = heads;
    this.W_O = W_O;
    this.b_O = b_O;
  }

  static random(widths: MultiHeadWidths, random: Random): MultiHeadAttention {
    const { d_model, heads: h, bias = false } = widths;
    checkInteger("MultiHeadAttention.random", "d_model", d_model, 1);
    checkInteger("MultiHeadAttention.random", "heads", h, 1);
    const {
      d_query = d_model,
      d_key = d_model,
      d_value = d_model,
      d_k = d_model / h,
      d_v = d_k,
      d_out = d_model,
    } = widths;
    const shared = widths.d_k !== undefined || d_model % h === 0;
    if (!shared) {
      throw new RangeError(
        `MultiHeadAttention.random: d_model must be a multiple of heads = ${h} unless d_k is given; got ` +
          `${d_model}`,
      );
    }
    const heads = Array.from({ length: h }, () =>
      randomHead({ d_query, d_key, d_value, d_k, d_v, bias }, random),
    );
    return new MultiHeadAttention({
      heads,
      W_O: randomProjection(h * d_v, d_out, random),
      b_O: bias ? matrix(1, d_out) : undefined,
    });
  }

  forward(
    Q: Matrix,
    K: Matrix,
    V: Matrix,
    options: MultiHeadOptions = {},
  ): { output: Matrix; weights: Matrix[] } {
    checkOptions("MultiHeadAttention.forward", options, ["allow", "bias"]);
    const { allow, bias } = options,
      wrong = allow !== undefined && typeof allow !== "function";
    if (wrong) {
      throw new TypeError(
        `MultiHeadAttention.forward: allow must be a function (i, j, head) => boolean; got ${typeof allow}`,
      );
    }
    if (bias !== undefined) {
      checkInteger(
        "MultiHeadAttention.forward",
        "bias.length",
        bias.length,
        this.heads.length,
        this.heads.length,
      );
    }
    const parts = this.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }, m) => {
      checkMatrix("MultiHeadAttention.forward", "Q", Q, { cols: W_Q.rows });
      checkMatrix("MultiHeadAttention.forward", "K", K, { cols: W_K.rows });
      checkMatrix("MultiHeadAttention.forward", "V", V, { rows: K.rows, cols: W_V.rows });
      if (bias !== undefined) {
        checkMatrix("MultiHeadAttention.forward", `bias[${m}]`, bias[m] as Matrix, {
          rows: Q.rows,
          cols: K.rows,
        });
      }
      const Q_i = linear(Q, W_Q, b_Q); //                                             (1) (n_q, d_k)
      const K_i = linear(K, W_K, b_K); //                                             (1) (n_k, d_k)
      const V_i = linear(V, W_V, b_V); //                                             (1) (n_k, d_v)
      const seen = allow && ((i: number, j: number): boolean => allow(i, j, m));
      return new ScaledDotProductAttention().forward(Q_i, K_i, V_i, { allow: seen, bias: bias?.[m] }); // (2) (n_q, d_v)
    });
    const output = linear(concatColumns(parts.map((head) => head.output)), this.W_O, this.b_O); // (3) (n_q, d_out)
    return { output, weights: parts.map((head) => head.weights) };
  }
}
