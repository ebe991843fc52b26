import type { Matrix } from "../matrix.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { checkFinite, checkInteger, checkMatrix } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { gelu } from "../kernels/activations.ts";
import { layerNormRows } from "../kernels/layer-norm-rows.ts";
import { linear } from "../kernels/linear.ts";

/** The gamma, beta (1, width) and eps of a layer normalisation; a `LayerNorm` is one. */
export interface TokenNorm {
  readonly gamma?: Matrix | undefined;
  readonly beta?: Matrix | undefined;
  readonly eps: number;
}

/**
 * What takes a class token from one width to the other: W (d_in, d_out), b (1, d_out) or absent. With `norm`
 * first LN and GELU, without it plain linear.
 */
export interface TokenProjection {
  readonly norm?: TokenNorm | undefined;
  readonly W: Matrix;
  readonly b?: Matrix | undefined;
}

/**
 * One reading of the other branch: the norm of all tokens, and the attention whose only query is the class
 * token.
 */
export interface TokenReading {
  readonly norm: TokenNorm;
  readonly attention: MultiHeadAttention;
}

/**
 * Class-token attention (クラストークンによる融合), CrossViT's fusion: the [CLS] of one branch reads the patches of the
 * other for its own.
 *
 *     "norm-gelu-linear":  f(x) = GELU(LN(x)) W + b, and g likewise           (1)
 *     "linear":            f(x) = x W + b, and g likewise                     (2)
 *     x'  = [f(x_cls^l) ‖ x_patch^s]                                          (3)
 *     u   = LN(x'),  MCA(u) = MultiHead(u_cls, u, u)                          (4)
 *     y   = x'_cls + MCA(u)                                                   (5)
 *     z^l = [g(y) ‖ x_patch^l]                                                (6)
 *
 *     own x^l (1 + n, d)   other x^s (1 + m, e)   →   output z^l (1 + n, d), weights: for each reading h matrices (1, 1 + m)
 *     row 0 of a branch is its [CLS]; n and m patches, d and e features of the branch l that asks and of s that is read; h heads of e/h
 *     features; x'_cls is row 0 of x', u_cls of u; ‖ sets rows under one another; in MultiHead (Eq. 6) A = softmax(q kᵀ / √(e/h))
 *
 * A projection with a norm is (1), one without it (2). The keys are the 1 + m rows of u: the branch's own
 * projected [CLS] is among them, the other branch's never. Patch rows go through unchanged, bit by bit, and
 * no feed-forward follows. A second reading, stacked on y as the released code allows, finds a sequence of
 * one token: its softmax has one key, and its weight is 1.
 * Cost: 2de + 2e² + 2(1 + m)e² + 2(1 + m)e multiply-adds: linear in m, as there is one query, yet e² of it
 * for every key.
 * Errors: RangeError unless f leads from d to e, g back, every reading keeps e, and each branch has its
 * [CLS].
 * Source: Chen, Fan and Panda 2021, "CrossViT" §3.3, Eq. 5–7, arXiv 2103.14899; (1) as in IBM/CrossViT
 * `models/crossvit.py`. D-CROSS.
 */
export class ClassTokenAttention {
  readonly f: TokenProjection;
  readonly readings: readonly TokenReading[];
  readonly g: TokenProjection;

  constructor({
    f,
    readings,
    g,
  }: {
    f: TokenProjection;
    readings: readonly TokenReading[];
    g: TokenProjection;
  }) {
    checkProjection("f", f);
    checkProjection("g", g);
    checkMatrix("ClassTokenAttention", "g.W", g.W, { rows: f.W.cols, cols: f.W.rows });
    checkInteger("ClassTokenAttention", "readings.length", readings.length, 1);
    const e = f.W.cols;
    readings.forEach(({ norm, attention }, r) => {
      checkTokenNorm(`readings[${r}].norm`, norm, e);
      attention.heads.forEach(({ W_Q, W_K, W_V }, m) => {
        checkMatrix("ClassTokenAttention", `readings[${r}].attention.heads[${m}].W_Q`, W_Q, { rows: e });
        checkMatrix("ClassTokenAttention", `readings[${r}].attention.heads[${m}].W_K`, W_K, { rows: e });
        checkMatrix("ClassTokenAttention", `readings[${r}].attention.heads[${m}].W_V`, W_V, { rows: e });
      });
      checkMatrix("ClassTokenAttention", `readings[${r}].attention.W_O`, attention.W_O, { cols: e });
    });
    this.f = f;
    this.readings = readings;
    this.g = g;
  }

  forward(own: Matrix, other: Matrix): { output: Matrix; weights: Matrix[][] } {
    checkMatrix("ClassTokenAttention.forward", "own", own, { cols: this.f.W.rows });
    checkMatrix("ClassTokenAttention.forward", "other", other, { cols: this.f.W.cols });
    checkInteger("ClassTokenAttention.forward", "own.rows", own.rows, 1); // the [CLS]
    checkInteger("ClassTokenAttention.forward", "other.rows", other.rows, 1);
    const weights: Matrix[][] = [];
    let x = concatRows([this.project(this.f, sliceRows(own, 0, 1)), sliceRows(other, 1, other.rows)]); // (3) (1 + m, e)
    for (const { norm, attention } of this.readings) {
      const u = layerNormRows(x, norm.eps, norm.gamma, norm.beta);
      const read = attention.forward(sliceRows(u, 0, 1), u, u); //                    (4) (1, e)
      x = add(sliceRows(x, 0, 1), read.output); //                                    (5) y (1, e): all that a next reading sees
      weights.push(read.weights);
    }
    return { output: concatRows([this.project(this.g, x), sliceRows(own, 1, own.rows)]), weights }; // (6) (1 + n, d)
  }

  private project({ norm, W, b }: TokenProjection, x: Matrix): Matrix {
    if (norm !== undefined) return linear(gelu(layerNormRows(x, norm.eps, norm.gamma, norm.beta)), W, b); // (1)
    return linear(x, W, b); //                                                        (2)
  }
}

function checkProjection(name: string, { norm, W, b }: TokenProjection): void {
  checkMatrix("ClassTokenAttention", `${name}.W`, W);
  if (b !== undefined) checkMatrix("ClassTokenAttention", `${name}.b`, b, { rows: 1, cols: W.cols });
  if (norm !== undefined) checkTokenNorm(`${name}.norm`, norm, W.rows);
}

function checkTokenNorm(name: string, { gamma, beta, eps }: TokenNorm, width: number): void {
  checkFinite("ClassTokenAttention", `${name}.eps`, eps, 0);
  if (gamma !== undefined) {
    checkMatrix("ClassTokenAttention", `${name}.gamma`, gamma, { rows: 1, cols: width });
  }
  if (beta !== undefined) checkMatrix("ClassTokenAttention", `${name}.beta`, beta, { rows: 1, cols: width });
}
