import type { Matrix } from "../matrix.ts";
import { MultiHeadAttention } from "./multi-head-attention.ts";
import { add } from "../kernels/entrywise.ts";
import { checkFinite, checkInteger, checkList, checkModules, checkOptions, checkShapes } from "../matrix.ts";
import { checkNoOptions } from "../matrix.ts";
import { concatRows, sliceRows } from "../kernels/rows.ts";
import { gelu } from "../kernels/activations.ts";
import { layerNormRows } from "../kernels/layer-norm-rows.ts";
import { linear } from "../kernels/linear.ts";

/** The gamma (1, width), beta (1, width) and eps of a layer normalisation; a `LayerNorm` is one. */
export interface TokenNorm {
  readonly gamma?: Matrix | undefined;
  readonly beta?: Matrix | undefined;
  readonly eps: number;
}

/**
 * The way of a class token from one width to the other: W (d_in, d_out), b (1, d_out) or absent. With `norm`
 * it begins with LN and GELU, without it is plainly linear.
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

/** The projection f to the other branch's width, the readings in order, and the projection g back. */
export interface ClassTokenParameters {
  readonly f: TokenProjection;
  readonly readings: readonly TokenReading[];
  readonly g: TokenProjection;
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
 *     own (1 + n, d)   other (1 + m, e)   →   output (1 + n, d), weights: h of (1, 1 + m) a reading
 *     f.W (d, e)   f.b (1, e)   g.W (e, d)   g.b (1, d); each b may be absent
 *     x^l is own, x^s is other, z^l is the output; row 0 is x_cls, the [CLS]; so is row 0 of x' and of u
 *     n and m patches, d and e features, h heads of e/h features; ‖ sets rows under one another
 *     MultiHead (Eq. 6) has A = softmax(q kᵀ / √(e/h))
 *
 * A projection with a norm is (1), one without it (2). The keys are the 1 + m rows of u: the branch's own
 * projected [CLS] is among them, the other branch's [CLS] never is. Patch rows pass unchanged, bit by bit,
 * and no feed-forward follows. A second reading of y, as the released code allows, has a sequence of one
 * token: its softmax has one key, of weight 1.
 * Cost: 2de + 2e² + 2(1 + m)e² + 2(1 + m)e multiply-adds. It is linear in m, as there is one query, but each
 * key costs 2e² for its projections.
 * Errors: RangeError unless f leads from d to e, g back, every reading keeps e, and each branch has its
 * [CLS].
 * Source: Chen, Fan and Panda 2021, "CrossViT" §3.3, Eq. 5–7, arXiv 2103.14899; (1) as in IBM/CrossViT
 * `models/crossvit.py`. Study note, docs/cross-attention.md.
 */
export class ClassTokenAttention {
  readonly f: TokenProjection;
  readonly readings: readonly TokenReading[];
  readonly g: TokenProjection;

  constructor(parts: ClassTokenParameters) {
    const where = "ClassTokenAttention";
    checkOptions(where, parts, ["f", "readings", "g"], "parts");
    const { f, readings, g } = parts;
    checkProjection(where, "f", f);
    checkProjection(where, "g", g);
    const { rows: d, cols: e } = f.W;
    checkShapes(where, { "g.W": [g.W, e, d] });
    checkList(where, "readings", readings, "records { norm, attention }");
    checkInteger(where, "readings.length", readings.length, 1);
    readings.forEach((reading, r) => checkReading(where, `readings[${r}]`, reading, e));
    this.f = f;
    this.readings = readings;
    this.g = g;
  }

  /** The own branch with a new [CLS]; its patches are the same numbers as before. */
  forward(own: Matrix, other: Matrix): { output: Matrix; weights: Matrix[][] } {
    const where = "ClassTokenAttention.forward";
    checkNoOptions("ClassTokenAttention.forward", arguments.length, 2);
    const { f, readings, g } = this;
    checkShapes(where, { own: [own, "1 + n", f.W.rows], other: [other, "1 + m", f.W.cols] });
    checkInteger(where, "own.rows", own.rows, 1); // the [CLS]
    checkInteger(where, "other.rows", other.rows, 1);

    const weights: Matrix[][] = [];
    const x_cls = this.project(f, sliceRows(own, 0, 1));
    let x = concatRows([x_cls, sliceRows(other, 1, other.rows)]); //    (3) (1 + m, e)
    for (const { norm, attention } of readings) {
      const u = layerNormRows(x, norm.eps, norm.gamma, norm.beta); //   (4) (1 + m, e)
      const MCA = attention.forward(sliceRows(u, 0, 1), u, u); //       (4) (1, e)
      // y is all that the next reading gets.
      x = add(sliceRows(x, 0, 1), MCA.output); //                       (5) y (1, e)
      weights.push(MCA.weights);
    }
    const z_cls = this.project(g, x);
    const output = concatRows([z_cls, sliceRows(own, 1, own.rows)]); // (6) (1 + n, d)
    return { output, weights };
  }

  /** A class token in the width of the other branch. */
  private project({ norm, W, b }: TokenProjection, x: Matrix): Matrix {
    if (norm === undefined) return linear(x, W, b); //                  (2) (1, d_out)
    const normed = layerNormRows(x, norm.eps, norm.gamma, norm.beta);
    return linear(gelu(normed), W, b); //                               (1) (1, d_out)
  }
}

/**
 * Throws unless W (d_in, d_out) is a matrix, and b (1, d_out) and the norm of d_in features fit it, if given.
 */
function checkProjection(where: string, name: string, projection: TokenProjection): void {
  checkOptions(where, projection, ["norm", "W", "b"], name);
  const { norm, W, b } = projection;
  checkShapes(where, { [`${name}.W`]: [W, "d_in", "d_out"], [`${name}.b?`]: [b, 1, "d_out"] });
  if (norm !== undefined) checkTokenNorm(where, `${name}.norm`, norm, W.rows);
}

/**
 * Throws unless a reading takes tokens of e features and gives e features back.
 *
 *     of each head W_Q (e, d_k)   W_K (e, d_k)   W_V (e, d_v)   of all heads W_O (h·d_v, e)
 */
function checkReading(where: string, name: string, reading: TokenReading, e: number): void {
  checkOptions(where, reading, ["norm", "attention"], name);
  checkModules(where, { [`${name}.attention`]: reading.attention }, [`${name}.attention`]);
  const { norm, attention } = reading;
  checkTokenNorm(where, `${name}.norm`, norm, e);
  attention.heads.forEach(({ W_Q, W_K, W_V }, m) => {
    const head = `${name}.attention.heads[${m}]`;
    checkShapes(where, { [`${head}.W_Q`]: [W_Q, e, "d_k"] });
    checkShapes(where, { [`${head}.W_K`]: [W_K, e, "d_k"] });
    checkShapes(where, { [`${head}.W_V`]: [W_V, e, "d_v"] });
  });
  checkShapes(where, { [`${name}.attention.W_O`]: [attention.W_O, "h·d_v", e] });
}

/** Throws unless eps is above 0, and gamma and beta, if given, are one row of this width. */
function checkTokenNorm(where: string, name: string, norm: TokenNorm, width: number): void {
  checkOptions(where, norm, ["gamma", "beta", "eps"], name);
  const { gamma, beta, eps } = norm;
  checkFinite(where, `${name}.eps`, eps, 0);
  checkShapes(where, { [`${name}.gamma?`]: [gamma, 1, width], [`${name}.beta?`]: [beta, 1, width] });
}
